# Copyright 2026 The instance-ha developers
# SPDX-License-Identifier: Apache-2.0

"""The journal: what is written is read back, whatever a crash left of it."""

import dataclasses
import pathlib

import pytest
from monitor_world import H1, H2, World

from fencing_monitor import journal
from fencing_monitor.failure import Host
from fencing_monitor.journal import Journal


@pytest.fixture
def host() -> Host:
    world = World()
    world.boot(H1, "vm1")
    world.kill(H1)
    world.tick(times=8)
    return dataclasses.replace(world.host(), is_certain=False)


def test_nothing_is_read_from_nothing(tmp_path: pathlib.Path):
    assert Journal(tmp_path).read() == {}


def test_what_was_written_is_read_back(tmp_path: pathlib.Path, host: Host):
    Journal(tmp_path).write(host)
    assert Journal(tmp_path).read() == {H1: host}
    assert host.failure is not None
    assert host.failure.moments


def test_the_last_line_of_a_host_counts(tmp_path: pathlib.Path, host: Host):
    memory = Journal(tmp_path)
    memory.write(Host(H1), Host(H2))
    memory.write(host)
    assert memory.read() == {H1: host, H2: Host(H2)}


@pytest.mark.parametrize("cut", [1, 20, 400])
def test_a_line_that_a_crash_cut_short_is_passed_over(
    tmp_path: pathlib.Path, host: Host, cut: int
):
    memory = Journal(tmp_path)
    memory.write(Host(H2), host)
    memory.path.write_bytes(memory.path.read_bytes()[:-cut])
    expected = {H1: host} if cut == 1 else {}  # only the newline is gone
    assert memory.read() == {H2: Host(H2), **expected}
    memory.write(Host(H1))
    assert memory.read()[H1] == Host(H1)


def test_lines_of_a_later_version_are_read_as_far_as_they_are_understood(
    tmp_path: pathlib.Path, host: Host
):
    memory = Journal(tmp_path)
    memory.write(host)
    text = memory.path.read_text().replace('"samples":0', '"samples":0,"from_the_future":1')
    memory.path.write_text(text + '{"unknown": true}\n')
    assert memory.read() == {H1: host}


def test_a_long_journal_is_rewritten(
    tmp_path: pathlib.Path, host: Host, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(journal, "_COMPACT_AT", 20_000)
    memory = Journal(tmp_path)
    for _ in range(50):
        memory.write(host)
    assert memory.path.stat().st_size < 25_000
    assert memory.read() == {H1: host}


def test_a_look_that_teaches_nothing_is_not_written(host: Host):
    assert not journal.worth_writing(None, Host(H1))
    assert not journal.worth_writing(host, dataclasses.replace(host, is_certain=True))
    assert journal.worth_writing(Host(H1), host)
