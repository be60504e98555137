# Copyright 2026 The instance-ha developers
# SPDX-License-Identifier: Apache-2.0

"""The files of the fence agents."""

import json
import pathlib

import pytest

import access
import bmc
from access import Access

BMCS = bmc.parse("hosts: {h: {kind: ipmi, address: 10.0.9.1, username: u, password: its-secret}}")


@pytest.fixture
def root(tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch) -> pathlib.Path:
    for name in ("MAAS_KEY", "MAAS_CA", "BMCS"):
        monkeypatch.setattr(access, name, str(tmp_path / name.lower()))
    return tmp_path


def test_the_key_of_maas_is_for_root_alone(root: pathlib.Path):
    file = root / "maas_key"
    access.ensure(Access("a:b:c"))
    assert (file.read_text(), file.stat().st_mode & 0o777) == ("a:b:c\n", 0o600)
    access.ensure(Access())
    assert not file.exists()


def test_whom_to_trust_is_no_secret(root: pathlib.Path):
    access.ensure(Access("a:b:c", "PEM\n"))
    assert (root / "maas_ca").read_text() == "PEM\n"
    assert (root / "maas_ca").stat().st_mode & 0o777 == 0o644


def test_the_file_of_bmcs_is_for_root_alone(root: pathlib.Path):
    access.ensure(Access(bmcs=BMCS))
    assert (root / "bmcs").stat().st_mode & 0o777 == 0o600
    assert json.loads((root / "bmcs").read_text())["h"]["password"] == "its-secret"
    assert Access(bmcs=BMCS).kinds == {"ipmi"}
    assert Access().kinds == frozenset()


def test_nothing_stays_behind(root: pathlib.Path):
    access.ensure(Access("a:b:c", "PEM\n", BMCS))
    access.forget()
    assert list(root.iterdir()) == []


def test_a_secret_does_not_show():
    assert "a:b:c" not in repr(Access("a:b:c"))
    assert "its-secret" not in repr(Access(bmcs=BMCS))
