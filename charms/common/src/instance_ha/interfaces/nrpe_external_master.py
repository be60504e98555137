# Copyright 2026 The instance-ha developers
# SPDX-License-Identifier: Apache-2.0

"""Checks that Nagios runs on a machine through NRPE (`nrpe-external-master`).

The nrpe charm reads what to check from the relation, as YAML, and the commands from files that the
other end leaves in NRPE's directory.
"""

import dataclasses
import re
from collections.abc import Iterable, Mapping

import yaml

_HOST = re.compile(r"[A-Za-z0-9_.-]+")


@dataclasses.dataclass(frozen=True)
class Check:
    """One check."""

    name: str
    """Short; the command is called check_NAME."""
    description: str
    command: str
    """Absolute path and arguments, as NRPE runs it."""

    @property
    def command_name(self) -> str:
        """What NRPE calls it."""
        return f"check_{self.name}"


def write(checks: Iterable[Check]) -> dict[str, str]:
    """Return the databag content that announces checks."""
    named = {check.name: {"command": check.command_name} for check in checks}
    monitors = {"monitors": {"remote": {"nrpe": named}}}
    return {"monitors": yaml.safe_dump(monitors), "primary": "True"}


def host_name(databag: Mapping[str, str], context: str, unit: str) -> str:
    """Return what Nagios calls this machine."""
    said = databag.get("nagios_hostname", "")
    # It becomes part of a file's name.
    return said if _HOST.fullmatch(said) else f"{context}-{unit.replace('/', '-')}"


def command_file(check: Check) -> str:
    """Return the content of NRPE's file of a check."""
    return f"# Written by a charm; changes are overwritten.\ncommand[{check.command_name}]={check.command}\n"


def service_file(check: Check, host: str, groups: str) -> str:
    """Return the definition of a check's service, which the nrpe charm exports to Nagios."""
    fields = {
        "use": "active-service",
        "host_name": host,
        "service_description": f"{host}[{check.name}] {check.description}",
        "check_command": f"check_nrpe!{check.command_name}",
        "servicegroups": groups,
    }
    body = "".join(f"    {name:32}{value}\n" for name, value in fields.items())
    return f"# Written by a charm; changes are overwritten.\ndefine service {{\n{body}}}\n"
