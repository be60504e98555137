# Copyright 2026 The instance-ha developers
# SPDX-License-Identifier: Apache-2.0

"""Who gets which machine, and how it is remembered."""

from pathlib import Path

import pytest

from lab.machines import instance
from lab.machines.errors import NoMachineError, UnknownMachineError
from lab.machines.instance import Record, Records
from lab.settings import INVENTORY, Lab

COMPUTE = frozenset({"compute"})


@pytest.fixture
def records(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Records:
    monkeypatch.setenv("INSTANCE_HA_LAB_DIR", str(tmp_path))
    return Records(Lab("unit"))


def test_machines_are_handed_out_in_the_order_of_the_inventory():
    taken: list[str] = []
    for _ in range(3):
        taken.append(instance.choose(COMPUTE, taken).hostname)
    assert taken == ["virt-node-01", "virt-node-02", "virt-node-10"]


def test_all_tags_are_needed():
    with pytest.raises(NoMachineError, match="compute, lxd"):
        instance.choose(frozenset({"compute", "lxd"}), [])


def test_the_last_machine_can_be_taken_but_not_one_more():
    names = [machine.hostname for machine in INVENTORY if "compute" in machine.tags]
    assert instance.choose(COMPUTE, names[:-1]).hostname == names[-1]
    with pytest.raises(NoMachineError, match="compute"):
        instance.choose(COMPUTE, names)


def test_the_number_of_a_container_is_used_again():
    assert instance.next_number([]) == 101
    assert instance.next_number([101, 103]) == 102


def test_numbers_end_before_the_virtual_addresses():
    with pytest.raises(NoMachineError):
        instance.next_number(range(101, 200))


def test_the_full_name_comes_first_in_hosts():
    text = instance.render_hosts([Record("juju-4f2a1c-1-lxd-0", 101, "base", (), "node-01")])
    assert "10.77.0.21 virt-node-01.maas virt-node-01\n" in text
    assert text.endswith("10.77.0.101 juju-4f2a1c-1-lxd-0.maas juju-4f2a1c-1-lxd-0\n")


def test_a_container_more_only_adds_to_hosts():
    assert instance.render_hosts([Record("c", 101, "base", ())]).startswith(
        instance.render_hosts([])
    )


def test_a_machine_has_an_address_and_a_nic_in_each_space():
    made = Record("virt-node-01", 21, "compute", ()).instance
    assert made.fqdn == "virt-node-01.maas"
    assert made.addresses["internal"] == "10.77.3.21"
    assert made.nics["oam"] == "eth0"


def test_with_ipv6_it_comes_before_ipv4():
    made = Record("virt-node-01", 21, "compute", (), ipv6=True).instance
    assert made.addresses["internal"] == "fd00:773::21"
    assert made.others["internal"] == "10.77.3.21"
    text = instance.render_hosts([], ipv6=True)
    assert "fd00:770::21 virt-node-01.maas virt-node-01\n10.77.0.21 virt-node-01.maas" in text


def test_a_record_is_read_as_it_was_written(records: Records):
    record = Record("juju-4f2a1c-1-lxd-0", 101, "base", ("/a", "/b"), "node-01")
    records.write(record)
    assert records.read(record.id) == record
    assert records.all() == [record]


def test_records_come_in_the_order_of_their_numbers(records: Records):
    for name, number in (("b", 30), ("a", 101), ("c", 10)):
        records.write(Record(name, number, "base", ()))
    assert [record.id for record in records.all()] == ["c", "b", "a"]


def test_what_is_forgotten_is_unknown(records: Records):
    records.write(Record("node-01", 11, "base", ()))
    records.forget("node-01")
    records.forget("node-01")
    with pytest.raises(UnknownMachineError, match="node-01"):
        records.read("node-01")
    assert records.all() == []
