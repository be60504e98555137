# Copyright 2026 The instance-ha developers
# SPDX-License-Identifier: Apache-2.0

"""``python -m lab.bmc --lab NAME``: run the BMCs of a lab's machines until interrupted."""

import argparse
import subprocess
import sys
from collections.abc import Sequence

from lab import kinds, settings
from lab.bmc import certificate
from lab.bmc.simulator import PORT, directory, serving
from lab.maas import lifetime
from lab.maas.namespace import NamespaceError, listen
from lab.machines.cloud import Cloud
from lab.machines.errors import MachineOffError, UnknownMachineError
from lab.machines.host import CommandError


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command line; return the exit code."""
    parser = argparse.ArgumentParser(prog="python -m lab.bmc", description=__doc__)
    parser.add_argument("--lab", default="lab", help="name of the lab")
    lab = settings.Lab(parser.parse_args(argv).lab)
    try:
        _serve(lab)
    except (NamespaceError, OSError, subprocess.CalledProcessError) as error:
        print(f"bmc: {error}", file=sys.stderr)
        return 1
    return 0


def _serve(lab: settings.Lab) -> None:
    stopped = lifetime.interruption()
    address, home = kinds.of(lab).gateway, directory(lab)
    tls = certificate.ensure(home, address)
    failures = (CommandError, MachineOffError, UnknownMachineError)
    with serving(listen(address, PORT, lab.switch), Cloud(lab), home, tls, failures=failures):
        print(f"BMCs at {address}, port {PORT}", flush=True)
        stopped.wait()


if __name__ == "__main__":
    sys.exit(main())
