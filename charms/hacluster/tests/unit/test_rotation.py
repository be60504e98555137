# Copyright 2026 The instance-ha developers
# SPDX-License-Identifier: Apache-2.0

"""Keys that are replaced under a cluster that runs."""

import base64
import dataclasses
import xml.etree.ElementTree as ET
from collections.abc import Callable

import ops
import pytest
from ops import testing
from test_charm import KEY, PEERS, World, ctx, state, world
from test_spare import cluster as watching
from test_spare import managed, paused

import corosync
import crm_mon
import pacemaker
import rotation
import spare
import switching
from charm import HaclusterCharm
from instance_ha.command import CommandError
from instance_ha.interfaces import pacemaker_remote
from keys import Keys

__all__ = ["ctx", "world"]  # fixtures

Context = testing.Context[HaclusterCharm]

OLD = Keys(base64.b64decode(KEY), base64.b64decode(KEY))
NEW = Keys(b"n" * 256, b"m" * 256)
REMOTE = {
    "remote-hostname": '"virt-node-01.maas"',
    "remote-ip": '"10.0.0.21"',
    "stonith-hostname": "null",
    "enable-resources": "false",
}


class Cib:
    """The cluster's configuration, which takes every change."""

    def __init__(self) -> None:
        self.root = watching("virt-node-01.maas")

    def commit(self, build: Callable[[ET.Element], ET.Element]) -> bool:
        self.root = build(self.root)
        return True

    @property
    def managed(self) -> set[str]:
        return managed(self.root)


@pytest.fixture
def cib(monkeypatch: pytest.MonkeyPatch) -> Cib:
    found = Cib()
    monkeypatch.setattr(pacemaker, "configuration", lambda: found.root)
    monkeypatch.setattr(pacemaker, "commit", found.commit)
    return found


@pytest.fixture
def done(monkeypatch: pytest.MonkeyPatch, cib: Cib) -> list[str]:
    found: list[str] = []
    monkeypatch.setattr(corosync, "reload", lambda: found.append("reload"))
    monkeypatch.setattr(rotation, "outlast_caches", lambda: found.append("outlast"))
    return found


@pytest.fixture(autouse=True)
def cluster(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """Three members and a remote, all online."""
    world.formed = True
    names = {"juju-a": 1000, "juju-b": 1001, "juju-c": 1002}
    members = tuple(
        crm_mon.Node(name, str(number), True, False, False, False, False, 1)
        for name, number in names.items()
    )
    remote = crm_mon.Node("virt-node-01.maas", "", True, False, False, False, True, 0)
    vip = crm_mon.Resource("vip", (), True, False, ("juju-a",))
    status = crm_mon.Status("juju-a", True, False, True, (*members, remote), (vip,))
    monkeypatch.setattr(pacemaker, "status", lambda: status)
    return


def rotating(*, ids: tuple[str, str] = ("", ""), remote: str = "", **app: str) -> testing.State:
    """Return the leader's state, with what peers and remote say they have."""
    peers = {
        number: {**said, "member_ready": "True", "ring": "1000 1001 1002", "keys": id_}
        for (number, said), id_ in zip(PEERS.items(), ids, strict=True)
    }
    old, principal = state(peers=peers).relations
    if not isinstance(old, testing.PeerRelation):
        old, principal = principal, old
    assert isinstance(old, testing.PeerRelation)
    secret = testing.Secret(
        {
            "corosync-key": base64.b64encode((NEW if app else OLD).corosync).decode(),
            "pacemaker-key": base64.b64encode((NEW if app else OLD).pacemaker).decode(),
        },
        owner="app",
    )
    relation = dataclasses.replace(old, local_app_data={"keys-secret": secret.id, **app})
    remotes = testing.Relation(
        "pacemaker-remote",
        remote_units_data={0: {**REMOTE, "pacemaker-key-id": remote} if remote else REMOTE},
    )
    return state(relations={relation, principal, remotes}, secrets={secret})


def bag(out: testing.State) -> dict[str, str]:
    return dict(next(r for r in out.relations if r.endpoint == "hanode").local_app_data)


def test_new_keys_are_made_and_remotes_spared_until_they_have_theirs(
    ctx: Context, done: list[str], cib: Cib
):
    before = rotating(ids=(OLD.id, OLD.id), remote=OLD.pacemaker_id)
    out = ctx.run(ctx.on.action("rotate-keys"), before)
    assert done == []
    assert cib.managed == set()
    assert spare.names(cib.root) == ("virt-node-01.maas",)
    assert bag(out)["keys-loaded"] == OLD.id
    content = next(iter(out.secrets)).latest_content
    assert content is not None
    new = Keys(*(base64.b64decode(content[f"{each}-key"]) for each in ("corosync", "pacemaker")))
    assert bag(out)["keys-wanted"] == new.id != OLD.id
    assert len(new.corosync) == len(new.pacemaker) == 256
    assert new.corosync != new.pacemaker


def test_the_ring_takes_them_up_when_they_are_on_every_disk(ctx: Context, done: list[str]):
    half = rotating(ids=(NEW.id, OLD.id), **{"keys-loaded": OLD.id})
    out = ctx.run(ctx.on.update_status(), half)
    assert done == []
    assert bag(out)["keys-loaded"] == OLD.id
    whole = rotating(ids=(NEW.id, NEW.id), **{"keys-loaded": OLD.id})
    out = ctx.run(ctx.on.update_status(), whole)
    assert done == ["reload"]
    assert bag(out)["keys-loaded"] == NEW.id


@pytest.mark.parametrize("mine", [OLD.pacemaker_id, NEW.pacemaker_id])
def test_a_remote_is_fenced_again_once_no_daemon_remembers_its_old_key(
    ctx: Context, done: list[str], cib: Cib, mine: str
):
    cib.root = spare.begin(cib.root)
    app = {"keys-loaded": NEW.id}
    ctx.run(ctx.on.update_status(), rotating(ids=(NEW.id, NEW.id), remote=mine, **app))
    if mine == OLD.pacemaker_id:
        assert done == []
        assert spare.names(cib.root)
    else:
        assert done == ["outlast"]
        assert cib.managed == {"virt-node-01.maas"}
        assert not spare.names(cib.root)


def test_a_host_that_is_paused_stays_so(ctx: Context, done: list[str], cib: Cib):
    cib.root = paused(cib.root, "virt-node-01.maas")
    ctx.run(ctx.on.action("rotate-keys"), rotating(ids=(OLD.id, OLD.id), remote=OLD.pacemaker_id))
    app = {"keys-loaded": NEW.id}
    ctx.run(ctx.on.update_status(), rotating(ids=(NEW.id, NEW.id), remote=NEW.pacemaker_id, **app))
    assert cib.managed == set()


def test_a_configuration_that_cannot_be_changed_now_is_changed_later(
    ctx: Context, done: list[str], cib: Cib, monkeypatch: pytest.MonkeyPatch
):
    def busy(_: object) -> bool:
        raise CommandError("cibadmin", 103, "it has moved on")

    cib.root = spare.begin(cib.root)
    app = {"keys-loaded": NEW.id}
    given = rotating(ids=(NEW.id, NEW.id), remote=NEW.pacemaker_id, **app)
    with monkeypatch.context() as patch:
        patch.setattr(pacemaker, "commit", busy)
        ctx.run(ctx.on.update_status(), given)
    assert spare.names(cib.root)
    ctx.run(ctx.on.update_status(), given)
    assert not spare.names(cib.root)


def test_not_while_the_ring_is_switched(ctx: Context, done: list[str], cib: Cib):
    switch = switching.begin("1f", "udpu", "knet", 0.0)
    before = rotating(ids=(OLD.id, OLD.id), remote=OLD.pacemaker_id)
    (relation,) = before.get_relations("hanode")
    assert isinstance(relation, testing.PeerRelation)
    told = {**relation.local_app_data, "switch": switch.model_dump_json()}
    switched = dataclasses.replace(relation, local_app_data=told)
    others = {each for each in before.relations if each.endpoint != "hanode"}
    with pytest.raises(testing.ActionFailed, match="switched to another transport"):
        ctx.run(
            ctx.on.action("rotate-keys"),
            dataclasses.replace(before, relations={switched, *others}),
        )


def test_who_has_lost_the_lead_while_waiting_leaves_the_rest_to_the_next(
    ctx: Context, done: list[str], cib: Cib, monkeypatch: pytest.MonkeyPatch
):
    def wait() -> None:
        monkeypatch.setattr(ops.Unit, "is_leader", lambda _: False)

    monkeypatch.setattr(rotation, "outlast_caches", wait)
    cib.root = spare.begin(cib.root)
    app = {"keys-loaded": NEW.id}
    ctx.run(
        ctx.on.update_status(),
        rotating(ids=(NEW.id, NEW.id), remote=NEW.pacemaker_id, **app),
    )
    assert done == []
    assert spare.names(cib.root)


def test_a_predecessors_remote_is_not_left_behind(ctx: Context, done: list[str]):
    with pytest.raises(testing.ActionFailed, match="pacemaker-remote is too old on virt-node-01"):
        ctx.run(ctx.on.action("rotate-keys"), rotating(ids=(OLD.id, OLD.id)))
    assert done == []


def test_keys_are_not_replaced_twice_at_once(ctx: Context, done: list[str]):
    before = rotating(ids=(OLD.id, OLD.id), remote=NEW.pacemaker_id, **{"keys-loaded": OLD.id})
    with pytest.raises(testing.ActionFailed, match="being replaced already"):
        ctx.run(ctx.on.action("rotate-keys"), before)


def test_somebody_who_is_away_is_not_left_behind(
    ctx: Context, done: list[str], monkeypatch: pytest.MonkeyPatch
):
    status = pacemaker.status()
    assert status is not None
    nodes = tuple(
        dataclasses.replace(node, online=node.name not in ("juju-b", "virt-node-01.maas"))
        for node in status.nodes
    )
    gone = dataclasses.replace(status, nodes=nodes)
    monkeypatch.setattr(pacemaker, "status", lambda: gone)
    before = rotating(ids=(OLD.id, OLD.id), remote=OLD.pacemaker_id)
    with pytest.raises(testing.ActionFailed, match=r"left behind: 1001, virt-node-01\.maas"):
        ctx.run(ctx.on.action("rotate-keys"), before)
    assert done == []


def test_a_unit_that_comes_in_the_middle_waits(ctx: Context, world: World, done: list[str]):
    world.formed = False
    ctx.run(ctx.on.update_status(), rotating(ids=(NEW.id, OLD.id), **{"keys-loaded": OLD.id}))
    assert world.rings == []


def test_no_key_is_given_away_by_what_is_said_of_it():
    said = [
        NEW.id,
        NEW.pacemaker_id,
        repr(NEW),
        *pacemaker_remote.write_key_id(b"m" * 256).values(),
    ]
    assert not any("nnn" in each or "mmm" in each for each in said)


def test_the_predecessors_default_key_is_known():
    public = base64.b64decode(
        "64RxJNcCkwo8EJYBsaacitUvbQp5AW4YolJi5/2urYZYp2jfLxY+3IUCOaAUJHPle4Yqfy+WBXO0I/6ASSAjj9ja"
        "iHVNaxmVhhjcmyBqy2vtPf+m+0VxVjUXlkTyYsODwobeDdO3SIkbIABGfjLTu29yqPTsfbvSYr6skRb9ne0="
    )
    assert Keys(b"n" * 256, public).are_public
    assert not NEW.are_public


def test_an_option_may_name_a_secret(ctx: Context, world: World):
    secret = testing.Secret({"key": base64.b64encode(b"s" * 256).decode()})
    made = state()
    relation = next(r for r in made.relations if r.endpoint == "hanode")
    bare = dataclasses.replace(relation, local_app_data={})
    others = {r for r in made.relations if r.endpoint != "hanode"}
    given = dataclasses.replace(
        made,
        relations={bare, *others},
        secrets={secret},
        config={"corosync_key": secret.id},
    )
    world.formed = False
    out = ctx.run(ctx.on.leader_elected(), given)
    contents = [each.latest_content or {} for each in out.secrets if each.owner == "app"]
    assert [base64.b64decode(each["corosync-key"]) for each in contents] == [b"s" * 256]


def test_a_secret_that_is_not_granted_is_named(ctx: Context, world: World):
    out = ctx.run(
        ctx.on.config_changed(), state(config={"pacemaker_key": "secret:9m4e2mr0ui3e8a215n4g"})
    )
    assert out.unit_status == testing.BlockedStatus(
        "pacemaker_key: grant the secret to this application"
    )
