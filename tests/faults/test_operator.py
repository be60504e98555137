# Copyright 2026 The instance-ha developers
# SPDX-License-Identifier: Apache-2.0

"""What an operator is told about fencing, and can do to it, while it goes on."""

import json
import time
from typing import Any

from lab.story.timeline import parse_time
from tests.faults.arena import Arena

QUIET = 15.0
"""Seconds after which a device that still tries would have tried again."""


def hosts_of(told: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """Return what fencing-status says of each host, by the machine's name."""
    return {name.partition(".")[0]: host for name, host in json.loads(told["hosts"]).items()}


def test_a_validation_names_the_host_that_could_not_be_fenced(arena: Arena) -> None:
    good = arena.act("validate-fencing")
    arena.note("operator", f"validate-fencing: {good['result']}")
    assert good["result"] == f"{len(arena.cluster.hosts)} hosts could be fenced"
    host = arena.cluster.hosts[1]
    arena.knob("locked", True, host)
    said = arena.refusal(arena.leader("hacluster"), "validate-fencing")
    assert host in said
    assert not any(other in said for other in arena.cluster.hosts if other != host)
    seen = hosts_of(arena.act("fencing-status"))
    assert seen[host]["locked"] is True
    assert seen[host]["problems"]
    assert seen[host]["last_validation"]["problems"]
    arena.maas.reset()
    assert arena.act("validate-fencing")["result"].endswith("could be fenced")
    assert arena.power() == []


def test_the_status_of_fencing_tells_of_a_host_that_was_fenced(arena: Arena) -> None:
    host, other = arena.cluster.hosts[:2]
    arena.unplug(host)
    arena.await_fenced(host)
    told = arena.act("fencing-status")
    arena.note("operator", f"fencing-status:\n{told['table']}")
    seen = hosts_of(told)
    assert seen[host]["state"] == "offline"
    assert seen[host]["last_fence"]["status"] == "success"
    assert seen[other]["state"] == "online"
    assert not seen[host]["held"]


def test_a_lost_host_that_nothing_can_tell_of_is_off_by_an_operators_word(arena: Arena) -> None:
    host, other = arena.cluster.hosts[:2]
    leader = arena.leader("hacluster")
    arena.knob("query-state", "unknown", host)
    arena.knob("switch", "stuck", host)
    arena.unplug(host)
    arena.await_lost(host)
    really = {"i-really-mean-it": True}
    unsure = {"i-really-mean-it": False}
    assert "i-really-mean-it" in arena.refusal(leader, "confirm-fenced", node=host, **unsure)
    assert "not waiting" in arena.refusal(leader, "confirm-fenced", node=other, **really)
    assert "no node" in arena.refusal(leader, "confirm-fenced", node="nobody", **really)
    arena.silent(20, lambda: not arena.cluster.confirmed(host), f"nobody takes {host} for off")
    arena.knob("query-state", "on", host)
    assert "is on" in arena.refusal(leader, "confirm-fenced", node=host, **really)
    arena.knob("query-state", "unknown", host)
    told = arena.act("confirm-fenced", node=host, **really)
    arena.note("operator", f"confirm-fenced: {told}")
    arena.await_fenced(host, timeout=30)
    by = [
        moment.who
        for moment in arena.status().fences
        if moment.at >= arena.zero and "success" in moment.what
    ]
    assert by == ["a human"]
    # The device that tries all the while lets go of it, and does not cut the power of what comes on again.
    arena.await_(f"nobody tries to switch {host} off", lambda: quiet(arena, host), timeout=60)
    arena.maas.reset()
    arena.note("operator", "its BMC works again")
    arena.silent(20, lambda: arena.cloud.is_on(host), f"{host} is on")


def quiet(arena: Arena, host: str) -> bool:
    """Return whether MAAS has not been told anything about a host for longer than a device waits."""
    return time.time() - parse_time(str(arena.power(host)[-1]["time"])) > QUIET


def test_a_lost_host_cannot_be_put_in_maintenance_nor_forgotten(arena: Arena) -> None:
    host = arena.cluster.hosts[0]
    leader = arena.leader("hacluster")
    arena.knob("switch", "stuck", host)
    arena.unplug(host)
    arena.await_lost(host)
    said = arena.refusal(leader, "set-node-maintenance", node=host, maintenance=True)
    assert "not fenced yet" in said
    assert "not fenced yet" in arena.refusal(leader, "cleanup")
    assert "not fenced yet" in arena.refusal(leader, "cleanup", resource=f"{host}.maas")
    arena.maas.reset()
    arena.await_fenced(host, timeout=240)
