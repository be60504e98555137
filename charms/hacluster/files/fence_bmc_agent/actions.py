# Copyright 2026 The instance-ha developers
# SPDX-License-Identifier: Apache-2.0

"""The actions of the agent: what each asks of BMCs and says to whoever called."""

import concurrent.futures
import json
import logging
import os
import socket
import uuid
from collections.abc import Callable, Mapping

from fence_agent import witness
from fence_agent.errors import OptionError, SwitchError
from fence_agent.options import read_secret
from fence_agent.power import Clock, PowerError, patiently, switch
from fence_agent.program import FAILED, OFF, OK
from fence_agent.witness import Guard, GuardedApi
from fence_bmc_agent import stranger
from fence_bmc_agent.hosts import Bmc, meant, named, parse
from fence_bmc_agent.options import Options
from fence_bmc_agent.tool import Bmcs

logger = logging.getLogger(__name__)

_PARALLEL = 32


def perform(options: Options) -> int:
    """Do what was asked and return the exit code.

    Raises:
        OptionError: An option does not allow it.
        SwitchError: A BMC refused, or could not be reached.
        PowerError: The machine is not known to be as wanted.
        HeldError: Power must not be cut now.
    """
    if options.action == "guard":
        print(json.dumps(witness.told(options.rule), indent=1))  # asks the cluster, and no BMC
        return OK
    bmcs = parse(read_secret("credentials_file", options.credentials_file))
    return _ACTIONS[options.action](bmcs, options)


def _off(bmcs: Mapping[str, Bmc], options: Options) -> int:
    clock = Clock(options.timing.total)
    guard = Guard(options.rule, options.nodename or options.plug)
    guard.check()
    clock.sleep(options.timing.delay)
    host = named(bmcs, options.plug, options.nodename)
    stranger.require_same(options, host)
    switches = GuardedApi(_switches(bmcs, options), guard)
    switch(switches, host, "off", _comment(options, host), options.timing, clock)
    logger.info("%s is off", host)
    return OK


def _on(bmcs: Mapping[str, Bmc], options: Options) -> int:
    clock = Clock(options.timing.total)
    host = named(bmcs, options.plug, options.nodename)
    switches = _switches(bmcs, options)
    switch(switches, host, "on", _comment(options, host), options.timing, clock)
    return OK


def _reboot(bmcs: Mapping[str, Bmc], options: Options) -> int:
    _off(bmcs, options)
    try:
        _on(bmcs, options)
    except (SwitchError, PowerError) as error:
        # Fenced is fenced: the node is harmless, and saying otherwise would hold up recovery.
        logger.warning("off, but it did not come on again: %s", error)
    return OK


def _status(bmcs: Mapping[str, Bmc], options: Options) -> int:
    clock = Clock(options.timing.total)
    host = named(bmcs, options.plug, options.nodename)
    state = patiently(lambda: _switches(bmcs, options).power_state(host), clock)
    print(f"Status: {state.upper()}")
    return OK if state == "on" else OFF


def _monitor(bmcs: Mapping[str, Bmc], options: Options) -> int:
    """Fail if no host could be fenced; tell of single ones, which must not stop the others."""
    looks = _looks(bmcs, options)
    faults = [problem for _, problem in looks.values() if problem]
    for fault in faults:
        logger.warning("%s", fault)
    return FAILED if looks and len(faults) == len(looks) else OK


def _validate(bmcs: Mapping[str, Bmc], options: Options) -> int:
    """Fail if any host could not be fenced."""
    faults = [problem for _, problem in _looks(bmcs, options).values() if problem]
    for fault in faults:
        logger.error("%s", fault)
    return FAILED if faults else OK


def _list(bmcs: Mapping[str, Bmc], options: Options) -> int:
    for host in meant(bmcs, options.hosts):
        print(f"{host},{_place(bmcs, host)}")
    return OK


def _list_status(bmcs: Mapping[str, Bmc], options: Options) -> int:
    for host, (state, _) in _looks(bmcs, options).items():
        print(f"{host},{_place(bmcs, host)},{state.upper()}")
    return OK


def _describe(bmcs: Mapping[str, Bmc], options: Options) -> int:
    told = {host: {"bmc": _place(bmcs, host)} for host in meant(bmcs, options.hosts)}
    print(json.dumps(told, indent=1))
    return OK


def _examine(bmcs: Mapping[str, Bmc], options: Options) -> int:
    told = {
        host: {
            "bmc": _place(bmcs, host),
            "power_state": state,
            "problems": [problem] if problem else [],
        }
        for host, (state, problem) in _looks(bmcs, options).items()
    }
    print(json.dumps(told, indent=1))
    return OK


def _place(bmcs: Mapping[str, Bmc], host: str) -> str:
    bmc = bmcs.get(host)
    return f"{bmc.kind} {bmc.address}" if bmc else "unknown"


def _looks(bmcs: Mapping[str, Bmc], options: Options) -> dict[str, tuple[str, str]]:
    """Return what each BMC says of its machine's power, and what is wrong with it. Asked once."""
    switches = _switches(bmcs, options)

    def look(host: str) -> tuple[str, str]:
        if host not in bmcs:
            return "unknown", f"{host}: the file of BMCs has no such host"
        try:
            return switches.power_state(host), ""
        except (OptionError, SwitchError) as error:
            return "unknown", str(error)

    hosts = meant(bmcs, options.hosts)
    with concurrent.futures.ThreadPoolExecutor(_PARALLEL) as pool:
        return dict(zip(hosts, pool.map(look, hosts), strict=True))


def _switches(bmcs: Mapping[str, Bmc], options: Options) -> Bmcs:
    return Bmcs(bmcs, options.timing.answer)


def _comment(options: Options, host: str) -> str:
    """Return what is logged beside the action, to be found again."""
    mark = uuid.uuid4().hex[:8]
    node = options.nodename or host
    return f"fencing {options.action} {mark} of {node} by {socket.gethostname()}[{os.getpid()}]"


_ACTIONS: Mapping[str, Callable[[Mapping[str, Bmc], Options], int]] = {
    "describe": _describe,
    "examine": _examine,
    "list": _list,
    "list-status": _list_status,
    "monitor": _monitor,
    "off": _off,
    "on": _on,
    "reboot": _reboot,
    "status": _status,
    "validate-all": _validate,
}
