# Copyright 2026 The instance-ha developers
# SPDX-License-Identifier: Apache-2.0

"""The second level of fencing: MAAS is away, and hosts are powered off over their BMCs."""

import json
from collections.abc import Iterator
from typing import Any

import jubilant
import pytest

from lab import kinds
from lab.bmc import certificate
from lab.bmc.redfish import PASSWORD, SYSTEMS, USERNAME
from lab.bmc.simulator import directory
from lab.story.timeline import parse_time
from tests.faults.arena import BMCS, Arena
from tests.faults.test_maas import still_on
from tests.faults.workings import run

_DEVICE = "st-bmc"
_DEBOUNCE = 2.0
"""Seconds between the two looks."""


class Description:
    """The hosts' BMCs as hacluster's operator describes them, in a secret."""

    NAME = "bmc"

    def __init__(self, arena: Arena) -> None:
        self._arena = arena

    def give(self) -> None:
        """Have hacluster know of them."""
        arena = self._arena
        secret = arena.juju.add_secret(self.NAME, self._content(PASSWORD))
        arena.juju.grant_secret(self.NAME, "hacluster")
        arena.juju.config("hacluster", {"bmc_credentials": str(secret)})
        arena.note("operator", "bmc_credentials is set")
        arena.await_("the second level is there", self._is_there, timeout=300)

    def change(self, password: str) -> None:
        """Give another password, and wait until all members have it."""
        arena = self._arena
        arena.juju.update_secret(self.NAME, self._content(password))
        known = f"all members have {'the' if password == PASSWORD else 'a wrong'} password"
        arena.await_(known, lambda: self._known() == {password}, timeout=180)

    def take_away(self) -> None:
        """Have hacluster forget them."""
        arena = self._arena
        arena.juju.config("hacluster", reset="bmc_credentials")
        arena.juju.remove_secret(self.NAME)
        arena.note("operator", "bmc_credentials is not set any more")
        arena.await_("the second level is gone", lambda: not self._is_there(), timeout=300)

    def _is_there(self) -> bool:
        return f'id="{_DEVICE}"' in self._arena.cluster.configuration()

    def _known(self) -> set[str]:
        read = ("cat", "/etc/pacemaker/fence_bmc.json")
        arena = self._arena
        files = [json.loads(run(arena, member, *read)) for member in arena.cluster.members]
        return {bmc["password"] for file in files for bmc in file.values()}

    def _content(self, password: str) -> dict[str, str]:
        defaults = {
            "kind": "redfish",
            "address": kinds.of(self._arena.lab).gateway,
            "username": USERNAME,
            "password": password,
            "ca": (directory(self._arena.lab) / certificate.CERTIFICATE).read_text(),
        }
        hosts = {host: {"systems_uri": f"{SYSTEMS}/{host}"} for host in self._arena.cluster.hosts}
        return {"credentials": json.dumps({"defaults": defaults, "hosts": hosts})}


@pytest.fixture
def description(arena: Arena) -> Iterator[Description]:
    """The hosts' BMCs, described, and seen to answer; hacluster forgets them afterwards."""
    found = Description(arena)
    try:
        found.give()
        arena.await_(
            "every host can be fenced in both ways", lambda: _is_valid(arena), timeout=180
        )
        yield found
    finally:
        found.take_away()


def _is_valid(arena: Arena) -> bool:
    # Each member installs what it needs to speak to BMCs; the leader was the first.
    try:
        arena.juju.run(arena.leader("hacluster"), "validate-fencing", wait=300)
    except jubilant.TaskError as error:
        arena.note("operator", f"validate-fencing: {error.task.message}")
        return False
    return arena.messages() == ["Unit is ready and clustered"]


def _looks(arena: Arena, host: str) -> list[dict[str, Any]]:
    """Return what a host's BMC has told of its power."""
    events = arena.events(BMCS)
    return [each for each in events if each["event"] == "query" and each["machine"] == host]


def test_a_host_lost_while_maas_is_away_is_fenced_over_its_bmc_after_two_looks(
    arena: Arena, description: Description
) -> None:
    host = arena.cluster.hosts[0]
    arena.stop_maas()
    arena.unplug(host)
    arena.await_fenced(host, timeout=240)
    assert not arena.cloud.is_on(host)
    assert {event["who"] for event in arena.power(host)} == {BMCS}
    # Whole seconds.
    noted = arena.cluster.confirmed(host) + 1
    seen = [(parse_time(each["time"]), each["state"]) for each in _looks(arena, host)]
    (one, first), (another, second) = [look for look in seen if look[0] < noted][-2:]
    assert (first, second) == ("off", "off")
    assert another - one >= _DEBOUNCE
    arena.start_maas()


def test_a_bmc_whose_machine_comes_on_again_by_itself_is_not_believed(
    arena: Arena, description: Description
) -> None:
    host = arena.cluster.hosts[1]
    arena.stop_maas()
    arena.bmcs.set("bounce-after", 0.5, host)
    arena.bmcs.set("switch", "bounce", host)
    arena.unplug(host)
    # MAAS has half of the time first, and it may be told only once in the other half.
    arena.await_(
        "the machine has bounced",
        lambda: len(arena.power(host)) > 1 and arena.cloud.is_on(host),
        timeout=240,
    )
    arena.silent(30, lambda: not arena.cluster.confirmed(host), f"nobody takes {host} for off")
    arena.bmcs.reset()
    arena.note("operator", "the BMC does as it is told")
    arena.await_fenced(host, timeout=300)
    assert not arena.cloud.is_on(host)
    assert {event["who"] for event in arena.power(host)} == {BMCS}


def test_a_wrong_password_is_said_and_no_power_off_and_maas_makes_up_for_it(
    arena: Arena, description: Description
) -> None:
    hosts = arena.cluster.hosts
    description.change("a wrong one")
    since = len(arena.events(BMCS))
    said = arena.refusal(arena.leader("hacluster"), "validate-fencing")
    assert said == f"could be fenced in one of two ways only: {', '.join(_full(arena, hosts))}"
    # Pacemaker asks the device every five minutes.
    arena.await_told(f"device {_DEVICE} fails", timeout=420)
    host = hosts[2]
    arena.stop_maas()
    arena.unplug(host)
    arena.await_lost(host)
    # Both levels, and both again.
    still_on(arena, host, 150, "nobody is let in")
    told = arena.events(BMCS)[since:]
    assert {each["status"] for each in told if each["event"] == "request"} == {401}
    assert arena.power() == []
    arena.start_maas()
    arena.await_fenced(host, timeout=300)
    assert not arena.cloud.is_on(host)
    description.change(PASSWORD)
    arena.await_("nobody complains of it any more", lambda: _is_silent(arena), timeout=420)


def _full(arena: Arena, hosts: list[str]) -> list[str]:
    nodes = arena.status().nodes
    return [nodes[host].name for host in hosts]


def _is_silent(arena: Arena) -> bool:
    arena.look(arena.leader("hacluster"))
    units = arena.juju.status().get_units("hacluster").items()
    saying = [name for name, unit in units if _DEVICE in unit.workload_status.message]
    for unit in saying:
        arena.look(unit)
    return not saying
