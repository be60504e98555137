# Copyright 2026 The instance-ha developers
# SPDX-License-Identifier: Apache-2.0

"""Judge command lines by the parsers of the ``openstack`` client; run by a Python that has it.

A list of command lines, each the words after ``openstack``, comes in as JSON; what is wrong with each,
or nothing, goes out. No cloud is asked.
"""

import contextlib
import importlib.metadata
import io
import json
import sys

from openstackclient.shell import OpenStackShell

# What a document leaves to its reader.
OPEN = ("...", "…")


def commands() -> dict[str, importlib.metadata.EntryPoint]:
    """Return what implements each command; of two versions of an API the newer one."""
    # Not entry_points(), whose answer without a group is of another kind before Python 3.12.
    found = [point for each in importlib.metadata.distributions() for point in each.entry_points]
    points = sorted(found, key=lambda point: point.group)
    return {
        point.name.replace("_", " "): point
        for point in points
        if point.group.startswith("openstack.") and not point.group.startswith("openstack.cli.")
    }


def fault(
    shell: OpenStackShell, known: dict[str, importlib.metadata.EntryPoint], words: list[str]
) -> str:
    """Return what is wrong with the words after ``openstack``, or nothing."""
    # Options of the client itself may stand anywhere, as in cliff/app.py.
    _, rest = shell.parser.parse_known_args(words)
    lengths = (n for n in range(len(rest), 0, -1) if " ".join(rest[:n]) in known)
    length = next(lengths, 0)
    given = rest[length:]
    name = " ".join(rest[: length or len(rest)])
    if all(word in OPEN for word in given) or not length:
        # The command, or the first words of several, named in a sentence.
        stem = " ".join(word for word in rest if word not in OPEN)
        return (
            "" if any(f"{each} ".startswith(f"{stem} ") for each in known) else "no such command"
        )
    parser = known[name].load()(shell, None, cmd_name=name).get_parser(f"openstack {name}")
    complaint = io.StringIO()
    if set(OPEN) & set(given):
        given = [*(word for word in given if word not in OPEN), "--help"]
    try:
        with contextlib.redirect_stderr(complaint), contextlib.redirect_stdout(io.StringIO()):
            parser.parse_args(given)
    except SystemExit as error:
        return complaint.getvalue().strip().splitlines()[-1] if error.code else ""
    return ""


if __name__ == "__main__":
    client, names = OpenStackShell(), commands()
    print(json.dumps([fault(client, names, words) for words in json.load(sys.stdin)]))
