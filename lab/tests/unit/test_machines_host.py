# Copyright 2026 The instance-ha developers
# SPDX-License-Identifier: Apache-2.0

"""The parts of the machines that look at a host, on made-up hosts."""

import os
from pathlib import Path

import pytest

from lab.machines import cgroups, host, limits, preflight, teardown, tidy
from lab.machines.errors import CommandError
from lab.settings import Lab


def hierarchy(root: Path, *names: str) -> None:
    for name in names:
        (root / name).mkdir(parents=True, exist_ok=True)
        (root / name / "cgroup.procs").touch()


def test_a_host_with_one_hierarchy_gives_a_machine_one_group(tmp_path: Path):
    hierarchy(tmp_path, ".")
    assert cgroups.groups("lab", "node-01", tmp_path) == [tmp_path / "instance-ha-lab/lab/node-01"]


def test_a_hybrid_host_gives_a_machine_a_group_in_each_but_cpu(tmp_path: Path):
    hierarchy(tmp_path, "cpu", "cpuacct", "memory", "pids", "systemd", "unified", "devices")
    names = [path.name for path in cgroups.hierarchies(tmp_path)]
    assert names == ["unified", "systemd", "memory", "cpuacct", "pids"]


def test_a_failing_command_says_what_it_said():
    with pytest.raises(CommandError, match=r"ls /none.*No such file"):
        host.run("ls", "/none")


def test_a_missing_program_is_named():
    with pytest.raises(CommandError, match="no-such-program is not installed"):
        host.run("no-such-program")


def test_a_command_that_hangs_is_ended():
    with pytest.raises(CommandError, match="longer than 0 s"):
        host.run("sleep", "5", timeout=0.1)


def test_services_of_a_layer_stay_off_until_a_charm_wants_them(tmp_path: Path):
    wants = tmp_path / "etc/systemd/system/multi-user.target.wants"
    wants.mkdir(parents=True)
    (wants / "mariadb.service").symlink_to("/usr/lib/systemd/system/mariadb.service")
    (wants / "remote-fs.target").symlink_to("/usr/lib/systemd/system/remote-fs.target")
    alias = wants.parent / "mysql.service"
    alias.symlink_to("/usr/lib/systemd/system/mariadb.service")
    scripts = tmp_path / "etc/rc2.d"
    scripts.mkdir()
    (scripts / "S01uwsgi").symlink_to("../init.d/uwsgi")

    assert tidy.quieten(tmp_path) == ["mariadb.service", "S01uwsgi"]
    assert os.listdir(wants) == ["remote-fs.target"]
    assert alias.is_symlink()
    assert tidy.quieten(tmp_path) == []


def test_taskflow_gets_its_migrations_only_where_they_are_missing(tmp_path: Path):
    backend = tmp_path / "usr/lib/python3/dist-packages/taskflow/persistence/backends/sqlalchemy"
    assert tidy.mend(tmp_path) == []
    backend.mkdir(parents=True)
    assert tidy.mend(tmp_path) == ["taskflow"]
    assert (backend / "alembic/alembic.ini").exists()
    assert (backend / "alembic/versions/lab_tables.py").exists()
    assert tidy.mend(tmp_path) == []


def test_limits_are_raised_and_never_lowered(tmp_path: Path):
    inotify = tmp_path / "fs/inotify"
    inotify.mkdir(parents=True)
    (inotify / "max_user_instances").write_text("128\n")
    (inotify / "max_user_watches").write_text("999999\n")
    assert limits.raise_limits(tmp_path) == ["fs/inotify/max_user_instances"]
    assert (inotify / "max_user_instances").read_text() == "4096\n"
    assert (inotify / "max_user_watches").read_text() == "999999\n"
    assert limits.raise_limits(tmp_path) == []


def test_a_lab_that_never_was_leaves_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("INSTANCE_HA_LAB_DIR", str(tmp_path))
    assert teardown.remains(Lab("never")) == []


def test_what_a_lab_left_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("INSTANCE_HA_LAB_DIR", str(tmp_path))
    Lab("unit").root.mkdir(parents=True)
    assert teardown.remains(Lab("unit")) == [f"directory {Lab('unit').root}"]


def test_missing_programs_are_named_by_their_packages(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("shutil.which", lambda name: None if name == "systemd-nspawn" else name)
    assert "systemd-container" in preflight.missing_packages()
    assert "iproute2" not in preflight.missing_packages()


def test_too_little_disk_is_told_with_what_to_do(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("INSTANCE_HA_LAB_DIR", str(tmp_path))
    monkeypatch.setattr(preflight, "DISK_GIB", 10**6)
    assert any("INSTANCE_HA_LAB_DIR" in line for line in preflight.check(Lab("unit")))
