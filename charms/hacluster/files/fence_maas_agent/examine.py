# Copyright 2026 The instance-ha developers
# SPDX-License-Identifier: Apache-2.0

"""A dry run: everything that ``off`` does but the switching, for all machines at the same time."""

import concurrent.futures
from collections.abc import Mapping
from typing import Any

from fence_agent.power import Clock, PowerError, patiently
from fence_maas_agent.answers import MaasError
from fence_maas_agent.api import Api
from fence_maas_agent.identity import Expected, hindrances, strangeness, unstoppable

_PARALLEL_QUERIES = 16
_UNKNOWN = "MAAS knows no such machine, or does not show it to this user"


def examine(
    api: Api, hosts: Mapping[str, Expected], clock: Clock, *, live: bool
) -> dict[str, dict[str, Any]]:
    """Return what is known of each machine, by system_id; ``problems`` is empty if all is well.

    Args:
        api: MAAS.
        hosts: The machines.
        clock: Ends it.
        live: Whether to ask the machines' BMCs too, which takes seconds, and not only MAAS.

    Raises:
        MaasError: MAAS refuses for good.
        PowerError: MAAS did not answer in time.
    """
    user = patiently(api.user, clock)
    found = patiently(lambda: api.machines(ids=sorted(hosts)), clock) if hosts else []
    machines = {str(machine.get("system_id")): machine for machine in found}
    result = {
        system_id: _describe(machines.get(system_id), expected, user)
        for system_id, expected in hosts.items()
    }
    if live:

        def ask(system_id: str) -> tuple[str, str]:
            return _power(api, system_id, clock)

        with concurrent.futures.ThreadPoolExecutor(_PARALLEL_QUERIES) as pool:
            for system_id, (state, problem) in zip(hosts, pool.map(ask, hosts), strict=True):
                result[system_id]["power_state"] = state
                result[system_id]["problems"] += [problem] if problem else []
    return result


def _describe(
    machine: Mapping[str, Any] | None, expected: Expected, user: Mapping[str, Any]
) -> dict[str, Any]:
    if machine is None:
        return {"hostname": expected.hostname, "problems": [_UNKNOWN]}
    superuser = bool(user.get("is_superuser"))
    return {
        "hostname": expected.hostname,
        "power_type": machine.get("power_type") or "",
        "locked": bool(machine.get("locked")),
        "owner": machine.get("owner"),
        "permitted": superuser or machine.get("owner") == user.get("username"),
        "problems": [
            *strangeness(machine, expected),
            *unstoppable(machine),
            *hindrances(machine, user),
        ],
    }


def _power(api: Api, system_id: str, clock: Clock) -> tuple[str, str]:
    """Return a machine's live power state, and what is wrong with it."""
    try:
        state = patiently(lambda: api.power_state(system_id), clock)
    except (MaasError, PowerError) as error:
        return "unknown", str(error)
    return state, "" if state in ("on", "off") else f"its BMC says that its power is {state}"
