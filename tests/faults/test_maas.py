# Copyright 2026 The instance-ha developers
# SPDX-License-Identifier: Apache-2.0

"""BMCs that lie, and a MAAS that is away, refuses, or means somebody else."""

import pytest

from lab.maas.faults import Value
from tests.faults.arena import Arena


def still_on(arena: Arena, host: str, seconds: float, why: str) -> None:
    """See that a host is neither switched off nor taken for it."""
    arena.silent(
        seconds,
        lambda: arena.cloud.is_on(host) and not arena.cluster.confirmed(host),
        f"{host} is on, and nobody takes it for off: {why}",
    )


@pytest.mark.quick
def test_a_bmc_that_does_not_switch_is_not_believed_until_it_does(arena: Arena) -> None:
    host = arena.cluster.hosts[0]
    arena.knob("switch", "stuck", host)
    arena.unplug(host)
    arena.await_lost(host)
    still_on(arena, host, 45, "its BMC is stuck")
    arena.knob("switch", "works", host)
    arena.await_fenced(host, timeout=240)
    assert not arena.cloud.is_on(host)


def test_a_machine_that_comes_on_again_by_itself_is_not_taken_for_off(arena: Arena) -> None:
    host = arena.cluster.hosts[1]
    arena.knob("bounce-after", 0.5, host)
    arena.knob("switch", "bounce", host)
    arena.unplug(host)
    arena.await_("the machine has bounced", lambda: len(arena.power(host)) > 2, timeout=90)
    arena.silent(30, lambda: not arena.cluster.confirmed(host), f"nobody takes {host} for off")
    arena.knob("switch", "works", host)
    arena.await_fenced(host, timeout=240)
    assert not arena.cloud.is_on(host)


def test_a_bmc_that_says_on_forever_keeps_its_host_from_counting_as_off(arena: Arena) -> None:
    host = arena.cluster.hosts[2]
    arena.knob("query-state", "on", host)
    arena.unplug(host)
    arena.await_("it is off", lambda: not arena.cloud.is_on(host), timeout=90)
    arena.silent(45, lambda: not arena.cluster.confirmed(host), f"nobody takes {host} for off")
    arena.knob("query-state", "live", host)
    arena.await_fenced(host, timeout=240)


def test_a_host_that_fails_while_maas_is_away_is_fenced_when_maas_is_back(arena: Arena) -> None:
    host = arena.cluster.hosts[0]
    arena.stop_maas()
    arena.unplug(host)
    arena.await_lost(host)
    arena.await_told("MAAS", timeout=120)
    still_on(arena, host, 300, "MAAS is down")
    arena.start_maas()
    arena.await_fenced(host, timeout=240)


@pytest.mark.parametrize(
    ("knob", "value", "for_one", "told"),
    [
        ("revoked", True, False, "refused"),
        ("clock-skew", 400.0, False, "MAAS"),
        ("locked", True, True, "locked"),
        ("renamed", "somebody", True, "unknown to MAAS"),
        ("replaced", True, True, "not the machine"),
        ("owner", "somebody-else", True, "not the machine"),
    ],
)
def test_what_maas_refuses_or_does_not_know_is_said_and_made_up_for(
    arena: Arena, knob: str, value: Value, for_one: bool, told: str
) -> None:
    host = arena.cluster.hosts[1]
    arena.knob(knob, value, host if for_one else None)
    arena.unplug(host)
    arena.await_lost(host)
    arena.await_told(told)
    still_on(arena, host, 30, knob)
    arena.maas.reset()
    arena.note("operator", f"{knob} is as it was")
    arena.await_fenced(host, timeout=300)
