# Copyright 2026 The instance-ha developers
# SPDX-License-Identifier: Apache-2.0

"""The ring."""

import pathlib
from collections.abc import Callable

import pytest
from conftest import Shell

import corosync


def ring_of(count: int, **values: object) -> corosync.Ring:
    nodes = [
        corosync.Node(1000 + number, f"node-{'abcd'[number]}", f"10.0.0.{number + 1}")
        for number in range(count)
    ]
    return corosync.Ring("hacluster", "knet", frozenset(nodes), **values)  # type: ignore[arg-type]


@pytest.fixture
def etc(tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch) -> pathlib.Path:
    monkeypatch.setattr(corosync, "CONF", tmp_path / "corosync.conf")
    monkeypatch.setattr(corosync, "AUTHKEY", tmp_path / "authkey")
    return tmp_path


def test_a_ring_of_three_is_encrypted_and_names_its_members(data: Callable[[str], str]):
    assert corosync.render(ring_of(3)) == data("three-nodes.conf")


def test_a_cluster_of_two_may_go_on_with_one_and_a_cluster_of_three_may_not():
    assert "two_node: 1" in corosync.render(ring_of(2, two_node=True))
    assert "two_node" not in corosync.render(ring_of(2))
    assert "two_node" not in corosync.render(ring_of(3, two_node=True))


def test_the_members_of_a_ring_are_read_back():
    ring = ring_of(3)
    assert corosync.nodes_of(corosync.render(ring)) == ring.nodes
    assert corosync.nodes_of(corosync.SAFE_CONF) == frozenset()


def test_the_predecessors_members_have_no_names():
    text = "nodelist {\n node {\n  ring0_addr: 10.0.0.1\n  nodeid: 1000\n }\n}\n"
    assert corosync.nodes_of(text) == {corosync.Node(1000, "10.0.0.1", "10.0.0.1")}


@pytest.mark.parametrize(
    ("code", "said", "joined"),
    [(0, "joined", True), (0, "left", False), (1, "", False)],
)
def test_corosync_knows_who_is_in_contact(shell: Shell, code: int, said: str, joined: bool):
    key = "runtime.members.1002.status"
    shell.answer(corosync.CMAPCTL, "-g", key, stdout=f"{key} (str) = {said}\n", returncode=code)
    assert corosync.is_joined(1002) is joined


def test_udpu_goes_without_encryption_because_corosync_insists():
    conf = corosync.render(corosync.Ring("x", "udpu", frozenset(), netmtu=9000))
    assert "crypto_cipher: none" in conf
    assert "netmtu: 9000" in conf


def test_the_time_to_notice_a_loss_is_the_operators():
    conf = corosync.render(ring_of(3, token=3000))
    assert "token: 3000" in conf
    assert "consensus: 3600" in conf
    assert "consensus: 5000" in corosync.render(ring_of(3, token=3000, consensus=5000))


def test_members_with_two_addresses_have_two_links():
    nodes = {
        corosync.Node(1000 + n, f"node-{n}", f"10.0.0.{n}", (f"10.1.0.{n}", f"fd00::{n}"))
        for n in range(3)
    }
    ring = corosync.Ring("x", "knet", frozenset(nodes))
    conf = corosync.render(ring)
    assert "ring2_addr: fd00::1" in conf
    assert corosync.nodes_of(conf) == nodes
    assert "ring1_addr" not in corosync.render(corosync.Ring("x", "udpu", frozenset(nodes)))


def test_a_link_waits_for_the_last_member_to_have_it():
    late = corosync.Node(1003, "late", "10.0.0.3")
    early = corosync.Node(1000, "early", "10.0.0.1", ("10.1.0.1",))
    conf = corosync.render(corosync.Ring("x", "knet", frozenset({late, early})))
    assert "ring1_addr" not in conf


def test_multicast_says_where_to():
    conf = corosync.render(
        corosync.Ring("x", "udp", frozenset(), multicast="226.94.1.1", multicast_port=5407)
    )
    assert "mcastaddr: 226.94.1.1" in conf
    assert "mcastport: 5407" in conf


@pytest.mark.parametrize(
    ("transport", "address", "said"),
    [("udp", "fd00::1", True), ("udp", "10.0.0.1", False), ("knet", "fd00::1", False)],
)
def test_multicast_over_ipv6_must_be_said(transport: str, address: str, said: bool):
    nodes = frozenset({corosync.Node(1000, "a", address)})
    conf = corosync.render(corosync.Ring("x", transport, nodes, multicast="ff15::1"))
    assert ("ip_version: ipv6" in conf) is said
    assert corosync.nodes_of(conf) == nodes


def test_the_safe_configuration_makes_no_ring():
    assert corosync.transport_of(corosync.SAFE_CONF) is None


def test_the_transport_of_a_ring_in_place_is_read_back():
    assert corosync.transport_of(corosync.render(ring_of(3))) == "knet"
    assert corosync.transport_of("nodelist {\n}\ntotem {\n transport: udpu\n}") == "udpu"
    assert corosync.transport_of("nodelist {\n}\n") == "knet"


def test_the_safe_configuration_never_replaces_a_ring(etc: pathlib.Path):
    corosync.CONF.write_text(corosync.render(ring_of(3)))
    assert not corosync.ensure_safe_conf()
    assert corosync.present_transport() == "knet"


def test_the_safe_configuration_replaces_a_file_without_a_ring(etc: pathlib.Path):
    assert corosync.ensure_safe_conf()
    assert not corosync.ensure_safe_conf()
    assert corosync.present_transport() is None


def test_a_running_corosync_reloads_a_changed_ring_and_does_not_restart(
    etc: pathlib.Path, shell: Shell
):
    shell.answer("/usr/bin/systemctl", "show", stdout="Id=corosync.service\nActiveState=active\n")
    shell.answer(corosync.CFGTOOL, "-R")
    assert corosync.ensure_ring(ring_of(3), b"k" * 256)
    assert not corosync.ensure_ring(ring_of(3), b"k" * 256)
    assert shell.called(corosync.CFGTOOL) == [(corosync.CFGTOOL, "-R")]
    assert corosync.AUTHKEY.stat().st_mode & 0o777 == 0o400


def test_a_stopped_corosync_is_left_alone(etc: pathlib.Path, shell: Shell):
    shell.answer(
        "/usr/bin/systemctl", "show", stdout="Id=corosync.service\nActiveState=inactive\n"
    )
    corosync.ensure_ring(ring_of(3), b"k" * 256)
    assert not shell.called(corosync.CFGTOOL)


def test_leaving_removes_key_and_ring(etc: pathlib.Path):
    corosync.CONF.write_text("x")
    corosync.AUTHKEY.write_bytes(b"x")
    corosync.forget()
    assert list(etc.iterdir()) == []


def test_a_ring_is_whole_when_all_are_in_contact(monkeypatch: pytest.MonkeyPatch):
    joined = {1000, 1001}
    monkeypatch.setattr(corosync, "is_joined", joined.__contains__)
    assert corosync.is_whole(ring_of(2))
    assert not corosync.is_whole(ring_of(3))


@pytest.mark.parametrize(
    ("total", "quorum", "dispensable"),
    [(3, 2, True), (2, 2, False), (4, 3, True), (3, 3, False), (2, 1, True), (1, 2, True)],
    ids=["3 of 3", "2 of 3", "4 of 4", "3 of 4", "2 of 2 with two_node", "no quorum anyway"],
)
def test_a_member_may_leave_when_the_others_keep_their_quorum(
    shell: Shell, total: int, quorum: int, dispensable: bool
):
    said = f"Quorum provider:  corosync_votequorum\nTotal votes:      {total}\nQuorum:           {quorum}  \n"
    shell.answer(corosync.QUORUMTOOL, "-s", "-p", stdout=said, returncode=1)
    assert corosync.is_dispensable() is dispensable


def test_one_that_is_in_no_ring_may_leave(shell: Shell):
    shell.answer(corosync.QUORUMTOOL, stderr="Cannot initialize QUORUM service", returncode=1)
    assert corosync.is_dispensable()
