# Copyright 2026 The instance-ha developers
# SPDX-License-Identifier: Apache-2.0

"""The order of hooks: internal/worker/uniter/resolver.go and Juju's page "Hook"."""

import pytest

from lab.juju import resolver
from lab.juju.entities import Hook
from lab.tests.juju_stage import Stage, charm

PLAIN = charm("plain")
PEERS = charm("peers", peers={"cluster": "c"})
WEB = charm("web", provides={"http": "http"})
PROXY = charm("proxy", requires={"http": "http"})


def test_a_unit_begins_with_install_then_leader_elected_config_changed_start() -> None:
    stage = Stage()
    stage.deploy(PLAIN, 1)
    stage.settle()
    assert stage.names("plain/0") == ["install", "leader-elected", "config-changed", "start"]


def test_relation_created_comes_before_leader_elected() -> None:
    # resolver.go: CreatedRelations is asked before Leadership.
    stage = Stage()
    stage.deploy(PEERS, 1)
    stage.settle()
    assert stage.names("peers/0")[:3] == [
        "install", "cluster-relation-created (peers)", "leader-elected",
    ]  # fmt: skip


def test_a_unit_that_does_not_lead_has_no_leader_elected() -> None:
    stage = Stage()
    stage.deploy(PLAIN, 2)
    stage.settle()
    assert [n for n in stage.names() if "leader-elected" in n] == [
        f"{stage.model.applications['plain'].leader} leader-elected"
    ]


def test_start_follows_the_first_config_changed_at_once() -> None:
    # operation/runhook.go, Commit: the hook is queued, so nothing comes between.
    stage = Stage()
    stage.deploy(WEB, 1)
    stage.deploy(PROXY, 1)
    stage.relate("web", "proxy")
    stage.settle()
    names = stage.names("web/0")
    assert names[names.index("config-changed") + 1] == "start"
    assert names.index("start") < names.index("http-relation-joined proxy/0")


def test_a_changed_option_runs_config_changed_once_and_not_start_again() -> None:
    stage = Stage()
    app = stage.deploy(PLAIN, 1)
    stage.settle()
    stage.ran.clear()
    app.config["level"] = 3
    stage.settle()
    assert stage.names() == ["plain/0 config-changed"]


def test_granting_trust_runs_config_changed() -> None:
    # remotestate/watcher.go: the trust hash is watched like the settings'.
    stage = Stage()
    app = stage.deploy(PLAIN, 1)
    stage.settle()
    stage.ran.clear()
    app.trust = True
    stage.settle()
    assert stage.names() == ["plain/0 config-changed"]


def test_another_binding_runs_config_changed() -> None:
    # remotestate/watcher.go: the hash of addresses is of the machine's and of the bound endpoints'.
    stage = Stage()
    app = stage.deploy(PLAIN, 1)
    stage.settle()
    stage.ran.clear()
    app.bindings["public"] = "internal"
    stage.settle()
    assert stage.names() == ["plain/0 config-changed"]


def test_a_new_charm_revision_runs_upgrade_charm_then_config_changed() -> None:
    stage = Stage()
    app = stage.deploy(PLAIN, 1)
    stage.settle()
    stage.ran.clear()
    app.charm = "plain-1"
    stage.settle()
    assert stage.names() == ["plain/0 upgrade-charm", "plain/0 config-changed"]


def test_a_reboot_runs_start_again_before_anything_else() -> None:
    # uniter/reboot/resolver.go, first in NextOp.
    stage = Stage()
    app = stage.deploy(PLAIN, 1)
    stage.settle()
    stage.ran.clear()
    app.config["level"] = 3
    stage.model.units["plain/0"].rebooted = True
    stage.settle()
    assert stage.names() == ["plain/0 start", "plain/0 config-changed"]


def test_update_status_runs_when_its_time_has_come_and_nothing_else_is_due() -> None:
    stage = Stage(interval=300.0)
    app = stage.deploy(PLAIN, 1)
    stage.settle()
    stage.ran.clear()
    stage.now += 299.0
    stage.settle()
    assert stage.names() == []
    stage.now += 1.0
    app.config["level"] = 3
    stage.settle()
    assert stage.names() == ["plain/0 config-changed", "plain/0 update-status"]


def test_a_dying_unit_breaks_its_relations_then_stops_then_is_removed() -> None:
    from lab.juju import lifecycle

    stage = Stage()
    stage.deploy(WEB, 1)
    stage.deploy(PROXY, 1)
    stage.relate("web", "proxy")
    stage.settle()
    stage.ran.clear()
    lifecycle.destroy_unit(stage.model, stage.model.units["web/0"])
    stage.settle()
    assert stage.names("web/0") == [
        "http-relation-departed proxy/0", "http-relation-broken (proxy)", "stop", "remove",
    ]  # fmt: skip
    assert "web/0" not in stage.model.units


def test_a_unit_that_never_came_up_is_removed_without_hooks() -> None:
    # state/unit.go, destroyOps: nothing was set up, so nothing has to be cleaned up.
    from lab.juju import lifecycle

    stage = Stage()
    stage.deploy(PLAIN, 1)
    lifecycle.destroy_unit(stage.model, stage.model.units["plain/0"])
    lifecycle.reap(stage.model)
    assert stage.model.units == {}


def test_tasks_wait_for_install_and_for_queued_hooks_but_not_for_an_error() -> None:
    # uniter/actions/resolver.go.
    stage = Stage()
    stage.deploy(PLAIN, 1)
    unit = stage.model.units["plain/0"]
    assert not resolver.takes_tasks(unit)
    unit.installed = True
    assert resolver.takes_tasks(unit)
    unit.queued = Hook("start", "start")
    assert not resolver.takes_tasks(unit)
    unit.queued = None
    unit.pending, unit.failed = Hook("config-changed", "config-changed"), True
    assert resolver.takes_tasks(unit)


@pytest.mark.parametrize("seed", range(5))
def test_the_same_seed_gives_the_same_order_of_relations(seed: int) -> None:
    # Juju walks a Go map; the shuffle stands for it and can be repeated.
    def names() -> list[str]:
        stage = Stage(seed=seed)
        stage.deploy(charm("hub", provides={"a": "x", "b": "x", "c": "x"}), 1)
        for name in ("p", "q", "r"):
            stage.deploy(charm(name, requires={"x": "x"}), 1)
        for end, name in zip("abc", "pqr", strict=True):
            stage.relate(f"hub:{end}", name)
        stage.settle()
        return stage.names("hub/0")

    assert names() == names()


def test_different_seeds_give_different_orders_of_relations() -> None:
    orders: set[tuple[str, ...]] = set()
    for seed in range(20):
        stage = Stage(seed=seed)
        stage.deploy(charm("hub", provides={"a": "x", "b": "x", "c": "x"}), 1)
        for end in "abc":
            stage.deploy(charm(f"p{end}", requires={"x": "x"}), 1)
            stage.relate(f"hub:{end}", f"p{end}")
        stage.settle()
        orders.add(tuple(n for n in stage.names("hub/0") if "created" in n))
    assert len(orders) > 1
