# Copyright 2026 The instance-ha developers
# SPDX-License-Identifier: Apache-2.0

import ops
import pytest
from ops import testing

from lab_charm import inputs, ready

META = {"name": "program", "requires": {"amqp": {"interface": "rabbitmq"}}}
CONFIG = {"options": {"config-flags": {"type": "string", "default": ""}}}


class Program(ops.CharmBase):
    """Ask, and show what there is."""

    def __init__(self, framework: ops.Framework):
        super().__init__(framework)
        framework.observe(self.on.start, self._on_start)

    def _on_start(self, _: ops.EventBase) -> None:
        inputs.ask_for_queue(self)
        try:
            self.unit.status = ops.ActiveStatus(f"{inputs.queue(self)} {inputs.flags(self)}")
        except ready.NotReadyError as missing:
            self.unit.status = missing.status


@pytest.fixture
def ctx() -> testing.Context[Program]:
    return testing.Context(Program, meta=META, config=CONFIG)


def amqp(**answer: str) -> testing.Relation:
    return testing.Relation("amqp", remote_units_data={0: answer})


def test_nothing_is_there_without_a_relation(ctx: testing.Context[Program]):
    out = ctx.run(ctx.on.start(), testing.State())
    assert out.unit_status == testing.BlockedStatus("Missing relation: amqp")


def test_the_queue_is_asked_for_and_waited_for(ctx: testing.Context[Program]):
    relation = amqp()
    out = ctx.run(ctx.on.start(), testing.State(relations={relation}))
    asked = out.get_relation(relation.id).local_unit_data
    assert (asked["username"], asked["vhost"]) == ("nova", "openstack")
    assert out.unit_status == testing.WaitingStatus("Waiting for a message queue")


def test_an_answer_and_the_operators_flags_are_read(ctx: testing.Context[Program]):
    relation = amqp(password="secret", hostname="mq")
    state = testing.State(relations={relation}, config={"config-flags": "debug=true"})
    out = ctx.run(ctx.on.start(), state)
    told = "rabbit://nova:secret@mq:5672/openstack {'DEFAULT': {'debug': 'true'}}"
    assert out.unit_status == testing.ActiveStatus(told)


def test_flags_that_cannot_be_read_are_the_operators_matter(ctx: testing.Context[Program]):
    relation = amqp(password="secret", hostname="mq")
    state = testing.State(relations={relation}, config={"config-flags": "debug"})
    assert ctx.run(ctx.on.start(), state).unit_status.name == "blocked"
