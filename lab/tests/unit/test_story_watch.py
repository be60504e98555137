# Copyright 2026 The instance-ha developers
# SPDX-License-Identifier: Apache-2.0

import pathlib

import pytest

from lab.settings import Lab
from lab.story import watch
from lab.story.watch import Double, Ledger, Process, Sighting

ONE = "11111111-1111-1111-1111-111111111111"
TWO = "22222222-2222-2222-2222-222222222222"


def process(machine: str, instance: str = ONE, pid: int = 1) -> Process:
    return Process(instance, machine, pid)


def test_a_process_is_remembered_from_its_first_look_to_its_last():
    ledger = Ledger()
    for at in (1.0, 2.0, 3.0):
        ledger.enter([process("a")], at)
    ledger.enter([], 4.0)
    assert ledger.sightings == (Sighting(process("a"), 1.0, 3.0),)


def test_an_instance_that_moves_is_no_double():
    ledger = Ledger()
    ledger.enter([process("a")], 1.0)
    ledger.enter([process("b", pid=2)], 2.0)
    assert ledger.doubles == ()
    assert [sighting.process.machine for sighting in ledger.sightings] == ["a", "b"]


def test_two_machines_in_one_look_are_a_double_reported_once_with_its_first_time():
    ledger = Ledger()
    for at in (1.0, 2.0):
        ledger.enter([process("b", pid=2), process("a")], at)
    assert ledger.doubles == (Double(ONE, ("a", "b"), 1.0),)


def test_two_instances_on_two_machines_are_no_double():
    ledger = Ledger()
    ledger.enter([process("a"), process("b", TWO, 2)], 1.0)
    assert ledger.doubles == ()


def test_a_restart_on_the_same_machine_is_no_double():
    ledger = Ledger()
    ledger.enter([process("a", pid=1), process("a", pid=2)], 1.0)
    assert ledger.doubles == ()


@pytest.mark.parametrize(
    ("cgroup", "machine"),
    [
        ("0::/instance-ha-lab/x/virt-node-01/machine.slice/qemu.scope\n", "virt-node-01"),
        ("4:memory:/\n0::/instance-ha-lab/x/virt-node-02\n", "virt-node-02"),
        ("0::/instance-ha-lab/other/virt-node-01/init.scope\n", None),
        ("0::/user.slice\n", None),
    ],
)
def test_the_control_group_says_whose_process_it_is(cgroup, machine):
    assert watch.find_machine("x", cgroup) == machine


@pytest.fixture
def proc(tmp_path: pathlib.Path) -> pathlib.Path:
    def add(pid: int, comm: str, cmdline: str) -> None:
        entry = tmp_path / str(pid)
        entry.mkdir()
        (entry / "comm").write_text(f"{comm}\n")
        (entry / "cmdline").write_text(cmdline)
        (entry / "cgroup").write_text("0::/instance-ha-lab/x/virt-node-01/a.scope\n")

    (tmp_path / "self").mkdir()
    add(10, "qemu-system-x86", f"qemu\0-name\0guest=i\0-uuid\0{ONE}\0-m\0064\0")
    add(11, "qemu-system-x86", "")
    add(12, "qemu-system-x86", "qemu\0-machine\0none\0")
    add(13, "bash", f"bash\0-uuid\0{ONE}\0x\0")
    return tmp_path


def test_only_a_living_qemu_with_a_uuid_counts(proc):
    assert list(watch.look("x", proc)) == [Process(ONE, "virt-node-01", 10)]
    assert watch.Watch(Lab("x"), proc).now() == [Process(ONE, "virt-node-01", 10)]
