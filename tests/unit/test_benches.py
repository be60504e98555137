# Copyright 2026 The instance-ha developers
# SPDX-License-Identifier: Apache-2.0

"""What the benches and the tests of recovery conclude from what was recorded."""

import pytest

from lab.story.recorder import Change
from tests.bench import restarts
from tests.recovery import scene


class Recorded:
    """A recorder that has seen this."""

    def __init__(self, *changes: Change) -> None:
        self._changes = changes

    def changes(self, kind: str, since: float = 0.0) -> tuple[Change, ...]:
        return tuple(one for one in self._changes if one.kind == kind and one.at >= since)


def lives(*states: tuple[float, str]) -> list[Change]:
    return [Change(at, "notification", "", f"COMPUTE_HOST|{state}") for at, state in states]


def test_a_notification_after_the_end_of_another_is_not_at_the_same_time() -> None:
    first = lives((1, "new"), (2, "running"), (60, "failed"))
    assert scene.together({"a": first, "b": lives((60.2, "new"), (90, "finished"))}, 100) == []


@pytest.mark.parametrize("end", [(60, "failed"), (50, "error")])
def test_a_notification_before_the_end_of_another_is_found(end: tuple[float, str]) -> None:
    first = lives((1, "new"), (2, "running"), end)
    found = scene.together({"a": first, "b": lives((40, "new"), (41, "running"))}, 100)
    assert found == [("a", "b")]


def test_an_instance_is_restarted_once_it_was_stopped_and_is_active_again() -> None:
    states = [(0, "h|active|"), (11, "h|active|powering-off"), (12, "h|stopped|")]
    seen = [Change(at, "instance", "uuid", state) for at, state in states]
    assert restarts.measure(Recorded(*seen), "uuid", 10).active == 0
    seen += [
        Change(13, "instance", "uuid", "h|stopped|powering-on"),
        Change(20, "instance", "uuid", "h|active|"),
    ]
    found = restarts.measure(Recorded(*seen), "uuid", 10)
    assert found == restarts.Steps(stopping=1, stopped=2, starting=3, active=10)
