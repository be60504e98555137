# Copyright 2026 The instance-ha developers
# SPDX-License-Identifier: Apache-2.0

"""Relation hooks: internal/worker/uniter/relation/resolver.go, and what units see of each other."""

import pytest

from lab.juju import lifecycle
from lab.juju.context import HookContext
from lab.juju.errors import JujuError
from lab.tests.juju_stage import Stage, charm

WEB = charm("web", provides={"http": "http"})
PROXY = charm("proxy", requires={"http": "http"})
PEERS = charm("peers", peers={"cluster": "c"})


def related(units: int = 1, seed: int = 0) -> Stage:
    stage = Stage(seed=seed)
    stage.deploy(WEB, units)
    stage.deploy(PROXY, 1)
    stage.relate("web", "proxy")
    return stage


def of(stage: Stage, unit: str, endpoint: str = "http") -> list[str]:
    return [n.removeprefix(f"{endpoint}-relation-") for n in stage.names(unit) if "relation" in n]


@pytest.mark.parametrize("seed", range(10))
def test_joined_is_followed_by_changed_of_the_same_unit_in_any_order_of_units(seed: int) -> None:
    stage = related(3, seed)
    stage.settle()
    hooks = [n for n in of(stage, "proxy/0") if n.startswith(("joined", "changed"))]
    for index, hook in enumerate(hooks):
        if hook.startswith("joined"):
            assert hooks[index + 1] == hook.replace("joined", "changed")


def test_a_change_that_is_none_tells_nobody() -> None:
    stage = related()
    stage.settle()
    relation = stage.model.relations[0]
    version = relation.versions["web/0"]
    relation.write("web/0", {"private-address": relation.bags["web/0"]["private-address"]})
    assert relation.versions["web/0"] == version


def test_a_change_is_told_to_every_unit_of_the_other_side_once() -> None:
    stage = related(2)
    stage.settle()
    stage.ran.clear()
    stage.model.relations[0].write("proxy/0", {"port": "80"})
    stage.settle()
    changed = "http-relation-changed proxy/0"
    assert sorted(stage.names()) == [f"web/0 {changed}", f"web/1 {changed}"]


def test_an_applications_data_is_told_with_no_remote_unit() -> None:
    stage = related()
    stage.settle()
    stage.ran.clear()
    stage.model.relations[0].write("web", {"url": "x"})
    stage.settle()
    assert stage.names() == ["proxy/0 http-relation-changed (web)"]


def test_an_application_that_never_wrote_is_not_told_of() -> None:
    # resolver.go: "no app content has been set, there is nothing for them to respond to".
    stage = related()
    stage.settle()
    assert not [n for n in stage.names("proxy/0") if n == "http-relation-changed (web)"]


def test_application_changes_come_before_joined() -> None:
    stage = related()

    def body(stage: Stage, context: HookContext) -> None:
        if context.hook and context.hook.kind == "relation-created" and context.app.name == "web":
            context.model.relations[0].write("web", {"url": "x"})

    stage.body = body
    web, proxy = stage.model.units["web/0"], stage.model.units["proxy/0"]
    while (hook := stage.next(web)) is not None:
        stage.run(web, hook)
    while (hook := stage.next(proxy)) is not None:
        stage.run(proxy, hook)
    assert of(stage, "proxy/0")[:3] == ["created (web)", "changed (web)", "joined web/0"]


def test_removing_a_relation_departs_and_breaks_on_both_sides_then_forgets_it() -> None:
    stage = related(2)
    stage.settle()
    stage.ran.clear()
    lifecycle.destroy_relation(stage.model, stage.model.relations[0])
    stage.settle()
    assert of(stage, "proxy/0") == ["departed web/0", "departed web/1", "broken (web)"]
    assert of(stage, "web/0") == ["departed proxy/0", "broken (proxy)"]
    assert stage.model.relations == {}


def test_departing_unit_is_the_remote_one_unless_the_unit_itself_goes() -> None:
    stage = related(2)
    stage.settle()
    stage.ran.clear()
    lifecycle.destroy_unit(stage.model, stage.model.units["web/0"])
    stage.settle()
    departing = {name: hook.departing for name, hook in stage.ran if hook.departing}
    assert departing == {"proxy/0": "web/0", "web/0": "web/0"}


def test_a_dying_unit_is_gone_for_the_others_before_it_has_run_a_hook() -> None:
    # state/cleanup.go, cleanupDyingUnit.
    stage = related(2)
    stage.settle()
    stage.ran.clear()
    stage.lost.add("web/0")
    lifecycle.destroy_unit(stage.model, stage.model.units["web/0"])
    stage.settle()
    assert of(stage, "proxy/0") == ["departed web/0"]


def test_peers_depart_but_their_relation_never_breaks() -> None:
    stage = Stage()
    stage.deploy(PEERS, 3)
    stage.settle()
    stage.ran.clear()
    lifecycle.destroy_unit(stage.model, stage.model.units["peers/0"])
    stage.settle()
    assert not [n for n in stage.names() if "broken" in n]
    assert of(stage, "peers/0", "cluster") == ["departed peers/1", "departed peers/2"]


def test_units_of_the_own_application_are_not_seen_except_by_peers() -> None:
    stage = related(2)
    stage.settle()
    assert not [n for n in of(stage, "web/0") if "web/1" in n]


def test_entering_a_scope_fills_in_addresses_of_the_bound_space() -> None:
    # relationunit.go, EnterScope.
    stage = Stage()
    app = stage.deploy(WEB, 1)
    app.bindings = {"": "internal", "http": "public"}
    stage.deploy(PROXY, 1)
    stage.relate("web", "proxy")
    stage.settle()
    assert stage.model.relations[0].bags["web/0"] == {
        "private-address": "10.77.1.10",
        "ingress-address": "10.77.1.10",
        "egress-subnets": "10.77.1.10/32",
    }


def test_a_unit_of_an_undeclared_endpoint_runs_no_hooks_but_is_seen() -> None:
    # relationer.go, IsImplicit: juju-info.
    stage = Stage()
    stage.deploy(charm("plain"), 1)
    stage.deploy(charm("watcher", requires={"target": "juju-info"}), 1)
    stage.relate("plain", "watcher")
    stage.settle()
    assert not [n for n in stage.names("plain/0") if "relation" in n]
    assert "target-relation-joined plain/0" in stage.names("watcher/0")
    lifecycle.destroy_relation(stage.model, stage.model.relations[0])
    stage.settle()
    assert stage.model.relations == {}


def test_the_same_two_ends_are_related_once_only() -> None:
    stage = related()
    with pytest.raises(JujuError, match="already exists"):
        stage.relate("web:http", "proxy:http")


def test_units_see_a_remote_unit_from_its_joined_to_its_departed_hook_only() -> None:
    # contextfactory.go, HookContext: the members of the hook's own view.
    stage = related()
    seen: dict[str, list[str]] = {}

    def body(stage: Stage, context: HookContext) -> None:
        hook = context.hook
        if context.unit.name == "proxy/0" and hook and hook.relation is not None:
            seen[hook.name] = context.members(context.model.relations[0])

    stage.body = body
    stage.settle()
    lifecycle.destroy_relation(stage.model, stage.model.relations[0])
    stage.settle()
    assert seen == {
        "http-relation-created": [],
        "http-relation-joined": ["web/0"],
        "http-relation-changed": ["web/0"],
        "http-relation-departed": [],
        "http-relation-broken": [],
    }


def test_a_relation_without_anybody_in_it_is_gone_at_once() -> None:
    stage = Stage()
    stage.deploy(WEB)
    stage.deploy(PROXY)
    lifecycle.destroy_relation(stage.model, stage.relate("web", "proxy"))
    lifecycle.reap(stage.model)
    assert stage.model.relations == {}
