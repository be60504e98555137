# Copyright 2026 The instance-ha developers
# SPDX-License-Identifier: Apache-2.0

"""The agent's description of itself, as XML for Pacemaker and as help for people.

Source: fence-agents' lib/metadata.rng; an agent's metadata must validate against it.
"""

import xml.etree.ElementTree as ET
from collections.abc import Mapping

from fence_maas_agent.parameters import ACTIONS, OWN_ACTIONS, PARAMETERS, Parameter

VERSION = "1.0"

_SHORT = "Fence agent for machines managed by MAAS"
_LONG = (
    "fence_maas is a power fencing agent for machines that MAAS manages. It addresses a machine by"
    " its system_id, refuses a machine that was renamed, replaced or cannot be switched, and reports"
    " off only when live queries of the machine's BMC, two of them, say off."
)


def render() -> str:
    """Return the metadata."""
    agent = ET.Element("resource-agent", name="fence_maas", shortdesc=_SHORT)
    ET.SubElement(agent, "longdesc").text = _LONG
    ET.SubElement(agent, "vendor-url").text = "https://maas.io"
    parameters = ET.SubElement(agent, "parameters")
    for parameter in PARAMETERS:
        if parameter.replaces:
            _add(parameters, parameter, parameter.replaces, {"deprecated": "1"})
            _add(parameters, parameter, parameter.name, {"obsoletes": parameter.replaces})
        else:
            _add(parameters, parameter, parameter.name, {})
    actions = ET.SubElement(agent, "actions")
    for action in ACTIONS:
        # Not automatic: being fenced is how a host leaves the cluster, and coming back is for the
        # operator to decide.
        attributes = {"automatic": "0"} if action == "on" else {}
        ET.SubElement(actions, "action", attributes, name=action)
    ET.indent(agent)
    return '<?xml version="1.0" ?>\n' + ET.tostring(agent, encoding="unicode") + "\n"


def usage() -> str:
    """Return the help text."""
    lines = ["Usage: fence_maas [options]; without any, they are read from standard input", ""]
    for parameter in PARAMETERS:
        letter = f"-{parameter.letter}, " if parameter.letter else "    "
        value = "" if parameter.kind == "boolean" else "=VALUE"
        lines.append(f"  {letter}--{parameter.name}{value}".ljust(32) + parameter.help)
    lines += ["", f"Actions: {', '.join((*ACTIONS, *OWN_ACTIONS))}"]
    return "\n".join(lines) + "\n"


def _add(parent: ET.Element, parameter: Parameter, name: str, more: Mapping[str, str]) -> None:
    required = "1" if parameter.required else "0"
    attributes = {"name": name, "unique": "0", "required": required, **more}
    element = ET.SubElement(parent, "parameter", attributes)
    letter = f"-{parameter.letter}, " if parameter.letter else ""
    value = "" if parameter.kind == "boolean" else f"=[{name}]"
    ET.SubElement(element, "getopt", mixed=f"{letter}--{name}{value}")
    content = {"type": parameter.kind}
    if parameter.default is not None:
        content["default"] = parameter.default
    ET.SubElement(element, "content", content)
    ET.SubElement(element, "shortdesc", lang="en").text = parameter.help
