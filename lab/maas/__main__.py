# Copyright 2026 The instance-ha developers
# SPDX-License-Identifier: Apache-2.0

"""``python -m lab.maas --lab NAME``: run a lab's MAAS, or turn its knobs."""

import argparse
import json
import sys
from collections.abc import Sequence

from lab import kinds, settings
from lab.maas import lifetime
from lab.maas.control import Control, ControlError
from lab.maas.faults import KNOBS
from lab.maas.namespace import NamespaceError, listen
from lab.maas.simulator import PORT, directory, serving


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command line; return the exit code."""
    arguments = parse(argv)
    lab = settings.Lab(arguments.lab)
    try:
        if arguments.command in (None, "serve"):
            _serve(lab)
        else:
            _turn(lab, arguments)
    except (ControlError, NamespaceError, OSError) as error:
        print(f"maas: {error}", file=sys.stderr)
        return 1
    return 0


def parse(argv: Sequence[str] | None) -> argparse.Namespace:
    """Return what a command line asks for."""
    parser = argparse.ArgumentParser(prog="python -m lab.maas", description=__doc__)
    parser.add_argument("--lab", default="lab", help="name of the lab")
    commands = parser.add_subparsers(dest="command", required=False)
    commands.add_parser("serve", help="run until interrupted (the default)")
    change = commands.add_parser("set", help="turn a knob of the one that runs")
    change.add_argument("knob", choices=sorted(KNOBS))
    change.add_argument("value", help="a number, true, false or a word")
    change.add_argument("machine", nargs="?", help="short host name; without it, all machines")
    commands.add_parser("reset", help="turn all knobs back")
    commands.add_parser("knobs", help="show which knobs are turned")
    return parser.parse_args(argv)


def _serve(lab: settings.Lab) -> None:
    # Here, because the cloud needs the whole lab and the knobs do not.
    from lab.machines.cloud import Cloud
    from lab.machines.errors import MachineOffError, UnknownMachineError
    from lab.machines.host import CommandError

    stopped = lifetime.interruption()
    address = kinds.of(lab).gateway
    listener = listen(address, PORT, lab.switch)
    failures = (CommandError, MachineOffError, UnknownMachineError)
    with serving(listener, Cloud(lab), directory(lab), failures=failures):
        print(f"MAAS at {address}, port {PORT}", flush=True)
        stopped.wait()


def _turn(lab: settings.Lab, arguments: argparse.Namespace) -> None:
    control = Control(directory(lab) / lifetime.CONTROL)
    if arguments.command == "set":
        control.set(arguments.knob, _value(arguments.value), arguments.machine)
    elif arguments.command == "reset":
        control.reset()
    for position in control.positions():
        print(position["knob"], position["machine"] or "(all)", position["value"])


def _value(text: str) -> float | bool | str:
    try:
        return json.loads(text)
    except ValueError:
        return text


if __name__ == "__main__":
    sys.exit(main())
