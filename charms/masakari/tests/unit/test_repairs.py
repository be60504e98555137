# Copyright 2026 The instance-ha developers
# SPDX-License-Identifier: Apache-2.0

"""The actions retry-recovery and purge-notifications: what they run, and what they answer."""

import json
from typing import Any

import pytest
from cloud import complete
from machine import Machine
from ops import testing

import charm
import database
import hypervisor
import monitor
from instance_ha import command

Context = testing.Context[charm.MasakariCharm]
HOST = "virt-node-01.maas"
UUIDS = ("9f1b0e5c-0d5d-4b43-9f43-5d6c2a0a0001", "9f1b0e5c-0d5d-4b43-9f43-5d6c2a0a0002")


def act(ctx: Context, action: str, **params: Any) -> dict[str, Any]:
    ctx.run(ctx.on.action(action, params), complete())
    return ctx.action_results or {}


def refusal(ctx: Context, action: str, **params: Any) -> str:
    with pytest.raises(testing.ActionFailed) as caught:
        act(ctx, action, **params)
    return caught.value.message


def retrying(*options: str) -> tuple[str, ...]:
    argv = (hypervisor.PYTHON, "-m", "fencing_monitor", f"--config={monitor.CONF}", "retry-host")
    return (*argv, "--timeout=300", *options, "--", HOST)


def test_a_retry_tells_its_steps(ctx: Context, machine: Machine):
    steps = [{"what": "known to be off", "changed": False}, {"what": "reported", "changed": True}]
    machine.answers[retrying()] = json.dumps({"steps": steps, "error": ""})
    said = act(ctx, "retry-recovery", host=HOST)
    assert said == {
        "outcome": f"{HOST}: reported",
        "host": HOST,
        "steps": "known to be off (nothing to do)\nreported",
    }


def test_a_retry_of_single_instances_tells_what_became_of_each(ctx: Context, machine: Machine):
    told = ("known to be off", "web: evacuation ordered", "web: ACTIVE on h2", "db: deleted")
    steps = [{"what": what, "changed": what != "db: deleted"} for what in told]
    options = [f"--instance={one}" for one in UUIDS]
    machine.answers[retrying(*options)] = json.dumps({"steps": steps, "error": ""})
    said = act(ctx, "retry-recovery", host=HOST, instances=",".join(UUIDS))
    assert said["outcome"] == f"{HOST}: web: ACTIVE on h2; db: deleted"


@pytest.mark.parametrize("text", [",".join(UUIDS), " ".join(UUIDS), f"{UUIDS[0]}, {UUIDS[1]}"])
def test_single_instances_are_given_by_their_uuids(ctx: Context, machine: Machine, text: str):
    options = [f"--instance={one}" for one in UUIDS]
    machine.answers[retrying(*options)] = json.dumps({"steps": [], "error": ""})
    assert act(ctx, "retry-recovery", host=HOST, instances=text)["host"] == HOST


def test_what_is_no_uuid_is_refused(ctx: Context):
    assert "uuid" in refusal(ctx, "retry-recovery", host=HOST, instances="vm1").lower()


def test_a_refused_retry_fails_with_the_reason(ctx: Context, machine: Machine):
    machine.answers[retrying()] = json.dumps({"steps": [], "error": "not known to be off"})
    assert refusal(ctx, "retry-recovery", host=HOST) == "not known to be off"


def purging(age: int, limit: int) -> tuple[str, ...]:
    files = ("--config-file", database.CONF, "--config-file", database._ALOUD)
    numbers = (f"--age_in_days={age}", f"--max_rows={limit}")
    manage = (database.RUNUSER, "-u", "masakari", "--", database.MANAGE)
    return (*manage, *files, "db", "purge", *numbers)


def log(**counts: int) -> command.Result:
    lines = (f"Deleted {count} row(s) from table {table}" for table, count in counts.items())
    return command.Result(0, "", "\n".join(lines))


def test_a_purge_shows_its_counts(ctx: Context, machine: Machine):
    machine.answers[purging(30, -1)] = log(notifications=12, failover_segments=1, hosts=0)
    said = act(ctx, "purge-notifications")
    assert said["outcome"] == ("deleted 12 notifications, 1 failover segments, older than 30 days")
    assert json.loads(said["counts"])["notifications"] == 12


def test_a_purge_with_nothing_to_do_says_so(ctx: Context, machine: Machine):
    machine.answers[purging(7, -1)] = log(notifications=0)
    assert act(ctx, "purge-notifications", age=7)["outcome"] == (
        "deleted nothing, older than 7 days"
    )


def test_a_purge_that_reached_its_limit_says_so(ctx: Context, machine: Machine):
    machine.answers[purging(30, 5)] = log(notifications=5)
    assert "there may be more" in act(ctx, "purge-notifications", limit=5)["outcome"]


def test_what_the_monitor_may_still_look_for_is_not_purged(ctx: Context):
    assert "age" in refusal(ctx, "purge-notifications", age=2)


def test_a_purge_that_fails_says_why(ctx: Context, machine: Machine):
    machine.answers[purging(30, -1)] = command.Result(1, "", "no route to the database")
    assert "no route to the database" in refusal(ctx, "purge-notifications")
