# Copyright 2026 The instance-ha developers
# SPDX-License-Identifier: Apache-2.0

import pathlib

import pytest
from machine import Machine

import haproxy
from config import Config
from instance_ha import command

DATA = pathlib.Path(__file__).parent / "data"
SERVERS = [
    haproxy.Server("masakari-1", "10.77.3.102"),
    haproxy.Server("masakari-0", "10.77.3.101"),
]


def render(*servers: haproxy.Server, **options: object) -> str:
    config = Config.model_validate(options)
    return haproxy.render(config, servers, port=15868, api_port=15858)


def test_the_whole_file():
    assert render(*SERVERS) == (DATA / "haproxy.cfg").read_text()


def test_the_order_of_the_peers_does_not_matter():
    assert render(*SERVERS) == render(*reversed(SERVERS))


def test_a_machine_without_version_six_binds_none():
    assert "bind *:15868\n" in render(*SERVERS)
    assert "bind :::15868 v4v6\n" in render(haproxy.Server("masakari-0", "fd00::1"))


def test_what_haproxy_refuses_is_not_written(machine: Machine):
    refused = command.CommandError("haproxy", 1, "parsing error")
    machine.answers[(haproxy.HAPROXY, "-c", "-f", "/dev/stdin")] = refused
    with pytest.raises(command.CommandError):
        haproxy.ensure("nonsense")
    assert not haproxy.CONF.exists()
