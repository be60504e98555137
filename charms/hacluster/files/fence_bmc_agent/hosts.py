# Copyright 2026 The instance-ha developers
# SPDX-License-Identifier: Apache-2.0

"""Which BMC is which host's, and how to be let in there. All pure."""

import dataclasses
import json
from collections.abc import Mapping
from typing import Any, cast

from fence_agent.errors import OptionError
from fence_agent.names import same_host

KINDS = ("ipmi", "redfish")


@dataclasses.dataclass(frozen=True)
class Bmc:
    """A host's management controller."""

    kind: str
    address: str
    username: str
    password: str = dataclasses.field(repr=False)
    more: Mapping[str, str] = dataclasses.field(default_factory=dict[str, str])
    """What is particular to its kind; what is true is ``1``, and what is false or 0 is not there."""


def parse(text: str) -> dict[str, Bmc]:
    """Return the BMCs of a file, by their hosts' names in it.

    Raises:
        OptionError: It does not say what it must; the message repeats nothing of it but names.
    """
    try:
        content = _mapping(json.loads(text))
        return {name: _bmc(_mapping(entry)) for name, entry in content.items()}
    except (ValueError, KeyError) as error:
        why = f"{error} is missing" if isinstance(error, KeyError) else "it is not what it must be"
        raise OptionError(f"cannot use credentials_file: {why}") from None


def named(bmcs: Mapping[str, Bmc], plug: str, nodename: str) -> str:
    """Return the name of the host to be switched.

    Args:
        bmcs: The known ones.
        plug: The name that Pacemaker sent; may be empty if ``nodename`` is known.
        nodename: Pacemaker's name of the node; may be empty.

    Raises:
        OptionError: Nobody said which host, or those who did disagree.
    """
    if plug and nodename and not same_host(plug, nodename):
        raise OptionError(f"node {nodename} and host {plug} do not belong together")
    wanted = plug or nodename
    found = [wanted] if wanted in bmcs else [name for name in bmcs if same_host(name, wanted)]
    if len(found) != 1:
        raise OptionError(f"the file of BMCs has no host {wanted or '(none)'}, or several")
    return found[0]


def meant(bmcs: Mapping[str, Bmc], hosts: str) -> tuple[str, ...]:
    """Return the names of the hosts that a device is for, also of those that the file does not know."""
    return tuple(hosts.split()) or tuple(sorted(bmcs))


def _bmc(entry: Mapping[str, Any]) -> Bmc:
    told = {name: _text(value) for name, value in entry.items() if value not in (None, False)}
    address, username, password = told.pop("address"), told.pop("username"), told.pop("password")
    bmc = Bmc(told.pop("kind"), address, username, password, told)
    # What the distribution's agents take apart at blanks and at ends of lines.
    words = (address, *(value for name, value in told.items() if name != "ca"))
    is_whole = all(word and word.isprintable() for word in (*words, username, password))
    if bmc.kind not in KINDS or not is_whole or any(" " in word for word in words):
        raise ValueError
    if address.startswith("-"):
        raise ValueError
    return bmc


def _text(value: object) -> str:
    if value is True:
        return "1"
    if not isinstance(value, str | int):
        raise ValueError
    return str(value)


def _mapping(value: object) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise ValueError
    return cast("dict[str, Any]", value)
