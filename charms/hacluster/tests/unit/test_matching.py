# Copyright 2026 The instance-ha developers
# SPDX-License-Identifier: Apache-2.0

"""Which machine of MAAS is which host."""

import pytest

import matching
from maas import Machine
from matching import Identity


def machine(system_id: str, fqdn: str = "h.maas", **values: object) -> Machine:
    given = {"uuid": "u-1", "power_type": "ipmi", "locked": False, **values}
    return Machine(system_id=system_id, fqdn=fqdn, **given)  # type: ignore[arg-type]


def test_one_machine_of_that_name_is_the_host():
    report = matching.match(["h.maas"], [machine("a1"), machine("a2", "h.other")])
    assert report == matching.Report({"h.maas": Identity("a1", "h", "u-1")})


def test_a_short_name_is_matched_if_it_is_one_machines_only():
    assert matching.match(["h"], [machine("a1")]).machines["h"].system_id == "a1"
    assert matching.match(["h"], [machine("a1"), machine("a2", "h.other")]).problems == (
        "h: ambiguous in MAAS",
    )


@pytest.mark.parametrize(
    ("machines", "problem"),
    [
        ([], "h.maas: unknown to MAAS"),
        ([machine("a1", "h.other")], "h.maas: unknown to MAAS"),
        ([machine("a1"), machine("a2")], "h.maas: ambiguous in MAAS"),
        ([machine("a1", power_type="manual")], "h.maas: MAAS cannot control its power"),
    ],
)
def test_what_is_not_certain_gets_no_device(machines: list[Machine], problem: str):
    assert matching.match(["h.maas"], machines) == matching.Report({}, (problem,))


def test_a_locked_machine_is_known_and_reported():
    report = matching.match(["h.maas"], [machine("a1", locked=True)])
    assert set(report.machines) == {"h.maas"}
    assert report.problems == ("h.maas: locked in MAAS",)


def test_what_is_not_known_of_a_machine_contradicts_nothing():
    report = matching.Report({"h.maas": Identity("a1", "h", "u-1", "juju")})
    for known in (
        Identity("a1", "h"),
        Identity("a1", "h", "u-1"),
        Identity("a1", "h", "", "juju"),
    ):
        assert not matching.changed(report, {"h.maas": known}).problems
    assert matching.changed(report, {"h.maas": Identity("a1", "h", "u-1", "other")}).problems


def test_a_host_that_is_another_machine_than_it_was_is_reported():
    report = matching.Report({"h.maas": Identity("a1", "h", "u-2")})
    assert matching.changed(report, {"h.maas": Identity("a1", "h", "u-1")}).problems == (
        "h.maas: not the machine any more that it was",
    )
    assert matching.changed(report, {}).problems == ()


def test_a_host_with_another_way_to_be_powered_off_needs_no_maas():
    for machines in ([], [machine("a1", power_type="manual")]):
        assert matching.match(["h.maas"], machines, {"h.maas"}) == matching.Report({})
    both = [machine("a1"), machine("a2")]
    assert matching.match(["h.maas"], both, {"h.maas"}).problems == ("h.maas: ambiguous in MAAS",)
