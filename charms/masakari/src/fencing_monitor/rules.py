# Copyright 2026 The instance-ha developers
# SPDX-License-Identifier: Apache-2.0

"""What an operator decided, and the numbers of the flow."""

import dataclasses

from fencing_monitor.evidence import Policy


@dataclasses.dataclass(frozen=True)
class Rules:
    """The rules of recovery; times are in seconds.

    ``offline_samples`` counts only where fencing is not required. After ``evacuation_grace`` nova
    is no longer waited for. ``engine_patience`` is how long an engine that lives may be silent with
    nova idle, ``evacuation_timeout`` the same for an instance that was in error before. ``hearing`` is how long
    engines may take to take up what Masakari's API has handed on to them. ``patience`` is how long the list of
    instances may hold back a report, and ``duplicate_delay`` the pause after Masakari took a report for a duplicate
    of an older one.
    With ``auto_return`` a host that has been well for ``return_after`` returns to service by itself, if it
    was disabled in nova for one of ``return_reasons``.
    """

    policy: Policy = dataclasses.field(default_factory=Policy)
    offline_samples: int = 3
    max_reports: int = 3
    retry_delay: float = 30.0
    duplicate_delay: float = 5.0
    evacuation_grace: float = 600.0
    engine_patience: float = 120.0
    hearing: float = 30.0
    evacuation_timeout: float = 330.0
    patience: float = 10.0
    clear_forced_down: bool = True
    auto_return: bool = False
    return_after: float = 300.0
    return_reasons: frozenset[str] = frozenset({"Masakari detected host failed."})
