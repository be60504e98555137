# Copyright 2026 The instance-ha developers
# SPDX-License-Identifier: Apache-2.0

import shared_db


def test_a_bare_request_is_answered_with_bare_keys():
    asked = list(
        shared_db.requests(
            "masakari/0", {"database": "masakari", "username": "masakari", "hostname": "h"}
        )
    )
    assert shared_db.reply(asked, "10.0.0.1", {"masakari": "secret"}) == {
        "db_host": "10.0.0.1",
        "db_port": "3306",
        "password": "secret",
        "allowed_units": "masakari/0",
    }


def test_prefixes_of_the_request_come_back_in_the_reply():
    databag = {
        "nova_database": "nova",
        "nova_username": "nova",
        "novaapi_database": "nova_api",
        "novaapi_username": "nova",
    }
    asked = list(shared_db.requests("ncc/0", databag))
    assert [request.database for request in asked] == ["nova", "nova_api"]
    answer = shared_db.reply(asked, "h", {"nova": "secret"})
    assert answer["nova_password"] == answer["novaapi_password"] == "secret"
    assert answer["novaapi_allowed_units"] == "ncc/0"


def test_all_units_of_a_relation_are_allowed():
    databag = {"database": "masakari", "username": "masakari"}
    asked = [request for unit in ("m/1", "m/0") for request in shared_db.requests(unit, databag)]
    assert shared_db.reply(asked, "h", {"masakari": "x"})["allowed_units"] == "m/0 m/1"


def test_an_unlikely_name_is_no_request():
    assert not list(shared_db.requests("a/0", {"database": "a`; DROP", "username": "a"}))
    assert not list(shared_db.requests("a/0", {"database": "a"}))
