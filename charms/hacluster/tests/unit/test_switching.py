# Copyright 2026 The instance-ha developers
# SPDX-License-Identifier: Apache-2.0

"""Which phase of a switch to another transport follows which."""

import itertools

import pytest

import switching
from switching import Phase, Said, Switch

NOW = 1000.0
UNITS = ("hacluster/0", "hacluster/1", "hacluster/2")


def switch(phase: Phase = Phase.PREPARE, **values: object) -> Switch:
    given: dict[str, object] = {
        "id": "1f",
        "phase": phase,
        "before": "udpu",
        "wanted": "knet",
        "until": 2000,
        **values,
    }
    return Switch.model_validate(given)


def after(phase: Phase, *said: Said, now: float = NOW, **facts: object) -> Switch:
    told = dict(zip(UNITS, said, strict=False))
    return switching.following(switch(phase), told, now, **facts)  # type: ignore[arg-type]


def test_all_goes_well():
    at, phases = switching.begin("1f", "udpu", "knet", NOW), []
    for _ in range(4):
        phases.append((at.phase, at.transport))
        at = switching.following(at, dict.fromkeys(UNITS, "done"), NOW)
    assert phases == [
        (Phase.PREPARE, "udpu"),
        (Phase.STOP, None),
        (Phase.START, "knet"),
        (Phase.RESTORE, "knet"),
    ]
    assert switching.outcome(at) == ""


@pytest.mark.parametrize("phase", [phase for phase in Phase if phase is not Phase.RESTORE])
@pytest.mark.parametrize("said", list(itertools.product(["", "done"], repeat=3)))
def test_a_phase_lasts_until_all_have_done_it(phase: Phase, said: tuple[Said, ...]):
    found = after(phase, *said)
    assert (found.phase is phase) == ("" in said)
    assert not found.failure
    if found.phase is not phase:
        assert found.until > NOW


@pytest.mark.parametrize(
    ("phase", "follows", "why"),
    [
        (Phase.PREPARE, Phase.RESTORE, "hacluster/1 did not answer"),
        (Phase.STOP, Phase.BACK, "hacluster/1 did not stop"),
        (Phase.START, Phase.BACK_STOP, "hacluster/1 did not come into the ring"),
        (Phase.BACK_STOP, Phase.BACK, "hacluster/1 did not stop"),
    ],
)
@pytest.mark.parametrize(("word", "now"), [("failed", NOW), ("", 2000.0)])
def test_what_a_member_cannot_do_or_not_in_time_leads_back(
    phase: Phase, follows: Phase, why: str, word: Said, now: float
):
    found = after(phase, "done", word, "done", now=now)
    assert (found.phase, found.failure) == (follows, why)
    assert found.transport == "udpu" or found.phase is Phase.BACK_STOP


def test_that_all_have_done_it_counts_although_it_was_late():
    assert after(Phase.STOP, "done", "done", now=5000.0).phase is Phase.START


def test_the_way_back_does_not_wait_for_ever_for_who_is_dead_but_for_quorum():
    assert after(Phase.BACK, "done", "", now=NOW).phase is Phase.BACK
    assert after(Phase.BACK, "done", "", now=2000.0).phase is Phase.BACK
    assert after(Phase.BACK, "done", "", now=2000.0, is_quorate=True).phase is Phase.RESTORE


def test_the_cluster_takes_up_its_work_whatever_members_say():
    for said in itertools.product(["", "done", "failed"], repeat=2):
        assert after(Phase.RESTORE, *said, now=9000.0).phase is Phase.RESTORE


def test_the_first_failure_is_the_reason():
    at = switch(Phase.BACK_STOP, failure="hacluster/2 did not come into the ring")
    found = switching.following(at, {"hacluster/1": "failed"}, NOW)
    assert found.failure == at.failure
    assert switching.outcome(found) == (
        "ring stays on udpu: hacluster/2 did not come into the ring"
    )


def test_what_speaks_against_it_counts_when_all_have_answered_and_before_anything_is_touched():
    assert after(Phase.PREPARE, "done", "", obstacle="no quorum").phase is Phase.PREPARE
    found = after(Phase.PREPARE, "done", "done", obstacle="no quorum")
    assert (found.phase, found.failure) == (Phase.RESTORE, "no quorum")
    assert after(Phase.STOP, "done", "done", obstacle="no quorum").phase is Phase.START


@pytest.mark.parametrize("phase", list(Phase))
def test_a_member_speaks_of_one_phase_of_one_switch(phase: Phase):
    one, other = switch(phase), switch(phase, id="2f")
    for said in ("", "done", "failed"):
        assert one.heard(one.word(said)) == said
        assert other.heard(one.word(said)) == ""
    assert one.heard("") == one.heard("1f nonsense done") == one.heard("1f") == ""
    assert one.heard(f"1f {phase.value} more than that") == ""


def test_it_is_read_as_it_was_written():
    at = switch(Phase.BACK, failure="why")
    assert Switch.model_validate_json(at.model_dump_json()) == at
