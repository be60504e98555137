# Copyright 2026 The instance-ha developers
# SPDX-License-Identifier: Apache-2.0

"""``python -m lab.juju --lab NAME``: run the stand-in for a lab, in the foreground."""

import argparse
import logging
import pathlib
import sys

from lab.juju.controller import Controller
from lab.juju.daemon import Daemon, run
from lab.machines.cloud import Cloud
from lab.settings import Lab

# Where a lab's machine sees its agent directory (lab/machines).
AGENT_VIEW = pathlib.PurePosixPath("/var/lib/juju")


def main() -> int:
    """Serve a lab's models until stopped."""
    parser = argparse.ArgumentParser(prog="python -m lab.juju", description=__doc__)
    parser.add_argument("--lab", default="lab", help="the lab's name")
    parser.add_argument("--seed", type=int, help="seed of the shuffled orders in new models")
    options = parser.parse_args()
    logging.basicConfig(
        level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s: %(message)s"
    )
    lab = Lab(options.lab)
    directory = lab.root / "juju"
    directory.mkdir(parents=True, exist_ok=True)
    controller = Controller(directory, Cloud(lab), agent_view=AGENT_VIEW, seed=options.seed)
    if not controller.models:
        controller.add_model("lab", {}, switch=True)
    run(Daemon(controller, lab.root / "juju.sock"), directory / "daemon.pid")
    return 0


if __name__ == "__main__":
    sys.exit(main())
