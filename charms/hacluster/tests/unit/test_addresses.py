# Copyright 2026 The instance-ha developers
# SPDX-License-Identifier: Apache-2.0

"""The service that looks after addresses that stayed: it is there, up to date, and gone in the end."""

import pathlib

import pytest

import addresses

FILES = pathlib.Path(__file__).parents[2] / "files"


class Systemd:
    """Stands for systemd."""

    def __init__(self) -> None:
        self.running = False
        self.done: list[str] = []

    def ensure_running(self, names: tuple[str, ...]) -> bool:
        changed, self.running = not self.running, True
        return changed

    def ensure_stopped(self, names: tuple[str, ...]) -> None:
        self.running = False

    def try_restart(self, name: str) -> None:
        self.done.append("restart")

    def daemon_reload(self) -> None:
        self.done.append("reload")


@pytest.fixture
def systemd(tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch) -> Systemd:
    found = Systemd()
    monkeypatch.setattr(addresses, "systemd", found)
    monkeypatch.setattr(addresses, "_LIBRARY", tmp_path / "library")
    monkeypatch.setattr(addresses, "_UNIT", tmp_path / "unit")
    return found


def test_it_is_installed_and_started_once(systemd: Systemd, tmp_path: pathlib.Path):
    addresses.ensure(FILES)
    addresses.ensure(FILES)
    assert (systemd.running, systemd.done) == (True, ["reload"])
    assert "-m address_watch.watch" in (tmp_path / "unit").read_text()
    assert (tmp_path / "library/address_watch/watch.py").exists()


def test_what_a_refresh_brings_takes_effect(systemd: Systemd, tmp_path: pathlib.Path):
    addresses.ensure(FILES)
    (tmp_path / "library/address_watch/stale.py").write_text("the last revision's")
    addresses.ensure(FILES)
    assert systemd.done == ["reload", "restart"]


def test_nothing_of_it_stays_when_the_unit_goes(systemd: Systemd, tmp_path: pathlib.Path):
    addresses.ensure(FILES)
    (tmp_path / "library/cluster_watch").mkdir()
    addresses.forget()
    addresses.forget()
    assert not systemd.running
    assert [path.name for path in tmp_path.rglob("*")] == ["library", "cluster_watch"]
