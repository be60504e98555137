# Copyright 2026 The instance-ha developers
# SPDX-License-Identifier: Apache-2.0

"""The actions of the agent: what each asks of MAAS and says to whoever called."""

import concurrent.futures
import json
import logging
import os
import socket
import uuid
from collections.abc import Callable, Mapping
from typing import Any

from fence_agent import witness
from fence_agent.errors import OptionError
from fence_agent.power import Clock, PowerError, patiently, switch
from fence_agent.program import FAILED, OFF, OK
from fence_agent.witness import Guard, GuardedApi
from fence_maas_agent.answers import MaasError
from fence_maas_agent.api import Api, api_url
from fence_maas_agent.examine import examine
from fence_maas_agent.identity import (
    Expected,
    expectation,
    parse_hosts,
    strangeness,
    unstoppable,
)
from fence_maas_agent.options import Options, read_key

logger = logging.getLogger(__name__)

_PARALLEL_QUERIES = 8
_SHOWN = (
    "system_id",
    "hostname",
    "fqdn",
    "hardware_uuid",
    "power_type",
    "power_state",
    "locked",
    "owner",
    "status_name",
)


def perform(options: Options) -> int:
    """Do what was asked and return the exit code.

    Raises:
        OptionError: An option does not allow it.
        MaasError: MAAS refused, or could not be reached.
        PowerError: The machine is not known to be as wanted.
        HeldError: Power must not be cut now.
    """
    if options.action == "guard":
        print(json.dumps(witness.told(options.rule), indent=1))  # asks the cluster, and no MAAS
        return OK
    return _ACTIONS[options.action](_api(options), options)


def _api(options: Options) -> Api:
    return Api(
        url=api_url(options.url),
        key=read_key(options.credentials_file),
        ca=options.ssl_ca,
        connect_timeout=options.timing.connect,
        answer_timeout=options.timing.answer,
    )


def _off(api: Api, options: Options) -> int:
    clock = Clock(options.timing.total)
    guard = Guard(options.rule, options.nodename or _named(options).hostname)
    guard.check()
    clock.sleep(options.timing.delay)
    expected = _target(api, options, clock)
    comment = _comment(options, expected)
    switch(GuardedApi(api, guard), expected.system_id, "off", comment, options.timing, clock)
    logger.info("%s (%s) is off", expected.system_id, expected.hostname)
    return OK


def _on(api: Api, options: Options) -> int:
    clock = Clock(options.timing.total)
    expected = _target(api, options, clock)
    comment = _comment(options, expected)
    switch(api, expected.system_id, "on", comment, options.timing, clock)
    return OK


def _reboot(api: Api, options: Options) -> int:
    _off(api, options)
    try:
        _on(api, options)
    except (MaasError, PowerError) as error:
        # Fenced is fenced: the node is harmless, and saying otherwise would hold up recovery.
        logger.warning("off, but it did not come on again: %s", error)
    return OK


def _status(api: Api, options: Options) -> int:
    clock = Clock(options.timing.total)
    expected = _target(api, options, clock)
    state = patiently(lambda: api.power_state(expected.system_id), clock)
    print(f"Status: {state.upper()}")
    if state not in ("on", "off"):
        raise PowerError(f"the power of {expected.system_id} is {state}")
    return OK if state == "on" else OFF


def _monitor(api: Api, options: Options) -> int:
    """Fail if no machine could be fenced; tell of single ones, which must not stop the others."""
    hosts = parse_hosts(options.hosts)
    faults = _faults(api, hosts, Clock(options.timing.total))
    for fault in faults.values():
        logger.warning("%s", fault)
    return FAILED if hosts and len(faults) == len(hosts) else OK


def _validate(api: Api, options: Options) -> int:
    """Fail if any machine could not be fenced."""
    faults = _faults(api, parse_hosts(options.hosts), Clock(options.timing.total))
    for fault in faults.values():
        logger.error("%s", fault)
    return FAILED if faults else OK


def _faults(api: Api, hosts: Mapping[str, Expected], clock: Clock) -> dict[str, str]:
    """Return what is wrong with each machine that could not be fenced."""
    found = examine(api, hosts, clock, live=False)
    return {
        system_id: f"{known['hostname']} ({system_id}): {'; '.join(known['problems'])}"
        for system_id, known in found.items()
        if known["problems"]
    }


def _list(_: Api, options: Options) -> int:
    for expected in parse_hosts(options.hosts).values():
        print(f"{expected.system_id},{expected.hostname}")
    return OK


def _list_status(api: Api, options: Options) -> int:
    hosts = parse_hosts(options.hosts)
    clock = Clock(options.timing.total)

    def state(system_id: str) -> str:
        try:
            return patiently(lambda: api.power_state(system_id), clock)
        except MaasError as error:
            logger.warning("%s: %s", system_id, error)
            return "unknown"

    with concurrent.futures.ThreadPoolExecutor(_PARALLEL_QUERIES) as pool:
        for expected, found in zip(hosts.values(), pool.map(state, hosts), strict=True):
            print(f"{expected.system_id},{expected.hostname},{found.upper()}")
    return OK


def _inventory(api: Api, options: Options) -> int:
    clock = Clock(options.timing.total)
    found = patiently(lambda: api.machines(hostnames=options.hostnames), clock)
    shown = [{name: machine.get(name) for name in _SHOWN} for machine in found]
    print(json.dumps(shown, indent=1))
    return OK


def _describe(api: Api, options: Options) -> int:
    return _report(api, options, live=False)


def _examine(api: Api, options: Options) -> int:
    return _report(api, options, live=True)


def _report(api: Api, options: Options, *, live: bool) -> int:
    hosts = parse_hosts(options.hosts)
    print(json.dumps(examine(api, hosts, Clock(options.timing.total), live=live), indent=1))
    return OK


def _named(options: Options) -> Expected:
    return expectation(parse_hosts(options.hosts), options.plug, options.nodename)


def _target(api: Api, options: Options, clock: Clock) -> Expected:
    """Return the machine that is meant, having made sure that it still is the one."""
    expected = _named(options)
    machine: dict[str, Any] = patiently(lambda: api.machine(expected.system_id), clock)
    reasons = [*strangeness(machine, expected), *unstoppable(machine)]
    if reasons:
        raise OptionError(f"refusing machine {expected.system_id}: {'; '.join(reasons)}")
    return expected


def _comment(options: Options, expected: Expected) -> str:
    """Return what MAAS notes beside the action, to be found again in the member's own log."""
    mark = uuid.uuid4().hex[:8]
    node = options.nodename or expected.hostname
    comment = f"fencing {options.action} {mark} of {node} by {socket.gethostname()}[{os.getpid()}]"
    logger.info("%s", comment)
    return comment


_ACTIONS: Mapping[str, Callable[[Api, Options], int]] = {
    "describe": _describe,
    "examine": _examine,
    "inventory": _inventory,
    "list": _list,
    "list-status": _list_status,
    "monitor": _monitor,
    "off": _off,
    "on": _on,
    "reboot": _reboot,
    "status": _status,
    "validate-all": _validate,
}
