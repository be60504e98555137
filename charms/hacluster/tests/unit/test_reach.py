# Copyright 2026 The instance-ha developers
# SPDX-License-Identifier: Apache-2.0

"""Whether hosts answer."""

import socket

import pytest

import reach
from remotes import Watched


def test_those_answer_that_can_be_connected_to(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(reach, "_TIMEOUT", 0.2)
    with socket.create_server(("127.0.0.1", 0)) as server:
        monkeypatch.setattr(reach, "_PORT", server.getsockname()[1])
        hosts = (Watched("up", "127.0.0.1"), Watched("down", "127.0.0.2"))
        assert reach.answering(hosts) == {"up"}
    assert reach.answering(()) == frozenset()
