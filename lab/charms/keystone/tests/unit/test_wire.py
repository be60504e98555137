# Copyright 2026 The instance-ha developers
# SPDX-License-Identifier: Apache-2.0

import wire

URLS = {"public_url": "http://p/", "internal_url": "http://i/", "admin_url": "http://a/"}


def test_bare_keys_ask_for_one_service():
    assert wire.services(
        {"service": "masakari", "region": "R", **URLS, "private-address": "x"}
    ) == [{"service": "masakari", "region": "R", **URLS}]


def test_prefixes_ask_for_several():
    databag = {
        f"{name}_{key}": value
        for name in ("nova", "glance")
        for key, value in {"service": name, "region": "R", **URLS}.items()
    }
    assert [service["service"] for service in wire.services(databag)] == ["glance", "nova"]


def test_an_incomplete_request_is_none():
    assert wire.services({"service": "masakari", "region": "R"}) == []
    assert wire.services({}) == []
