# Copyright 2026 The instance-ha developers
# SPDX-License-Identifier: Apache-2.0

"""The configuration file: what is wrong is said by name, and nothing secret is repeated."""

import json
import pathlib

import pytest

from fencing_monitor import settings
from fencing_monitor.settings import SettingsError

GOOD = {
    "auth_url": "https://keystone/v3",
    "username": "masakari",
    "password": "secret",
    "project_name": "services",
}


def test_four_settings_suffice_and_fencing_is_required():
    found = settings.parse(GOOD)
    assert found.rules.policy.require_fencing
    assert not found.rules.policy.accept_manual_confirmation
    assert (found.listen_address, found.listen_port) == ("127.0.0.1", 15869)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"auth_url": None}, "auth_url must be text"),
        ({"auth_url": "keystone"}, "auth_url must be an http"),
        ({"username": ""}, "username must not be empty"),
        ({"require_fencing": "yes"}, "require_fencing must be true or false"),
        ({"require_fencing": 1}, "require_fencing must be true or false"),
        ({"poll_interval": 0.01}, "poll_interval must be between"),
        ({"poll_interval": True}, "poll_interval must be a number"),
        ({"offline_samples": 0}, "offline_samples must be at least 1"),
        ({"offline_samples": 1.5}, "offline_samples must be a whole number"),
        ({"interface": "private"}, "interface must be one of public, internal, admin"),
        ({"cafile": "/no/such/file"}, "no such file"),
        ({"trusted_agents": "fence_maas"}, "trusted_agents must be a list of str"),
        ({"colour": "blue"}, "unknown setting: colour"),
    ],
)
def test_what_is_wrong_is_named(change: dict[str, object], message: str):
    with pytest.raises(SettingsError, match=message):
        settings.parse({**GOOD, **change})


def test_what_is_missing_is_named():
    with pytest.raises(SettingsError, match="missing: password, project_name"):
        settings.parse({"auth_url": "http://k", "username": "u"})


@pytest.mark.parametrize("text", ["", "[]", "{"])
def test_a_file_that_is_no_document_is_named(tmp_path: pathlib.Path, text: str):
    path = tmp_path / "monitor.json"
    path.write_text(text)
    with pytest.raises(SettingsError, match=r"monitor\.json"):
        settings.load(path)


def test_a_missing_file_is_named(tmp_path: pathlib.Path):
    with pytest.raises(SettingsError, match="is not configured yet"):
        settings.load(tmp_path / "absent.json")


def test_the_password_is_not_shown(tmp_path: pathlib.Path):
    path = tmp_path / "monitor.json"
    path.write_text(json.dumps(GOOD))
    assert "secret" not in repr(settings.load(path))
