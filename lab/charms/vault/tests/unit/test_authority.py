# Copyright 2026 The instance-ha developers
# SPDX-License-Identifier: Apache-2.0

import pathlib
import shutil
import ssl
import subprocess

import pytest

import authority


@pytest.fixture(autouse=True)
def _directory(tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch) -> None:
    if not shutil.which("openssl"):
        pytest.skip("openssl is not installed")
    monkeypatch.setattr(authority, "DIRECTORY", tmp_path / "vault")
    monkeypatch.setattr(
        authority.files, "ensure", lambda path, text: pathlib.Path(path).write_text(text)
    )


REQUEST = authority.Request("masakari_0", "node-1.maas", ("10.0.0.1", "api.example.org"))


def test_what_is_issued_is_verified_strictly(tmp_path: pathlib.Path):
    (tmp_path / "ca.pem").write_text(authority.certificate())
    (tmp_path / "server.pem").write_text(authority.issue(REQUEST).certificate)
    context = ssl.create_default_context(cafile=tmp_path / "ca.pem")
    assert context.get_ca_certs()
    subprocess.run(
        ["openssl", "verify", "-x509_strict", "-CAfile", tmp_path / "ca.pem",
         "-verify_ip", "10.0.0.1", tmp_path / "server.pem"],
        check=True, capture_output=True,
    )  # fmt: skip


def test_an_equal_request_gets_the_same_certificate_until_it_is_forgotten():
    authority.certificate()
    first = authority.issue(REQUEST)
    assert authority.issue(REQUEST) == first
    authority.forget()
    assert authority.issue(REQUEST) != first


def test_an_incomplete_request_is_none_yet():
    assert authority.Request.from_databag({"unit_name": "masakari_0"}) is None
