# Copyright 2026 The instance-ha developers
# SPDX-License-Identifier: Apache-2.0

"""An agent's description of itself, as XML for Pacemaker and as help for people.

Source: fence-agents' lib/metadata.rng; an agent's metadata must validate against it.
"""

import xml.etree.ElementTree as ET
from collections.abc import Mapping

from fence_agent.parameters import ACTIONS, Agent, Parameter


def render(agent: Agent) -> str:
    """Return the metadata."""
    root = ET.Element("resource-agent", name=agent.name, shortdesc=agent.short)
    ET.SubElement(root, "longdesc").text = agent.long
    ET.SubElement(root, "vendor-url").text = agent.vendor
    parameters = ET.SubElement(root, "parameters")
    for parameter in agent.parameters:
        if parameter.replaces:
            _add(parameters, parameter, parameter.replaces, {"deprecated": "1"})
            _add(parameters, parameter, parameter.name, {"obsoletes": parameter.replaces})
        else:
            _add(parameters, parameter, parameter.name, {})
    actions = ET.SubElement(root, "actions")
    for action in ACTIONS:
        # Not automatic: being fenced is how a host leaves the cluster, and coming back is for the
        # operator to decide.
        attributes = {"automatic": "0"} if action == "on" else {}
        ET.SubElement(actions, "action", attributes, name=action)
    ET.indent(root)
    return '<?xml version="1.0" ?>\n' + ET.tostring(root, encoding="unicode") + "\n"


def usage(agent: Agent) -> str:
    """Return the help text."""
    lines = [f"Usage: {agent.name} [options]; without any, they are read from standard input", ""]
    for parameter in agent.parameters:
        letter = f"-{parameter.letter}, " if parameter.letter else "    "
        value = "" if parameter.kind == "boolean" else "=VALUE"
        lines.append(f"  {letter}--{parameter.name}{value}".ljust(32) + parameter.help)
    lines += ["", f"Actions: {', '.join((*ACTIONS, *agent.own_actions))}"]
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
