# Copyright 2026 The instance-ha developers
# SPDX-License-Identifier: Apache-2.0
"""A small command line for the lab's machines, for looking and for experiments.

``python -m lab.machines build | list | allocate | run | off | on | nic | release | destroy``
"""

from __future__ import annotations

import argparse
import os
import sys
import time
from collections.abc import Callable, Sequence

from lab.machines import image, preflight, recipe, teardown
from lab.machines.cloud import Cloud
from lab.machines.errors import CloudError
from lab.settings import Lab


def main(argv: Sequence[str] | None = None) -> int:
    """Do what the command line says."""
    arguments = parse(argv)
    lab = Lab(arguments.lab)
    try:
        return _COMMANDS[arguments.command](lab, arguments) or 0
    except CloudError as error:
        print(error, file=sys.stderr)
        return 1


def parse(argv: Sequence[str] | None) -> argparse.Namespace:
    """Return what a command line asks for."""
    parser = argparse.ArgumentParser(prog="python -m lab.machines", description=__doc__)
    parser.add_argument("-n", "--lab", default=os.environ.get("INSTANCE_HA_LAB", "lab"))
    commands = parser.add_subparsers(dest="command", required=True)
    commands.add_parser("check", help="say what this host lacks")
    build = commands.add_parser("build", help="build the image")
    build.add_argument("--builder", action="store_true", help="the layer for packing too")
    commands.add_parser("list", help="the machines of the lab")
    allocate = commands.add_parser("allocate", help="boot a machine")
    allocate.add_argument("--tags", default="", help="with commas")
    allocate.add_argument("--container-of")
    allocate.add_argument("--name")
    for name in ("off", "on", "release", "boot-id"):
        commands.add_parser(name).add_argument("machine")
    nic = commands.add_parser("nic", help="switch a NIC")
    nic.add_argument("machine")
    nic.add_argument("space")
    nic.add_argument("state", choices=("up", "down"))
    run = commands.add_parser("run", help="run a command in a machine")
    run.add_argument("machine")
    run.add_argument("argv", nargs=argparse.REMAINDER)
    commands.add_parser("destroy", help="remove the lab")
    return parser.parse_args(argv)


def _check(lab: Lab, _: argparse.Namespace) -> int:
    missing = preflight.check(lab)
    print("\n".join(missing) or "this host can run the lab")
    return 1 if missing else 0


def _build(lab: Lab, arguments: argparse.Namespace) -> None:
    image.build(
        lab,
        lambda text, seconds: print(f"{seconds:7.1f} s  {text}", flush=True),
        (*recipe.LAYERS, recipe.BUILDER) if arguments.builder else recipe.LAYERS,
    )


def _list(lab: Lab, _: argparse.Namespace) -> None:
    cloud = Cloud(lab)
    for machine in cloud.instances():
        state = "on " if cloud.is_on(machine.id) else "off"
        print(state, machine.fqdn, machine.addresses["oam"], machine.host or "")


def _allocate(lab: Lab, arguments: argparse.Namespace) -> None:
    start = time.monotonic()
    made = Cloud(lab).allocate(
        tags=frozenset(arguments.tags.split(",")) - {""},
        container_of=arguments.container_of,
        container_name=arguments.name,
    )
    print(f"{made.id} after {time.monotonic() - start:.1f} s")


def _run(lab: Lab, arguments: argparse.Namespace) -> None:
    words = Cloud(lab).command(arguments.machine, arguments.argv or ["bash", "-l"])
    os.execvp(words[0], words)


def _nic(lab: Lab, arguments: argparse.Namespace) -> None:
    Cloud(lab).nic(arguments.machine, arguments.space, arguments.state == "up")


def _boot_id(lab: Lab, arguments: argparse.Namespace) -> None:
    print(Cloud(lab).boot_id(arguments.machine) or "off")


def _destroy(lab: Lab, _: argparse.Namespace) -> int:
    teardown.destroy(lab)
    left = teardown.remains(lab)
    print("\n".join(left) or "nothing is left")
    return 1 if left else 0


_COMMANDS: dict[str, Callable[[Lab, argparse.Namespace], int | None]] = {
    "check": _check,
    "build": _build,
    "list": _list,
    "allocate": _allocate,
    "off": lambda lab, arguments: Cloud(lab).power_off(arguments.machine),
    "on": lambda lab, arguments: Cloud(lab).power_on(arguments.machine),
    "release": lambda lab, arguments: Cloud(lab).release(arguments.machine),
    "boot-id": _boot_id,
    "nic": _nic,
    "run": _run,
    "destroy": _destroy,
}

if __name__ == "__main__":
    sys.exit(main())
