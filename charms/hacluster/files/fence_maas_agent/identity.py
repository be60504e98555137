# Copyright 2026 The instance-ha developers
# SPDX-License-Identifier: Apache-2.0

"""Whether a machine of MAAS is the one that is meant, and whether it can be switched. All pure.

A name proves little: MAAS hands the name of a machine that was removed to the next one. So a
machine is addressed by its system_id and must still be what it was when the charm wrote it down.
"""

import dataclasses
import pathlib
from collections.abc import Iterator, Mapping
from typing import Any

from fence_agent.errors import OptionError

# Power types with which MAAS neither switches nor asks (provisioningserver/drivers/power/manual).
_UNSTOPPABLE = ("", "manual")


@dataclasses.dataclass(frozen=True)
class Expected:
    """What a machine must be; without ``uuid`` any mainboard will do, without ``owner`` anybody's."""

    system_id: str
    hostname: str
    uuid: str = ""
    owner: str = ""


def parse_hosts(text: str) -> dict[str, Expected]:
    """Return the expectations of the ``hosts`` parameter by system_id.

    Raises:
        OptionError: An entry is malformed, a machine is there twice, or the file is unreadable.
    """
    if text.startswith("/"):
        try:
            text = pathlib.Path(text).read_text(encoding="utf-8")
        except (OSError, UnicodeDecodeError) as error:
            raise OptionError(f"cannot read hosts {text}: {error}") from None
    found: dict[str, Expected] = {}
    for entry in text.replace(";", " ").split():
        system_id, _, rest = entry.partition(":")
        hostname, _, rest = rest.partition(":")
        uuid, _, owner = rest.partition(":")
        if not system_id or not hostname:
            raise OptionError(f"hosts: {entry} is not SYSTEM_ID:HOSTNAME[:UUID[:OWNER]]")
        if system_id in found:
            raise OptionError(f"hosts: {system_id} is there twice")
        found[system_id] = Expected(system_id, short(hostname), uuid.lower(), owner)
    names = [expected.hostname for expected in found.values()]
    doubled = sorted({name for name in names if names.count(name) > 1})
    if doubled:
        raise OptionError(f"hosts: {', '.join(doubled)} is there twice")
    return found


def expectation(hosts: Mapping[str, Expected], plug: str, nodename: str) -> Expected:
    """Return what the machine to be switched must be.

    Args:
        hosts: The known machines; may be empty.
        plug: The system_id that Pacemaker sent; may be empty if ``nodename`` is known.
        nodename: Pacemaker's name of the node; may be empty.

    Raises:
        OptionError: Nobody said which machine, or those who did disagree.
    """
    by_name = {expected.hostname: expected for expected in hosts.values()}
    found = hosts.get(plug) or by_name.get(short(plug or nodename))
    if found is not None:
        if nodename and short(nodename) != found.hostname:
            raise OptionError(
                f"node {nodename} and machine {found.system_id} ({found.hostname}) do not belong"
                " together"
            )
        return found
    if hosts:
        raise OptionError(
            f"hosts does not say what machine {plug or nodename or '(none)'} must be"
        )
    if not plug:
        raise OptionError("no machine was named; set plug")
    if not nodename:
        raise OptionError(f"nothing says what machine {plug} must be; set hosts or nodename")
    return Expected(plug, short(nodename))


def strangeness(machine: Mapping[str, Any], expected: Expected) -> Iterator[str]:
    """Yield why a machine is not the expected one."""
    if machine.get("system_id") != expected.system_id:
        yield f"MAAS answered with another machine, {machine.get('system_id')}"
        return
    hostname = str(machine.get("hostname", ""))
    if short(hostname) != expected.hostname:
        yield f"it is called {hostname} now, not {expected.hostname}: renamed or deployed anew"
    uuid = str(machine.get("hardware_uuid") or "").lower()
    if expected.uuid and uuid != expected.uuid:
        yield f"its hardware is {uuid or 'unknown'}, not {expected.uuid}: replaced"
    # Nobody's is no stranger's: a machine that was released runs nothing for anybody.
    owner = str(machine.get("owner") or "")
    if expected.owner and owner and owner != expected.owner:
        yield f"it belongs to {owner} now, not to {expected.owner}: deployed anew"


def unstoppable(machine: Mapping[str, Any]) -> Iterator[str]:
    """Yield why MAAS could not switch a machine, whoever asks."""
    power_type = str(machine.get("power_type") or "")
    if power_type in _UNSTOPPABLE:
        yield f"MAAS cannot switch it: its power type is {power_type or 'not set'}"


def hindrances(machine: Mapping[str, Any], user: Mapping[str, Any]) -> Iterator[str]:
    """Yield why MAAS would refuse to switch a machine although it could."""
    if machine.get("locked"):
        yield "it is locked in MAAS, which refuses to switch it off"
    owner = machine.get("owner")
    if not user.get("is_superuser") and owner != user.get("username"):
        yield f"it belongs to {owner or 'nobody'}, and {user.get('username')} may not switch it"


def short(name: str) -> str:
    """Return a host name without its domain, in lower case."""
    return name.partition(".")[0].lower()
