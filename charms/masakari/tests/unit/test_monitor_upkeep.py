# Copyright 2026 The instance-ha developers
# SPDX-License-Identifier: Apache-2.0

"""What the cluster is told about a host in planned work."""

import socket

import pytest

from fencing_monitor import pacemaker, upkeep

RESOURCES = """
<resources>
  <primitive id="h1" class="ocf" provider="pacemaker" type="remote">
    <instance_attributes id="h1-i">
      <nvpair id="h1-s" name="server" value="127.0.0.1"/>
      <nvpair id="h1-p" name="port" value="{port}"/>
    </instance_attributes>
    <meta_attributes id="h1-m">
      <nvpair id="h1-m-m" name="is-managed" value="{managed}"/>
    </meta_attributes>
  </primitive>
  <primitive id="h2" class="ocf" provider="pacemaker" type="remote"/>
</resources>
"""


@pytest.fixture
def told(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, ...]]:
    told: list[tuple[str, ...]] = []

    def run(*argv: str) -> str:
        told.append(argv)
        return RESOURCES.format(port=3121, managed="false")

    monkeypatch.setattr(pacemaker, "run", run)
    return told


def test_a_host_is_watched_unless_its_connection_is_unmanaged(told: object):
    assert (upkeep.is_watched("h1"), upkeep.is_watched("h2")) == (False, True)


def test_a_host_that_the_cluster_does_not_have_is_named(told: object):
    with pytest.raises(pacemaker.PacemakerError, match="no remote named h3"):
        upkeep.is_watched("h3")


def test_the_parameter_is_set_and_taken_away(told: list[tuple[str, ...]]):
    upkeep.set_watched("h1", False)
    upkeep.set_watched("h1", True)
    begin = ("crm_resource", "--resource", "h1", "--meta")
    assert told == [
        (*begin, "--set-parameter", "is-managed", "--parameter-value", "false"),
        (*begin, "--delete-parameter", "is-managed"),
    ]


def test_a_host_answers_where_the_cluster_connects_to(monkeypatch: pytest.MonkeyPatch):
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        text = RESOURCES.format(port=port, managed="true")
        monkeypatch.setattr(pacemaker, "run", lambda *argv: text)
        assert upkeep.answers("h1")
    assert not upkeep.answers("h1")
