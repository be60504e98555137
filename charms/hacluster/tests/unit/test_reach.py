# Copyright 2026 The instance-ha developers
# SPDX-License-Identifier: Apache-2.0

"""Whether hosts answer."""

import socket

import pytest
from conftest import no_ipv6

import reach
from remotes import Watched


@pytest.mark.parametrize(
    ("family", "up", "down"),
    [
        (socket.AF_INET, "127.0.0.1", "127.0.0.2"),
        pytest.param(socket.AF_INET6, "::1", "fe80::1", marks=no_ipv6),
    ],
)
def test_those_answer_that_can_be_connected_to(
    monkeypatch: pytest.MonkeyPatch, family: socket.AddressFamily, up: str, down: str
):
    monkeypatch.setattr(reach, "_TIMEOUT", 0.2)
    with socket.create_server((up, 0), family=family) as server:
        monkeypatch.setattr(reach, "_PORT", server.getsockname()[1])
        hosts = (Watched("up", up), Watched("down", down))
        assert reach.answering(hosts) == {"up"}
    assert reach.answering(()) == frozenset()
