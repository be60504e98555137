# Copyright 2026 The instance-ha developers
# SPDX-License-Identifier: Apache-2.0

"""Hooks that fail: nextOpHookError, worker/retrystrategy, and nothing written by a failed hook."""

import pytest

from lab.juju.context import HookContext
from lab.juju.entities import Hook, Unit
from lab.juju.status import health
from lab.tests.juju_stage import Stage, charm

PEERS = charm("peers", peers={"cluster": "c"})


def failing(hook: str = "config-changed", tool: tuple[str, ...] = ()) -> tuple[Stage, Unit]:
    """Return a stage on which a hook has failed, after it called a tool."""
    stage = Stage()

    def body(stage: Stage, context: HookContext) -> int | None:
        if context.hook and context.hook.name == hook:
            if tool:
                stage.tool(context, *tool)
            return 1
        return None

    stage.body = body
    stage.deploy(PEERS, 1)
    stage.settle()
    return stage, stage.model.units["peers/0"]


def test_a_failed_hook_holds_up_all_others() -> None:
    stage, unit = failing("install")
    assert stage.names() == ["peers/0 install"]
    assert unit.failed


def test_a_failed_hook_shows_as_error_and_hides_the_charms_own_status() -> None:
    stage, unit = failing(tool=("status-set", "active", "fine"))
    shown = health.workload(stage.model, unit)
    assert (shown.current, shown.message) == ("error", 'hook failed: "config-changed"')
    assert health.agent(stage.model, unit).current == "idle"


def test_the_charms_own_status_shows_again_when_the_hook_has_succeeded() -> None:
    stage, unit = failing(tool=("status-set", "active", "fine"))
    stage.body = None
    unit.resolved = "retry"
    stage.settle()
    assert health.workload(stage.model, unit).message == "fine"


@pytest.mark.parametrize(
    ("tool", "read"),
    [
        (("relation-set", "-r", "cluster:0", "zzz=b"), ("relation-get", "-r", "cluster:0", "-", "peers/0")),
        (("open-port", "80"), ("opened-ports",)),
        (("state-set", "zzz=b"), ("state-get",)),
        (("secret-add", "a=b"), ("secret-ids",)),
    ],
)  # fmt: skip
def test_what_a_failed_hook_wrote_is_not_there(
    tool: tuple[str, ...], read: tuple[str, ...]
) -> None:
    stage, unit = failing(tool=tool)
    after = stage.tool(stage.context(unit.name), *read, "--format=json")
    assert "zzz" not in after
    assert "80" not in after
    assert stage.model.secrets == {}


def test_status_and_version_take_effect_although_the_hook_fails() -> None:
    # runner/context/context.go: SetUnitStatus calls the controller at once.
    stage, _ = failing(tool=("application-version-set", "1.2"))
    assert stage.model.applications["peers"].version == "1.2"


def test_retries_come_after_five_seconds_and_then_ever_later_up_to_five_minutes() -> None:
    stage, unit = failing()
    waits: list[float] = []
    for _ in range(8):
        waits.append(unit.retry_at - stage.now)
        stage.now = unit.retry_at
        hook = stage.next(unit)
        assert hook is not None
        stage.run(unit, hook)
    assert waits == [5, 10, 20, 40, 80, 160, 300, 300]


def test_nothing_is_retried_when_the_model_says_so() -> None:
    stage, unit = failing()
    stage.model.config["automatically-retry-hooks"] = "false"
    stage.now = unit.retry_at + 1000
    assert stage.next(unit) is None


def test_resolved_retries_at_once() -> None:
    stage, unit = failing()
    stage.body = None
    unit.resolved = "retry"
    stage.settle()
    assert not unit.failed
    assert stage.names("peers/0")[-2:] == ["config-changed", "start"]


def test_a_success_starts_the_backoff_anew() -> None:
    stage, unit = failing()
    stage.body = None
    unit.resolved = "retry"
    stage.settle()
    assert unit.retries == 0


def test_an_interrupted_hook_runs_again_at_once() -> None:
    stage, unit = failing()
    unit.pending, unit.failed = Hook("config-changed", "config-changed", config_hash="x"), False
    assert stage.next(unit) == unit.pending


def test_a_failed_relation_hook_is_run_again_with_the_same_remote_unit() -> None:
    stage = Stage()

    def body(stage: Stage, context: HookContext) -> int | None:
        return 1 if context.hook and context.hook.kind == "relation-joined" else None

    stage.body = body
    stage.deploy(PEERS, 2)
    stage.settle()
    unit = stage.model.units["peers/0"]
    stage.now = unit.retry_at
    hook = stage.next(unit)
    assert hook is not None
    assert (hook.kind, hook.remote_unit) == ("relation-joined", "peers/1")
