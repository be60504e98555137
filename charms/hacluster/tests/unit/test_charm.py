# Copyright 2026 The instance-ha developers
# SPDX-License-Identifier: Apache-2.0

"""The charm as Juju sees it. What it does to the system is noted, not done."""

import base64
import dataclasses
import xml.etree.ElementTree as ET
from collections.abc import Callable

import pytest
from conftest import DATA
from ops import testing

import access
import actions
import addresses
import agent
import bmc_tools
import corosync
import crm_mon
import fencing_actions
import leader
import matching
import member
import monitoring
import pacemaker
import plan
import survey
from charm import HaclusterCharm
from keys import Keys

KEY = base64.b64encode(b"k" * 256).decode()
EMPTY = "<cib><configuration><crm_config/><resources/></configuration></cib>"
EVENTS = ["install", "start", "config_changed", "upgrade_charm", "update_status", "leader_elected"]
RECORDED = {
    "json_resources": '{"vip":"ocf:heartbeat:IPaddr2"}',
    "json_resource_params": '{"vip":" params ip=\\"10.0.0.100\\""}',
    "json_delete_resources": '["old_vip"]',
}


class World:
    """Stands for the machine and the cluster."""

    def __init__(self) -> None:
        self.formed = False
        self.left = False
        self.joins = True
        self.rings: list[corosync.Ring] = []
        self.desires: list[leader.Desires] = []
        self.fencing = True
        self.access = access.Access()
        self.tools: frozenset[str] = frozenset()
        self.missing: tuple[str, ...] = ()
        self.done: list[str] = []
        self.nodes: dict[str, int] = {}
        self.guard: agent.Guard | None = None
        self.report = matching.Report({})

    @property
    def status(self) -> crm_mon.Status | None:
        """What crm_mon says."""
        if not self.formed:
            return None
        nodes = tuple(
            crm_mon.Node(name, str(number), True, False, False, False, False, 1)
            for name, number in self.nodes.items()
        )
        resource = crm_mon.Resource("vip", (), True, False, ("juju-a",))
        nodes += tuple(
            crm_mon.Node(name, name, True, False, False, False, True, 0)
            for name in ("node1.maas", "node2.maas")
        )
        return crm_mon.Status("juju-a", True, False, self.fencing, nodes, (resource,))

    def join(self, ring: corosync.Ring, _: Keys, node: str, *, take_up: bool = True) -> bool:
        """Stand for ``member.join``."""
        self.rings.append(ring)
        self.formed = self.joins
        self.nodes = {each.name: each.id for each in ring.nodes}
        return self.joins

    def configure(self, desires: leader.Desires) -> bool:
        """Stand for ``leader.configure``."""
        self.desires.append(desires)
        return len(self.desires) == 1


@pytest.fixture
def world(monkeypatch: pytest.MonkeyPatch) -> World:
    found = World()

    def note(name: str) -> Callable[..., None]:
        return lambda *_, **__: found.done.append(name)

    for name in ("install", "wait_outside", "leave", "uninstall", "ensure_drop_ins"):
        monkeypatch.setattr(member, name, note(name))
    monkeypatch.setattr(monitoring, "reconcile", note("monitor"))
    monkeypatch.setattr(monitoring, "forget", note("monitor no more"))
    monkeypatch.setattr(addresses, "ensure", note("addresses"))
    monkeypatch.setattr(addresses, "forget", note("addresses no more"))
    monkeypatch.setattr(member, "leave_to_cluster", note("leave_to_cluster"))
    monkeypatch.setattr(member, "workload_version", lambda: "3.0.0")
    monkeypatch.setattr(member, "is_formed", lambda: found.formed)
    monkeypatch.setattr(member, "has_left", lambda: found.left)
    monkeypatch.setattr(member, "present_keys", lambda: None)
    monkeypatch.setattr(member, "leavers", lambda _: frozenset())
    monkeypatch.setattr(member, "join", found.join)
    monkeypatch.setattr(access, "ensure", lambda given: setattr(found, "access", given))
    monkeypatch.setattr(bmc_tools, "ensure", lambda kinds: setattr(found, "tools", kinds))
    monkeypatch.setattr(bmc_tools, "missing", lambda _: found.missing)
    monkeypatch.setattr(corosync, "present_transport", lambda: "knet" if found.formed else None)
    monkeypatch.setattr(
        corosync, "present_nodes", lambda: found.rings[-1].nodes if found.rings else frozenset()
    )
    monkeypatch.setattr(leader, "configure", found.configure)
    monkeypatch.setattr(survey, "ask", lambda *_: found.report)
    monkeypatch.setattr(agent, "now", lambda _: found.guard)
    monkeypatch.setattr(pacemaker, "status", lambda: found.status)
    monkeypatch.setattr(pacemaker, "settle", note("settle"))
    monkeypatch.setattr(pacemaker, "version", lambda: "0.7")
    monkeypatch.setattr(pacemaker, "configuration", lambda: ET.fromstring(EMPTY))
    monkeypatch.setattr("crmsh.translate", lambda _: plan.Part())
    monkeypatch.setattr("socket.gethostname", lambda: "juju-a")
    return found


@pytest.fixture
def ctx() -> testing.Context[HaclusterCharm]:
    return testing.Context(HaclusterCharm, app_name="hacluster", unit_id=0)


PEERS = {
    1: {"hostname": "juju-b", "private-address": "10.0.0.2", "ready": "True"},
    2: {"hostname": "juju-c", "private-address": "10.0.0.3", "ready": "True"},
}


def state(
    *, peers: dict[int, dict[str, str]] | None = None, is_leader: bool = True, **values: object
) -> testing.State:
    """Return the state of a unit of three with a principal."""
    secret = testing.Secret(
        {"corosync-key": KEY, "pacemaker-key": KEY}, owner="app", label="cluster-keys"
    )
    relation = testing.PeerRelation(
        "hanode",
        peers_data=PEERS if peers is None else peers,
        local_app_data={"keys-secret": secret.id},
    )
    principal = testing.SubordinateRelation(
        "ha", remote_app_name="masakari", remote_unit_data=RECORDED
    )
    network = testing.Network("hanode", [testing.BindAddress([testing.Address("10.0.0.1")])])
    given: dict[str, object] = {
        "relations": {relation, principal},
        "networks": {network},
        "secrets": {secret},
        "leader": is_leader,
        **values,
    }
    return testing.State(**given)  # type: ignore[arg-type]


def data(out: testing.State, endpoint: str) -> dict[str, str]:
    (relation,) = out.get_relations(endpoint)
    return dict(relation.local_unit_data)


def published(out: testing.State, endpoint: str, *keys: str) -> dict[str, str | None]:
    found = data(out, endpoint)
    return {key: found.get(key) for key in keys}


def test_the_leader_writes_down_who_is_in_the_ring(
    ctx: testing.Context[HaclusterCharm], world: World
):
    out = ctx.run(ctx.on.update_status(), state())
    (relation,) = out.get_relations("hanode")
    assert isinstance(relation, testing.PeerRelation)
    assert relation.local_app_data["ring"] == "1000 1001 1002"


@pytest.mark.parametrize("event", EVENTS)
def test_the_state_decides_not_the_event(
    ctx: testing.Context[HaclusterCharm], world: World, event: str
):
    out = ctx.run(getattr(ctx.on, event)(), state())
    assert out.unit_status == testing.ActiveStatus("Unit is ready and clustered")
    assert out.workload_version == "3.0.0"


def test_no_member_before_enough_are_ready(ctx: testing.Context[HaclusterCharm], world: World):
    out = ctx.run(ctx.on.config_changed(), state(peers={1: PEERS[1]}))
    assert out.unit_status == testing.BlockedStatus(
        "Insufficient peer units for ha cluster (require 3)"
    )
    assert world.rings == []
    assert "wait_outside" in world.done
    assert "clustered" not in data(out, "ha")


def test_enough_make_an_encrypted_ring(ctx: testing.Context[HaclusterCharm], world: World):
    ctx.run(ctx.on.config_changed(), state())
    (ring,) = world.rings
    assert ring.transport == "knet"
    assert {(node.id, node.name) for node in ring.nodes} == {
        (1000, "juju-a"),
        (1001, "juju-b"),
        (1002, "juju-c"),
    }
    assert not ring.two_node


def test_members_tell_each_other_in_bare_words(ctx: testing.Context[HaclusterCharm], world: World):
    out = ctx.run(ctx.on.config_changed(), state())
    assert published(out, "hanode", "hostname", "private-address", "ready", "member_ready") == {
        "hostname": "juju-a",
        "private-address": "10.0.0.1",
        "ready": "True",
        "member_ready": "True",
    }
    assert data(out, "hanode")["ring"] == "1000 1001 1002"


def test_the_principal_hears_the_bare_word(ctx: testing.Context[HaclusterCharm], world: World):
    out = ctx.run(ctx.on.config_changed(), state())
    assert data(out, "ha")["clustered"] == "yes"


def test_the_principal_hears_nothing_before_the_cluster_has_taken_the_member_in(
    ctx: testing.Context[HaclusterCharm], world: World
):
    world.joins = False
    out = ctx.run(ctx.on.config_changed(), state())
    assert "clustered" not in data(out, "ha")
    assert world.desires == []


def test_the_leader_makes_the_keys_once(ctx: testing.Context[HaclusterCharm], world: World):
    relation = testing.PeerRelation("hanode", peers_data=PEERS)
    network = testing.Network("hanode", [testing.BindAddress([testing.Address("10.0.0.1")])])
    given = testing.State(relations={relation}, networks={network}, leader=True)
    out = ctx.run(ctx.on.config_changed(), given)
    (secret,) = out.secrets
    assert secret.label == "cluster-keys"
    content = secret.latest_content or secret.tracked_content
    assert {len(base64.b64decode(value)) for value in content.values()} == {256}
    assert content["corosync-key"] != content["pacemaker-key"]
    again = ctx.run(ctx.on.config_changed(), out)
    assert len(again.secrets) == 1


def test_keys_that_the_operator_gave_become_the_clusters(
    ctx: testing.Context[HaclusterCharm], world: World
):
    relation = testing.PeerRelation("hanode", peers_data=PEERS)
    network = testing.Network("hanode", [testing.BindAddress([testing.Address("10.0.0.1")])])
    given = testing.State(
        config={"corosync_key": KEY}, relations={relation}, networks={network}, leader=True
    )
    (secret,) = ctx.run(ctx.on.config_changed(), given).secrets
    content = secret.latest_content or secret.tracked_content
    assert content == {"corosync-key": KEY, "pacemaker-key": KEY}


def test_a_cluster_that_the_predecessor_formed_keeps_its_keys(
    ctx: testing.Context[HaclusterCharm], world: World, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(member, "present_keys", lambda: Keys(b"r" * 128, b"p" * 128))
    given = state(secrets=set(), relations={testing.PeerRelation("hanode", peers_data=PEERS)})
    (secret,) = ctx.run(ctx.on.upgrade_charm(), given).secrets
    made = {name: base64.b64decode(text) for name, text in (secret.latest_content or {}).items()}
    assert made == {"corosync-key": b"r" * 128, "pacemaker-key": b"p" * 128}


def test_others_wait_for_the_leaders_keys(ctx: testing.Context[HaclusterCharm], world: World):
    relation = testing.PeerRelation("hanode", peers_data=PEERS)
    out = ctx.run(ctx.on.config_changed(), testing.State(relations={relation}))
    assert out.unit_status == testing.WaitingStatus(
        "Waiting for the leader to make the cluster's keys"
    )


def test_only_the_leader_configures_the_cluster(
    ctx: testing.Context[HaclusterCharm], world: World
):
    ctx.run(ctx.on.config_changed(), state(is_leader=False))
    assert world.desires == []
    ctx.run(ctx.on.config_changed(), state())
    (desires,) = world.desires
    assert desires.members == {"juju-a", "juju-b", "juju-c"}
    assert desires.member_ids == {1000, 1001, 1002}
    assert desires.deleted == {"old_vip"}


def test_a_changed_cluster_wakes_the_peers(ctx: testing.Context[HaclusterCharm], world: World):
    out = ctx.run(ctx.on.config_changed(), state())
    assert data(out, "hanode")["configuration"] == "0.7"


def test_a_second_run_changes_nothing(ctx: testing.Context[HaclusterCharm], world: World):
    once = ctx.run(ctx.on.config_changed(), state())
    world.done.clear()
    twice = ctx.run(ctx.on.config_changed(), once)
    assert twice.relations == once.relations
    assert "settle" not in world.done


def remote(databag: dict[str, str]) -> testing.Relation:
    return testing.Relation(
        "pacemaker-remote", remote_app_name="pacemaker-remote", remote_units_data={0: databag}
    )


REMOTE = {
    "remote-hostname": '"node1.maas"',
    "remote-ip": '"10.0.0.10"',
    "stonith-hostname": '"node1.maas"',
    "enable-resources": "false",
}


def test_remotes_get_the_key_and_are_watched(ctx: testing.Context[HaclusterCharm], world: World):
    given = state()
    given = dataclasses.replace(given, relations={*given.relations, remote(REMOTE)})
    out = ctx.run(ctx.on.config_changed(), given)
    assert data(out, "pacemaker-remote")["pacemaker-key"] == KEY
    (watched,) = world.desires[0].remotes
    assert (watched.hostname, watched.address, watched.runs_resources) == (
        "node1.maas",
        "10.0.0.10",
        False,
    )


def test_that_fencing_is_off_because_every_host_declines_it_is_said(
    ctx: testing.Context[HaclusterCharm], world: World
):
    world.fencing = False
    declining = remote({**REMOTE, "stonith-hostname": "null", "remote-hostname": '"node2.maas"'})
    given = state()
    for relations, words in (
        ({declining}, " (fencing is off: no host asks for it)"),
        ({declining, remote(REMOTE)}, ""),
        ((), ""),
    ):
        has = dataclasses.replace(given, relations={*given.relations, *relations})
        status = ctx.run(ctx.on.config_changed(), has).unit_status
        assert status == testing.ActiveStatus(f"Unit is ready and clustered{words}")


def test_a_remote_that_has_not_told_enough_is_left_out(
    ctx: testing.Context[HaclusterCharm], world: World
):
    given = state()
    given = dataclasses.replace(given, relations={*given.relations, remote({"remote-ip": '"x"'})})
    ctx.run(ctx.on.config_changed(), given)
    assert world.desires[0].remotes == ()


def test_fencing_that_is_not_certain_is_the_leaders_status(
    ctx: testing.Context[HaclusterCharm], world: World
):
    world.report = matching.Report({}, ("MAAS: the API key is refused",))
    out = ctx.run(ctx.on.update_status(), state())
    assert out.unit_status == testing.BlockedStatus(
        "Fencing not certain: MAAS: the API key is refused"
    )
    assert world.desires[0].report is world.report


def test_the_key_of_maas_is_kept_on_every_member(
    ctx: testing.Context[HaclusterCharm], world: World
):
    ctx.run(ctx.on.config_changed(), state(is_leader=False, config={"maas_credentials": "a:b:c"}))
    assert world.access.maas_key == "a:b:c"


def test_whom_to_trust_as_maas_may_be_pem_or_base64(
    ctx: testing.Context[HaclusterCharm], world: World
):
    pem = (DATA / "maas-tls.pem").read_text()
    pem = pem[pem.index("-----BEGIN CERT") :].partition("-----END CERT")[0]
    pem += "-----END CERTIFICATE-----\n"
    for given in (pem, base64.b64encode(pem.encode()).decode()):
        ctx.run(ctx.on.config_changed(), state(config={"maas_ca": given}))
        assert world.access.maas_ca == pem


@pytest.mark.parametrize(
    ("given", "why"),
    [
        ("x", "not a certificate in PEM, in base64"),
        ("-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n", "not a certificate"),
    ],
)
def test_what_is_no_certificate_is_for_the_operator(
    ctx: testing.Context[HaclusterCharm], world: World, given: str, why: str
):
    out = ctx.run(ctx.on.config_changed(), state(config={"maas_ca": given}))
    assert out.unit_status == testing.BlockedStatus(f"maas_ca: {why}")


def test_the_key_of_maas_may_be_a_secret(ctx: testing.Context[HaclusterCharm], world: World):
    secret = testing.Secret({"api-key": "a:b:c"})
    given = state(config={"maas_credentials": secret.id})
    given = dataclasses.replace(given, secrets={*given.secrets, secret})
    ctx.run(ctx.on.config_changed(), given)
    assert world.access.maas_key == "a:b:c"


def test_a_secret_that_is_only_looked_at_is_not_followed(
    ctx: testing.Context[HaclusterCharm], world: World
):
    """A hook's last look would keep Juju from telling of what changed since the hook put it to use."""
    secret = testing.Secret({"api-key": "a:b:old"}, latest_content={"api-key": "a:b:new"})
    given = state(config={"maas_credentials": secret.id})
    given = dataclasses.replace(given, secrets={*given.secrets, secret})
    world.formed, world.nodes = True, {"juju-a": 1000, "juju-b": 1001}
    out = ctx.run(ctx.on.action("update-ring", params={"i-really-mean-it": True}), given)
    assert out.get_secret(id=secret.id).tracked_content == {"api-key": "a:b:old"}
    out = ctx.run(ctx.on.config_changed(), given)
    assert out.get_secret(id=secret.id).tracked_content == {"api-key": "a:b:new"}
    assert world.access.maas_key == "a:b:new"


BMCS = """
defaults: {kind: ipmi, username: fencing, password: its-secret}
hosts:
  node1: {address: 10.0.9.1}
  node7: {address: 10.0.9.7}
"""


def with_bmcs(text: str = BMCS, key: str = "credentials", **values: object) -> testing.State:
    secret = testing.Secret({key: text})
    given = state(config={"bmc_credentials": secret.id}, **values)
    return dataclasses.replace(given, secrets={*given.secrets, secret})


def test_hosts_bmcs_are_kept_on_every_member_and_told_to_the_leaders_plan(
    ctx: testing.Context[HaclusterCharm], world: World
):
    ctx.run(ctx.on.config_changed(), with_bmcs(is_leader=False))
    assert set(world.access.bmcs) == {"node1", "node7"}
    assert world.tools == {"ipmi"}
    assert world.desires == []
    ctx.run(ctx.on.config_changed(), with_bmcs())
    assert world.desires[0].bmcs == {"node1", "node7"}


def test_a_bmc_of_a_host_that_nobody_knows_is_told(
    ctx: testing.Context[HaclusterCharm], world: World
):
    given = with_bmcs()
    given = dataclasses.replace(given, relations={*given.relations, remote(REMOTE)})
    out = ctx.run(ctx.on.config_changed(), given)
    assert out.unit_status == testing.WaitingStatus(
        "bmc_credentials: no host of this name yet: node7"
    )


@pytest.mark.parametrize(
    ("text", "key", "said"),
    [
        (BMCS, "hosts", "the secret has no credentials"),
        ("hosts: [", "credentials", "not YAML (line 1)"),
        ("hosts: {h: {kind: ipmi}}", "credentials", "hosts.h.address: Field required"),
    ],
)
def test_bmcs_that_cannot_be_used_are_for_the_operator(
    ctx: testing.Context[HaclusterCharm], world: World, text: str, key: str, said: str
):
    out = ctx.run(ctx.on.config_changed(), with_bmcs(text, key))
    assert out.unit_status == testing.BlockedStatus(f"bmc_credentials: {said}")
    assert world.desires == []


def test_bmcs_in_a_plain_option_are_refused(ctx: testing.Context[HaclusterCharm], world: World):
    out = ctx.run(ctx.on.config_changed(), state(config={"bmc_credentials": BMCS}))
    assert out.unit_status == testing.BlockedStatus(
        "bmc_credentials: must be the URI of a secret (secret:...); passwords are no options"
    )


def test_an_agent_that_a_bmc_needs_and_is_not_there_is_told(
    ctx: testing.Context[HaclusterCharm], world: World
):
    world.missing = ("fence_ipmilan",)
    out = ctx.run(ctx.on.config_changed(), with_bmcs(is_leader=False))
    assert out.unit_status == testing.BlockedStatus(
        "Fencing not certain: fence_ipmilan is not installed here"
    )


def test_a_secret_without_grant_is_for_the_operator(
    ctx: testing.Context[HaclusterCharm], world: World
):
    out = ctx.run(ctx.on.config_changed(), state(config={"maas_credentials": "secret:nosuch"}))
    assert out.unit_status == testing.BlockedStatus(
        "maas_credentials: grant the secret to this application"
    )


@pytest.mark.parametrize(
    ("config", "message"),
    [
        ({"stonith_enabled": "True"}, "stonith_enabled config option is no longer supported"),
        ({"no_quorum_policy": "panic"}, "Invalid no_quorum_policy specified"),
        ({"cluster_count": 0}, "cluster_count: Input should be greater than or equal to 1"),
    ],
)
def test_a_senseless_option_is_for_the_operator(
    ctx: testing.Context[HaclusterCharm],
    world: World,
    config: dict[str, str | int],
    message: str,
):
    world.formed = True
    out = ctx.run(ctx.on.config_changed(), state(config=config))
    assert out.unit_status == testing.BlockedStatus(message)
    assert "wait_outside" not in world.done  # a running cluster goes on as it was


def test_a_request_that_makes_no_sense_is_the_status_and_changes_nothing(
    ctx: testing.Context[HaclusterCharm], world: World
):
    given = state()
    (principal,) = given.get_relations("ha")
    bad = testing.SubordinateRelation(
        "ha",
        remote_app_name="masakari",
        remote_unit_data={"json_resources": '{"x; reboot":"ocf:a:b"}'},
    )
    given = dataclasses.replace(given, relations={*given.relations - {principal}, bad})
    out = ctx.run(ctx.on.config_changed(), given)
    assert out.unit_status.name == "blocked"
    assert out.unit_status.message.startswith("Request of the principal refused: ")
    assert world.desires[0].principal is None


def test_a_unit_on_its_way_out_leaves_first_and_touches_nothing_else(world: World):
    ctx = testing.Context(HaclusterCharm, app_name="hacluster", unit_id=3)
    given = state()
    (peers,) = given.get_relations("hanode")
    world.formed = True
    event = ctx.on.relation_departed(peers, remote_unit=1, departing_unit=3)  # type: ignore[arg-type]
    ctx.run(event, given)
    assert world.done == ["leave"]
    assert world.desires == []


def test_another_unit_on_its_way_out_is_struck_from_the_ring(
    ctx: testing.Context[HaclusterCharm], world: World
):
    given = state(peers={1: PEERS[1]})
    (peers,) = given.get_relations("hanode")
    world.formed = True
    event = ctx.on.relation_departed(peers, remote_unit=2, departing_unit=2)  # type: ignore[arg-type]
    ctx.run(event, given)
    assert {node.id for node in world.rings[-1].nodes} == {1000, 1001}


def test_a_unit_that_has_left_stays_out(ctx: testing.Context[HaclusterCharm], world: World):
    world.left = True
    out = ctx.run(ctx.on.update_status(), state())
    assert out.unit_status == testing.MaintenanceStatus("Leaving the cluster")
    assert world.done == []


def test_stopping_removes_all_traces(ctx: testing.Context[HaclusterCharm], world: World):
    ctx.run(ctx.on.stop(), state())
    assert world.done == ["monitor no more", "uninstall", "addresses no more"]


def test_the_address_must_be_of_the_right_family(
    ctx: testing.Context[HaclusterCharm], world: World
):
    out = ctx.run(ctx.on.config_changed(), state(config={"prefer-ipv6": True}))
    assert out.unit_status == testing.BlockedStatus(
        "No IPv6 address in the space that hanode is bound to"
    )


@pytest.mark.parametrize("action", ["update-ring", "delete-node-from-ring"])
def test_the_ring_is_the_leaders(ctx: testing.Context[HaclusterCharm], world: World, action: str):
    params = {"i-really-mean-it": True} if action == "update-ring" else {"node": "x"}
    with pytest.raises(testing.ActionFailed, match="only the Juju leader can run this action"):
        ctx.run(ctx.on.action(action, params=params), state(is_leader=False))


def test_update_ring_wants_to_be_meant(ctx: testing.Context[HaclusterCharm], world: World):
    with pytest.raises(testing.ActionFailed, match="i-really-mean-it is a required parameter"):
        ctx.run(ctx.on.action("update-ring", params={"i-really-mean-it": False}), state())


def test_update_ring_leaves_units_alone(ctx: testing.Context[HaclusterCharm], world: World):
    world.formed = True
    world.nodes = {"juju-a": 1000, "juju-b": 1001}
    out = ctx.run(ctx.on.action("update-ring", params={"i-really-mean-it": True}), state())
    assert ctx.action_results == {"result": "No changes required."}
    assert data(out, "hanode")["trigger-corosync-update"]


# Fencing


def test_what_is_held_is_in_every_units_status(ctx: testing.Context[HaclusterCharm], world: World):
    world.formed = True
    world.guard = agent.Guard("held", 1, ("h1", "h2"), ("h1", "h2"), (), False, 0.0)
    out = ctx.run(ctx.on.update_status(), state(is_leader=False))
    assert out.unit_status == testing.BlockedStatus(
        "Fencing held: 2 of 2 hosts lost at once (h1, h2 not fenced);"
        " see to the network, then run release-fencing"
    )


PARAMS = {
    "fencing-status": {},
    "validate-fencing": {},
    "release-fencing": {"duration": 60},
    "confirm-fenced": {"node": "h1", "i-really-mean-it": True},
    "set-node-maintenance": {"node": "h1", "maintenance": True},
}


@pytest.mark.parametrize("name", PARAMS)
def test_fencing_can_be_seen_and_handled_on_any_unit(
    ctx: testing.Context[HaclusterCharm],
    world: World,
    monkeypatch: pytest.MonkeyPatch,
    name: str,
):
    asked: list[tuple[str, dict[str, object]]] = []

    def perform(name: str, params: dict[str, object]) -> dict[str, str]:
        asked.append((name, dict(params)))
        return {"result": "done"}

    monkeypatch.setattr(fencing_actions, "perform", perform)
    ctx.run(ctx.on.action(name, params=PARAMS[name]), state(is_leader=False))
    assert ctx.action_results == {"result": "done"}
    ((called, params),) = asked
    assert called == name.replace("-", "_")
    assert PARAMS[name].items() <= params.items()


def test_an_action_that_fails_shows_what_it_has_all_the_same(
    ctx: testing.Context[HaclusterCharm], world: World, monkeypatch: pytest.MonkeyPatch
):
    def perform(*_: object) -> dict[str, str]:
        raise actions.ActionError("h1 could not be fenced", {"table": "h1: locked"})

    monkeypatch.setattr(fencing_actions, "perform", perform)
    with pytest.raises(testing.ActionFailed, match="h1 could not be fenced"):
        ctx.run(ctx.on.action("validate-fencing"), state())
    assert ctx.action_results == {"table": "h1: locked"}


def test_names_in_maas_instead_of_addresses_are_refused_in_words(
    ctx: testing.Context[HaclusterCharm], world: World
):
    world.formed = True
    request = {"json_resources": '{"res_x_public_hostname":"ocf:maas:dns"}'}
    principal = testing.SubordinateRelation("ha", remote_unit_data=request)
    given = state(is_leader=False)
    relations = {given.get_relations("hanode")[0], principal}
    out = ctx.run(ctx.on.update_status(), dataclasses.replace(given, relations=relations))
    assert "DNS HA (ocf:maas:dns) is not supported" in out.unit_status.message
