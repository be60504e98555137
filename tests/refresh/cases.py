# Copyright 2026 The instance-ha developers
# SPDX-License-Identifier: Apache-2.0

"""The orders in which one can refresh, and what else may be one way or the other."""

import base64
import dataclasses


@dataclasses.dataclass(frozen=True)
class Case:
    """How an operator goes about it."""

    order: tuple[str, ...]
    leader_last: bool
    """Whether the unit of hacluster that follows last is the leader."""
    public_key: bool
    """Whether the operator never set a key."""


CASES = (
    Case(("hacluster", "pacemaker-remote"), leader_last=False, public_key=True),
    Case(("pacemaker-remote", "hacluster"), leader_last=True, public_key=False),
)
KEYS = {
    name: base64.b64encode(bytes(range(start, start + 128))).decode()
    for name, start in (("corosync_key", 1), ("pacemaker_key", 64))
}
"""An operator's own, as options of hacluster."""
