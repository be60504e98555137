# Copyright 2026 The instance-ha developers
# SPDX-License-Identifier: Apache-2.0

"""A principal's crmsh text, translated to XML by crmsh itself.

crmsh works on a file that stands for a cluster and holds nothing. So nothing reaches the cluster
until all of it is understood, and what came out can be compared with what was asked for.
"""

import pathlib
import re
import shlex
import tempfile
import xml.etree.ElementTree as ET
from collections.abc import Iterator

import cib
import plan
from instance_ha import command
from instance_ha.command import CommandError
from instance_ha.interfaces import hacluster

CRM = "/usr/sbin/crm"
_COLOUR = re.compile(r"\x1b\[[0-9;]*m")
_NUMBERED = re.compile(r"ERROR: (\d+): (.*)")
CIBADMIN = "/usr/sbin/cibadmin"


class RequestError(Exception):
    """crmsh does not accept what the principal asks for, or made something else of it."""


def render(request: hacluster.Request) -> str:
    """Return a request as crmsh text, one definition a line."""
    return "".join(f"{line}\n" for line in _definitions(request))


def _definitions(request: hacluster.Request) -> Iterator[str]:
    for name in sorted(request.resources):
        params = request.resource_params.get(name, "")
        yield f"primitive {name} {request.resources[name]} {params}".rstrip()
    for keyword, definitions in (
        ("group", request.groups),
        # What crmsh makes of "ms" is not valid since Pacemaker 3.
        ("clone", {name: _promotable(text) for name, text in request.ms.items()}),
        ("clone", request.clones),
        ("order", request.orders),
        ("colocation", request.colocations),
        ("location", request.locations),
    ):
        for name in sorted(definitions):
            yield f"{keyword} {name} {definitions[name]}"


def _promotable(text: str) -> str:
    what, meta, rest = text.partition(" meta ")
    return f"{what} meta promotable=true {rest if meta else ''}".rstrip()


def _asked(request: hacluster.Request) -> frozenset[str]:
    kinds = (
        request.resources,
        request.groups,
        request.ms,
        request.clones,
        request.orders,
        request.colocations,
        request.locations,
    )
    return frozenset(name for definitions in kinds for name in definitions)


def services(request: hacluster.Request) -> frozenset[str]:
    """Return the services that the cluster starts, so that systemd must not."""
    kinds = (agent.split(":") for agent in request.resources.values())
    started = {kind[1] for kind in kinds if kind[0] in ("lsb", "systemd") and len(kind) == 2}
    safe = {name for name in started if name[:1].isalnum()}
    return frozenset(safe.union(request.init_services, request.systemd_services))


def translate(request: hacluster.Request) -> plan.Part:
    """Return the elements that a request stands for.

    Raises:
        RequestError: The request is not valid.
        CommandError: crmsh could not be run.
    """
    text = render(request)
    if not text:
        return plan.Part()
    for line in text.splitlines():
        try:
            shlex.split(line)
        except ValueError as error:
            # crmsh says the same, and not of what.
            raise RequestError(f"{line.split()[1]}: {error}") from None
    with tempfile.TemporaryDirectory(prefix="hacluster-") as directory:
        scratch = pathlib.Path(directory, "cib.xml")
        scratch.write_text(command.run(CIBADMIN, "--empty"))
        try:
            # Without --force crmsh refuses agents that this machine does not have (yet).
            command.run(
                CRM,
                "--force",
                *("configure", "load", "update", "-"),
                stdin=text,
                env={"CIB_file": str(scratch)},
            )
        except CommandError as error:
            raise RequestError(_reason(error, text)) from None
        root = ET.parse(scratch).getroot()
    return _checked(root, request)


def _checked(root: ET.Element, request: hacluster.Request) -> plan.Part:
    part = plan.Part(
        tuple(cib.section(root, "resources")), tuple(cib.section(root, "constraints"))
    )
    made = part.ids.union(*(cib.identifiers(element) for element in part.resources))
    missing, surplus = _asked(request) - made, made - _asked(request)
    if missing:
        raise RequestError(f"{', '.join(sorted(missing))}: not understood")
    if surplus or len(cib.section(root, "crm_config")):
        raise RequestError(f"{', '.join(sorted(surplus)) or 'properties'}: not asked for by name")
    return part


def _reason(error: CommandError, text: str) -> str:
    """Return what crmsh says is wrong, and with which of the definitions."""
    said = _COLOUR.sub("", error.stderr)
    lines = [
        line for line in said.splitlines() if "error" in line.lower() and "unpack_" not in line
    ]
    reason = lines[-1].strip() if lines else str(error)
    numbered = _NUMBERED.match(reason)
    definitions = text.splitlines()
    if numbered and 0 < int(numbered[1]) <= len(definitions):
        name = definitions[int(numbered[1]) - 1].split()[1]
        return f"{name}: {numbered[2].partition(' parsing ')[0]}"
    return reason
