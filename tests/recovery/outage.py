# Copyright 2026 The instance-ha developers
# SPDX-License-Identifier: Apache-2.0

"""Services that stay stopped although hooks, systemd or the cluster would start them again."""

import contextlib
from collections.abc import Generator, Mapping, Sequence

from lab.machines.cloud import Cloud

Units = Mapping[str, Sequence[str]]
"""Names of services by machine."""

# A start whose condition does not hold is skipped, and nobody calls it a failure.
_AWAY = """
set -e
for name in "$@"; do
    mkdir -p "/run/systemd/system/$name.service.d"
    printf '[Unit]\\nConditionPathExists=/run/back-again\\n' > "/run/systemd/system/$name.service.d/away.conf"
done
systemctl daemon-reload
systemctl stop "$@"
"""
_BACK = """
for name in "$@"; do rm -f "/run/systemd/system/$name.service.d/away.conf"; done
systemctl daemon-reload
systemctl start --no-block "$@"
"""


@contextlib.contextmanager
def away(cloud: Cloud, units: Units) -> Generator[None]:
    """Have services stopped until the end of the block."""
    _everywhere(cloud, units, _AWAY)
    try:
        yield
    finally:
        _everywhere(cloud, units, _BACK)


def _everywhere(cloud: Cloud, units: Units, script: str) -> None:
    for machine, names in units.items():
        done = cloud.run(machine, ["bash", "-c", script, "outage", *names], timeout=120)
        assert done.returncode == 0, done.stderr
