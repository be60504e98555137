# Copyright 2026 The instance-ha developers
# SPDX-License-Identifier: Apache-2.0

"""`shared-db`: what the predecessors' masakari wrote, and what mysql-router answers."""

import base64

from instance_ha.interfaces import mysql_shared

REQUEST = {"database": "masakari", "username": "masakari", "hostname": "10.0.3.21"}
# A router listens on the unit's own machine and answers with that address.
ROUTER = {
    "allowed_units": "masakari/0",
    "db_host": "127.0.0.1",
    "db_port": "3306",
    "egress-subnets": "10.0.0.21/32",
    "ingress-address": "10.0.0.21",
    "password": "tR5/w@x:y",
    "private-address": "10.0.0.21",
    "wait_timeout": "3600",
}


def request() -> mysql_shared.Request:
    return mysql_shared.Request(**REQUEST)


def test_a_request_is_written_without_prefix():
    assert mysql_shared.write(request()) == REQUEST


def test_an_answer_becomes_a_url_in_which_the_password_is_quoted():
    database = mysql_shared.read([ROUTER], "masakari/0")
    assert database is not None
    assert database.url(request()) == "masakari:tR5%2Fw%40x%3Ay@127.0.0.1:3306/masakari"
    assert database.wait_timeout == 3600


def test_the_port_has_a_default():
    database = mysql_shared.read(
        [{key: value for key, value in ROUTER.items() if key != "db_port"}], "masakari/0"
    )
    assert database is not None
    assert database.db_port == 3306


def test_a_unit_that_is_not_let_in_yet_waits():
    assert mysql_shared.read([ROUTER], "masakari/1") is None
    assert mysql_shared.read([{**ROUTER, "allowed_units": "masakari/10"}], "masakari/1") is None


def test_a_database_under_upgrade_waits():
    assert (
        mysql_shared.read([{**ROUTER, "cluster-series-upgrading": "True"}], "masakari/0") is None
    )


def test_the_authority_is_text():
    pem = "-----BEGIN CERTIFICATE-----\n"
    database = mysql_shared.read(
        [{**ROUTER, "ssl_ca": base64.b64encode(pem.encode()).decode()}], "masakari/0"
    )
    assert database is not None
    assert database.tls.authority == pem


def test_a_password_is_not_shown():
    assert "tR5" not in repr(mysql_shared.read([ROUTER], "masakari/0"))
