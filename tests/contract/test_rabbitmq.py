# Copyright 2026 The instance-ha developers
# SPDX-License-Identifier: Apache-2.0

"""`amqp`: what the predecessors' masakari wrote, and what rabbitmq-server answers."""

import base64

from instance_ha.interfaces import rabbitmq

REQUEST = {"username": "masakari", "vhost": "masakari", "private-address": "10.0.3.21"}
UNITS = [
    {
        "clustered": "rabbitmq-server-0",
        "ha_queues": "True",
        "hostname": "10.0.3.31",
        "password": "j8Hs2Kd",
        "private-address": "10.0.0.31",
    },
    {
        "ha_queues": "True",
        "hostname": "10.0.3.30",
        "password": "j8Hs2Kd",
        "private-address": "10.0.0.30",
    },
]


def request() -> rabbitmq.Request:
    return rabbitmq.Request(username="masakari", vhost="masakari", private_address="10.0.3.21")


def test_a_request_is_written_as_rabbitmq_expects_it():
    assert rabbitmq.write(request()) == REQUEST


def test_every_host_is_named_in_the_url():
    broker = rabbitmq.read(UNITS)
    assert broker is not None
    assert broker.url(request()) == (
        "rabbit://masakari:j8Hs2Kd@10.0.3.30:5672,masakari:j8Hs2Kd@10.0.3.31:5672/masakari"
    )


def test_a_unit_without_password_is_not_ready():
    broker = rabbitmq.read([UNITS[0], {"hostname": "10.0.3.32"}])
    assert broker is not None
    assert broker.hosts == ("10.0.3.31",)
    assert rabbitmq.read([{"hostname": "10.0.3.32"}]) is None


def test_a_unit_that_names_no_host_is_reached_at_its_address():
    broker = rabbitmq.read([{"password": "j8Hs2Kd", "private-address": "10.0.0.30"}])
    assert broker is not None
    assert broker.hosts == ("10.0.0.30",)


def test_a_virtual_address_counts_only_when_it_is_the_only_way():
    with_vip = [{**unit, "vip": "10.0.3.200"} for unit in UNITS]
    several = rabbitmq.read(with_vip)
    assert several is not None
    assert len(several.hosts) == 2
    one = rabbitmq.read([{**unit, "ha-vip-only": "True"} for unit in with_vip])
    assert one is not None
    assert one.hosts == ("10.0.3.200",)


def test_the_encrypted_port_is_used_where_there_is_one():
    broker = rabbitmq.read([{**UNITS[0], "ssl_port": "5671"}])
    assert broker is not None
    assert "@10.0.3.31:5671/" in broker.url(request())


def test_a_password_is_not_shown():
    assert "j8Hs2Kd" not in repr(rabbitmq.read(UNITS))


def test_an_authority_is_text_whether_it_was_encoded_or_not():
    pem = "-----BEGIN CERTIFICATE-----\n"
    encoded = base64.b64encode(pem.encode()).decode()
    for text in (pem, encoded):
        broker = rabbitmq.read([{**unit, "ssl_port": "5671", "ssl_ca": text} for unit in UNITS])
        assert broker is not None
        assert (broker.ssl_port, broker.authority) == (5671, pem)
