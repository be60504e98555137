# Copyright 2026 The instance-ha developers
# SPDX-License-Identifier: Apache-2.0

"""Bringing a lab up, phase by phase; what is done already takes no time the second time."""

from __future__ import annotations

import contextlib
import dataclasses
import json
import socket
from collections.abc import Callable, Generator

from lab import deployment, host, kinds
from lab.daemons import Daemon
from lab.machines import image, network, recipe
from lab.packing import charms
from lab.packing.ready import packer
from lab.progress import Progress
from lab.settings import Lab


class UnfitError(Exception):
    """This host cannot run the lab; the message says what is missing."""


@dataclasses.dataclass(frozen=True)
class Phase:
    """A step on the way up.

    Attributes:
        name: One word.
        title: What it does, for people.
        run: Does it, tells about it, and returns what came of it in a few words.
    """

    name: str
    title: str
    run: Callable[[Lab, Progress], str]


def _preflight(lab: Lab, progress: Progress) -> str:
    if found := host.problems(lab):
        raise UnfitError("this machine cannot run the lab: " + "; ".join(found))
    return "this machine can run the lab"


def _packages(lab: Lab, progress: Progress) -> str:
    return host.packages()


def _image(lab: Lab, progress: Progress) -> str:
    layers = (*kinds.of(lab).layers, recipe.BUILDER)
    built = image.build(lab, lambda text, _seconds: progress.say(text), layers)
    return str(built.directory)


def _pack(lab: Lab, progress: Progress) -> str:
    logs = lab.root / "logs" / "pack"
    wanted = charms.find(kinds.of(lab).charms)
    packed = packer(log=logs).pack_all(wanted, lambda one: progress.say(str(one)))
    fresh = sum(not one.cached for one in packed)
    return f"{len(packed)} charms, {fresh} of them packed now"


def _network(lab: Lab, progress: Progress) -> str:
    network.ensure_switch(lab)
    for daemon in daemons(lab):
        progress.say(f"{daemon.name}: pid {daemon.start()}, log {daemon.log}")
    return f"bridges, MAAS and BMCs at {kinds.of(lab).gateway}, Juju's stand-in"


def _deploy(lab: Lab, progress: Progress) -> str:
    return deployment.deploy(lab, progress)


def _settle(lab: Lab, progress: Progress) -> str:
    return deployment.settle(lab, progress)


PHASES = (
    Phase("preflight", "look whether this machine can run a lab", _preflight),
    Phase("packages", "install what the lab needs on this machine", _packages),
    Phase("image", "build the machines' image from the archive of this host", _image),
    Phase("pack", "pack the charms with charmcraft", _pack),
    Phase("network", "start the network, MAAS, BMCs and Juju's stand-in", _network),
    Phase("deploy", "deploy the bundle with its overlays", _deploy),
    Phase("settle", "wait until everything is active", _settle),
)


def daemons(lab: Lab) -> tuple[Daemon, ...]:
    """Return the lab's programs on the host, in the order in which they are started."""
    return (maas(lab), bmcs(lab), Daemon("juju", lab, lambda: answers(lab, "juju.sock")))


def maas(lab: Lab) -> Daemon:
    """Return the program that is MAAS."""
    return Daemon("maas", lab, lambda: answers(lab, "maas/control.sock"), ("serve",))


def bmcs(lab: Lab) -> Daemon:
    """Return the program that is the BMCs of the lab's machines."""
    return Daemon("bmc", lab, lambda: answers(lab, "bmc/control.sock"))


def answers(lab: Lab, name: str) -> bool:
    """Return whether somebody listens on a socket of the lab."""
    with contextlib.closing(socket.socket(socket.AF_UNIX)) as client:
        try:
            client.connect(str(lab.root / name))
        except OSError:
            return False
    return True


def up(lab: Lab, progress: Progress, last: str | None = None) -> None:
    """Run the phases, up to and including ``last``, and keep the time each took.

    Raises:
        Exception: Whatever ended a phase; ``progress`` knows which.
    """
    with _kept_times(lab, progress):
        for phase in PHASES:
            with progress.phase(phase.name, phase.title) as done:
                done(phase.run(lab, progress))
            if phase.name == last:
                return


@contextlib.contextmanager
def _kept_times(lab: Lab, progress: Progress) -> Generator[None]:
    try:
        yield
    finally:
        if lab.root.is_dir():
            text = json.dumps(progress.times, indent=1)
            (lab.root / "times.json").write_text(text + "\n")
