# Copyright 2026 The instance-ha developers
# SPDX-License-Identifier: Apache-2.0

"""The unit that holds the VIP loses its power: the API answers on the VIP again."""

import subprocess
import time

import jubilant

from lab.machines.cloud import Cloud
from lab.settings import Lab
from lab.story.openstack import wait_for
from tests.cloud import settled

VIP = "10.77.1.200"


def answers(lab: Lab) -> bool:
    """Whether the API answers on the VIP, asked from the switch of the public space."""
    done = subprocess.run(
        [
            *("ip", "netns", "exec", lab.switch),
            *(
                "curl",
                "--silent",
                "--output",
                "/dev/null",
                "--connect-timeout",
                "0.2",
                "--max-time",
                "2",
            ),
            f"http://{VIP}:15868/",
        ],
        check=False,
    )
    return done.returncode == 0


def holder(juju: jubilant.Juju, cloud: Cloud) -> str:
    """Return the machine that has the VIP on a NIC."""
    for instance in cloud.instances():
        if cloud.is_on(instance.id):
            found = cloud.run(instance.id, ["ip", "-4", "-o", "address", "show"])
            if f" {VIP}/" in found.stdout:
                return instance.id
    raise AssertionError(f"no machine holds {VIP}")


def test_the_api_moves_with_the_vip(juju: jubilant.Juju, lab: Lab, cloud: Cloud) -> None:
    wait_for("the API answers", lambda: answers(lab), timeout=60)
    machine = holder(juju, cloud)
    cut = time.monotonic()
    cloud.power_off(machine)
    try:
        wait_for("the API answers again", lambda: answers(lab), timeout=60, every=0.1)
        gap = time.monotonic() - cut
        print(f"\nVIP gap after the power cut of {machine}: {gap:.1f} s")
        assert holder(juju, cloud) != machine
    finally:
        cloud.power_on(machine)
    settled(juju)
