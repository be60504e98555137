# Copyright 2026 The instance-ha developers
# SPDX-License-Identifier: Apache-2.0

"""Whether anybody still has an address, asked of real cards: two network namespaces with a cable between them."""

import os
import pathlib
import subprocess
import sys
from collections.abc import Iterator

import pytest

FILES = pathlib.Path(__file__).resolve().parents[2] / "charms/hacluster/files"
SCRIPT = """
import sys
from fence_member_agent import silence
print(silence.is_gone(sys.argv[1:]))
"""
IP = "/usr/sbin/ip"
HERE, THERE, VIRTUAL, FREE = "10.199.0.1", "10.199.0.2", "10.199.0.9", "10.199.0.77"

pytestmark = pytest.mark.skipif(
    os.geteuid() != 0 or not os.access(IP, os.X_OK), reason="needs root and ip"
)


def ip(*words: str) -> None:
    subprocess.run([IP, *words], check=True, capture_output=True, text=True)


class Cable:
    """Our namespace, the lost member's, and what runs in them."""

    def __init__(self) -> None:
        self.ours, self.theirs = (f"silence-{end}-{os.getpid()}" for end in "ab")

    def lay(self) -> None:
        for name in (self.ours, self.theirs):
            ip("netns", "add", name)
        peer = ("peer", "name", "eth9", "netns", self.theirs)
        ip("-n", self.ours, "link", "add", "eth9", "type", "veth", *peer)
        for name, addresses in ((self.ours, [HERE]), (self.theirs, [THERE, VIRTUAL])):
            for address in addresses:
                ip("-n", name, "address", "add", f"{address}/24", "dev", "eth9")
            ip("-n", name, "link", "set", "eth9", "up")

    def there(self, *argv: str) -> None:
        subprocess.run([IP, "netns", "exec", self.theirs, *argv], check=True, capture_output=True)

    def asked(self, *addresses: str) -> str:
        argv = [IP, "netns", "exec", self.ours, sys.executable, "-c", SCRIPT, *addresses]
        done = subprocess.run(
            argv,
            capture_output=True,
            text=True,
            check=True,
            env={**os.environ, "PYTHONPATH": str(FILES)},
        )
        return done.stdout.strip()


@pytest.fixture
def cable() -> Iterator[Cable]:
    cable = Cable()
    try:
        cable.lay()
        yield cable
    finally:
        for name in (cable.ours, cable.theirs):
            subprocess.run([IP, "netns", "delete", name], check=False, capture_output=True)


def test_an_address_that_somebody_has_is_not_gone(cable: Cable) -> None:
    assert cable.asked(VIRTUAL) == "False"
    assert cable.asked(FREE, VIRTUAL) == "False"


def test_one_that_nobody_has_is(cable: Cable) -> None:
    assert cable.asked(FREE) == "True"
    cable.there("ip", "address", "delete", f"{VIRTUAL}/24", "dev", "eth9")
    assert cable.asked(VIRTUAL) == "True"


def test_who_filters_pings_still_has_it(cable: Cable) -> None:
    cable.there("sh", "-c", "echo 1 >/proc/sys/net/ipv4/icmp_echo_ignore_all")
    assert cable.asked(VIRTUAL) == "False"


def test_without_a_network_of_our_own_nobody_can_tell(cable: Cable) -> None:
    cable.there("ip", "link", "set", "eth9", "down")
    assert cable.asked(VIRTUAL) == "False"
    assert cable.asked("10.198.0.1") == "False"
