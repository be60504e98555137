# Copyright 2026 The instance-ha developers
# SPDX-License-Identifier: Apache-2.0

"""``./demo`` and ``python -m lab``: bring a lab up, use it, show the drill, end it."""

from __future__ import annotations

import argparse
import contextlib
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

import jubilant

from lab import deployment, kinds, phases
from lab.daemons import DaemonError
from lab.machines import teardown
from lab.machines.cloud import Cloud
from lab.machines.errors import CloudError
from lab.packing.builder import BuilderError
from lab.packing.pack import PackError
from lab.packing.pins import PinError
from lab.progress import Progress
from lab.settings import Lab
from lab.story import drill
from lab.story.openstack import GaveUpError

_FAILURES = (
    phases.UnfitError, kinds.KindError, DaemonError, CloudError, BuilderError, PackError, PinError, LookupError,
    deployment.DeploymentError, drill.DrillError, GaveUpError, jubilant.TaskError,
    subprocess.CalledProcessError, OSError,
)  # fmt: skip


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command and return its exit code."""
    given = parse(arguments)
    lab = Lab(given.name)
    os.environ["INSTANCE_HA_LAB"] = lab.name
    progress = Progress(lab.root / "logs")
    try:
        return _COMMANDS[given.command](lab, progress, given)
    except KeyboardInterrupt:
        where = f" in {progress.current}" if progress.current else ""
        _complain(f"interrupted{where}; the same command goes on from here, ./demo down ends it")
        return 130
    except _FAILURES as error:
        where = f"{progress.current}: " if progress.current else ""
        log = f" (log: {progress.log})" if progress.log.exists() else ""
        _complain(f"{where}{_explain(error)}{log}")
        return 1


def parse(arguments: Sequence[str] | None) -> argparse.Namespace:
    """Return what a command line of ``./demo`` asks for."""
    named = argparse.ArgumentParser(add_help=False)
    named.add_argument("--name", default=argparse.SUPPRESS, help="name of the lab (default: lab)")
    parser = argparse.ArgumentParser(prog="./demo", description=__doc__, parents=[named])
    parser.set_defaults(command="demo", until=None, keep=False, bundle=None)
    commands = parser.add_subparsers(metavar="COMMAND")

    def add(name: str, text: str) -> argparse.ArgumentParser:
        command = commands.add_parser(name, help=text, parents=[named])
        command.set_defaults(command=name)
        return command

    add("demo", "bring the lab up and show the drill (the default)")
    up = add("up", "bring the lab up, all active")
    up.add_argument(
        "--bundle", choices=sorted(kinds.KINDS),
        help="what to deploy: lab, a whole cloud (the default), tls, the same with an authority, cluster, without"
        " OpenStack, predecessors, that as the charms before these would have left it, or ipv6, that over IPv6",
    )  # fmt: skip
    up.add_argument(
        "--until", choices=[p.name for p in phases.PHASES], help="the last phase to run"
    )
    add("deploy", "deploy onto the lab that is up, and wait")
    add("drill", "the drill alone, on a lab that is up")
    add("status", "what runs")
    shell = add("shell", "a shell in a machine, or one command")
    shell.add_argument("machine")
    shell.add_argument("argv", nargs=argparse.REMAINDER, metavar="COMMAND")
    add("down", "end everything")
    given = parser.parse_args(arguments)
    given.name = getattr(given, "name", os.environ.get("INSTANCE_HA_LAB", "lab"))
    return given


def _up(lab: Lab, progress: Progress, given: argparse.Namespace) -> int:
    kinds.choose(lab, given.bundle)
    phases.up(lab, progress, given.until)
    print(f"\nwhere the time went:\n{progress.split()}\n")
    return 0


def _demo(lab: Lab, progress: Progress, given: argparse.Namespace) -> int:
    _up(lab, progress, given)
    return _drill(lab, progress, given)


def _deploy(lab: Lab, progress: Progress, _: argparse.Namespace) -> int:
    for phase in phases.PHASES[-2:]:
        with progress.phase(phase.name, phase.title) as done:
            done(phase.run(lab, progress))
    return 0


def _drill(lab: Lab, progress: Progress, _: argparse.Namespace) -> int:
    if kinds.of(lab) not in (kinds.CLOUD, kinds.TLS):
        raise kinds.KindError(f"the drill needs a cloud; the lab {lab.name} has none")
    with progress.phase("drill", "lose a hypervisor, then an instance, and get both back") as done:
        done(drill.play(lab, progress))
    print("\n./demo status, ./demo shell MACHINE, ./demo down")
    return 0


def _status(lab: Lab, _progress: Progress, _given: argparse.Namespace) -> int:
    if not lab.root.is_dir():
        print(f"there is no lab called {lab.name}; ./demo makes it")
        return 1
    for daemon in phases.daemons(lab):
        print(f"{daemon.name:<6} {f'pid {pid}' if (pid := daemon.pid()) else 'is not running'}")
    cloud = Cloud(lab)
    for machine in cloud.instances():
        state = "on " if cloud.is_on(machine.id) else "off"
        beside = f" (beside {machine.host})" if machine.host else ""
        print(f"{state}    {machine.fqdn:<28} {machine.addresses['oam']:<12}{beside}")
    if phases.answers(lab, "juju.sock"):
        with contextlib.suppress(jubilant.CLIError):  # nothing is deployed yet
            print(deployment.model(lab).cli("status"))
    return 0


def _shell(lab: Lab, _progress: Progress, given: argparse.Namespace) -> int:
    words = Cloud(lab).command(given.machine, given.argv or ["bash", "-l"])
    os.execvp(words[0], words)


def _down(lab: Lab, _progress: Progress, _given: argparse.Namespace) -> int:
    kept = _keep_logs(lab)
    # Its own log too must not be in what it deletes.
    progress = Progress(kept)
    with progress.phase("down", f"end the lab {lab.name}") as done:
        # Juju first: it would mourn the machines.
        for daemon in reversed(phases.daemons(lab)):
            if daemon.stop():
                progress.say(f"{daemon.name} ended")
        progress.say(f"the logs are kept in {kept}")
        teardown.destroy(lab)
        left = teardown.remains(lab)
        done("nothing is left" if not left else f"left behind: {'; '.join(left)}")
    return 1 if left else 0


def _keep_logs(lab: Lab) -> Path:
    kept = lab.parent / "last" / lab.name
    logs = lab.root / "logs"
    if logs.is_dir():
        shutil.rmtree(kept, ignore_errors=True)
        shutil.copytree(logs, kept)
    return kept


_COMMANDS: dict[str, Callable[[Lab, Progress, argparse.Namespace], int]] = {
    "demo": _demo,
    "up": _up,
    "deploy": _deploy,
    "drill": _drill,
    "status": _status,
    "shell": _shell,
    "down": _down,
}


def _explain(error: Exception) -> str:
    if isinstance(error, jubilant.CLIError):
        said = str(error.stderr).strip().splitlines()
        return f"juju {' '.join(error.cmd[1:3])}: {'; '.join(said) or error.returncode}"
    if isinstance(error, jubilant.TaskError):
        said = [line for line in error.task.stderr.splitlines() if line.strip()]
        return said[-1] if said else f"a command ended with {error.task.return_code}"
    return str(error)


def _complain(text: str) -> None:
    print(f"error: {text}", file=sys.stderr, flush=True)
