# Copyright 2026 The instance-ha developers
# SPDX-License-Identifier: Apache-2.0

"""The charm's door to its own fence agents, run with the parameters that Pacemaker would give them."""

import dataclasses
import json
import logging
import pathlib
import xml.etree.ElementTree as ET
from collections.abc import Mapping
from typing import Any, cast

import cib
import crm_mon
import fencing
import pacemaker
from instance_ha import command
from instance_ha.command import CommandError

logger = logging.getLogger(__name__)

FENCE_MAAS = "/usr/sbin/fence_maas"
FENCE_BMC = "/usr/sbin/fence_bmc"

# Where the storm guard looks (fence_agent/guard.py), in the charm's set of properties.
HOLD = cib.HOLD
RELEASE = "instance-ha-fencing-released-until"

_GUARD_TIMEOUT = 30.0  # seconds; the agent gives each of its questions five


@dataclasses.dataclass(frozen=True)
class Guard:
    """What the storm guard says."""

    refusal: str
    """Why no host may be powered off now; empty if nothing speaks against it."""
    limit: int
    remotes: tuple[str, ...]
    unclean: tuple[str, ...]
    """Lost, and not fenced yet."""
    fenced: tuple[str, ...]
    """Fenced a short while ago, and not back."""
    hold: bool
    """Whether somebody ordered that nothing be fenced."""
    released: float
    """Seconds for which the limit is lifted."""
    silent: tuple[str, ...] = ()
    """Called well by the cluster, and without an answer for this member."""
    alive: tuple[str, ...] = ()
    """Called lost for what a member told that was cut off; another has been connected to them since."""

    @property
    def held(self) -> tuple[str, ...]:
        """The hosts that would have been fenced by now."""
        return self.unclean if self.refusal else ()

    @property
    def lost(self) -> int:
        """How many hosts count as lost at once."""
        return len({*self.unclean, *self.fenced, *self.silent})


def guard(configuration: ET.Element) -> Guard | None:
    """Return what the storm guard says; ``None`` if there is none, or it cannot tell."""
    # It is the same in all of them.
    known = [(device.program, device.read(configuration)) for device in (_MAAS, _BMC)]
    guarded = [(program, params) for program, params in known if "max_hosts" in params]
    if not guarded:
        return None
    program, params = guarded[0]
    try:
        told = _ask(program, "guard", params, timeout=_GUARD_TIMEOUT)
        return Guard(
            refusal=str(told["refusal"]),
            limit=int(told["limit"]),
            remotes=tuple(told["remotes"]),
            unclean=tuple(told["unclean"]),
            fenced=tuple(told["fenced"]),
            silent=tuple(told.get("silent", ())),
            alive=tuple(told.get("alive", ())),
            hold=bool(told["hold"]),
            released=float(told["released"]),
        )
    except (CommandError, ValueError, KeyError) as error:
        logger.warning("the storm guard cannot be asked: %s", error)
        return None


def holding(configuration: ET.Element, status: crm_mon.Status) -> Guard | None:
    """Return what the storm guard says if it keeps hosts from being fenced, or would."""
    if not (any(node.unclean for node in status.remotes) or is_held(configuration)):
        return None  # the usual case, told without running anything
    found = guard(configuration)
    return found if found and found.refusal and (found.unclean or found.hold) else None


def is_held(configuration: ET.Element) -> bool:
    """Return whether somebody ordered that nothing be fenced."""
    return HOLD in cib.properties(configuration)


def now(status: crm_mon.Status | None) -> Guard | None:
    """Return what the storm guard says if it keeps hosts from being fenced, or would."""
    if status is None or status.dc is None:
        return None
    try:
        return holding(pacemaker.configuration(), status)
    except CommandError as error:
        logger.warning("whether fencing is held is not known: %s", error)
        return None


def examine(
    configuration: ET.Element, *, live: bool, timeout: float, only: str | None = None
) -> dict[str, dict[str, Any]]:
    """Return what MAAS knows of the machines that the device can power off, by system_id.

    Args:
        configuration: The cluster's.
        live: Whether to ask their BMCs too.
        timeout: Seconds.
        only: The system_id of the only machine to ask for.

    Raises:
        CommandError: MAAS did not tell; the message says why.
    """
    params = _MAAS.read(configuration)
    params |= {"total_timeout": f"{timeout:.0f}"}
    if not params.get("hosts"):
        return {}
    if only is not None:
        chosen = [each for each in params["hosts"].split() if each.partition(":")[0] == only]
        params["hosts"] = " ".join(chosen)
    return _ask(FENCE_MAAS, "examine" if live else "describe", params, timeout=timeout + 10)


def examine_bmcs(
    configuration: ET.Element, *, live: bool, timeout: float, only: str | None = None
) -> dict[str, dict[str, Any]]:
    """Return what is known of the BMCs that the device can reach, by their names in its file.

    Args:
        configuration: The cluster's.
        live: Whether to ask them.
        timeout: Seconds.
        only: The name of the only one.

    Raises:
        CommandError: The device cannot tell of any; the message says why.
    """
    params = _BMC.read(configuration)
    if not params:
        return {}
    if only is not None:
        params["hosts"] = only
    return _ask(FENCE_BMC, "examine" if live else "describe", params, timeout=timeout)


@dataclasses.dataclass(frozen=True)
class _Device:
    name: str
    program: str

    def read(self, configuration: ET.Element) -> dict[str, str]:
        """Return what the device is told, without what is Pacemaker's; empty if there is no device."""
        found = cib.resource(configuration, self.name)
        given = {} if found is None else cib.attributes(found)
        return {name: value for name, value in given.items() if not name.startswith("pcmk_")}


_MAAS = _Device(fencing.HOSTS, FENCE_MAAS)
_BMC = _Device(fencing.BMCS, FENCE_BMC)


def _ask(
    program: str, action: str, params: Mapping[str, str], *, timeout: float
) -> dict[str, Any]:
    lines = "".join(f"{name}={value}\n" for name, value in {**params, "action": action}.items())
    answer = command.run(program, stdin=lines, timeout=timeout)
    try:
        told: Any = json.loads(answer)
    except ValueError:
        told = None
    if not isinstance(told, dict):
        name = pathlib.PurePath(program).name
        raise CommandError(name, 0, "it answered with something else than JSON")
    return cast("dict[str, Any]", told)
