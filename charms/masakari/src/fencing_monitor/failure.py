# Copyright 2026 The instance-ha developers
# SPDX-License-Identifier: Apache-2.0

"""The record of one failure of one host: its phase, its instances, its timeline.

A failure begins when the host is lost and lasts until the host is really back, however often it
is fenced meanwhile; that is what "one notification per failure" counts.
"""

import dataclasses
import enum

from fencing_monitor.evidence import Evidence, Memory


class Phase(str, enum.Enum):
    """How far the recovery of a failed host has come."""

    LOST = "lost"  # gone, but its power-off is not confirmed: nothing may be done
    CONFIRMED = "confirmed"  # certainly off; nova has to be told
    DOWN = "down"  # nova counts the host as down; Masakari has to be told
    REPORTED = "reported"  # the notification exists; its recovery is followed
    ENDED = "ended"  # there is an outcome, and nothing left to do before the host returns


class Outcome(str, enum.Enum):
    """How a failure ended. Only the first two mean that all is well."""

    RECOVERED = "recovered"
    NOTHING_TO_MOVE = "nothing-to-move"
    INCOMPLETE = "incomplete"
    FAILED = "failed"
    IGNORED = "ignored"
    ON_MAINTENANCE = "on-maintenance"
    NOT_IN_A_SEGMENT = "not-in-a-segment"
    NOT_A_HYPERVISOR = "not-a-hypervisor"
    RETURNED = "returned-before-report"
    REMOVED = "removed-from-cluster"


# Outcomes that stand only as long as nobody changes what caused them.
PROVISIONAL = frozenset({Outcome.NOT_IN_A_SEGMENT, Outcome.NOT_A_HYPERVISOR})


@dataclasses.dataclass(frozen=True)
class Moment:
    """One line of a timeline."""

    at: float
    what: str
    detail: str = ""


@dataclasses.dataclass(frozen=True)
class Instance:
    """One instance of the failed host. ``outcome`` is empty while it is not settled.

    ``task`` is nova's task state as seen last; ``locked`` whether the instance was locked before,
    as far as is known. An engine that died may have left its own lock on an instance that was not,
    which is looked for while ``is_suspect``.
    """

    uuid: str
    name: str = ""
    move: str = ""
    destination: str = ""
    started: float | None = None
    ended: float | None = None
    outcome: str = ""
    detail: str = ""
    task: str = ""
    locked: bool = True
    is_suspect: bool = False


@dataclasses.dataclass(frozen=True)
class Failure:
    """One failure of one host; every time is in seconds since 1970.

    ``fencing`` is when the cluster was first seen at powering the host off.
    ``handed`` is when Masakari's API had handed the newest notification on to the engines, ``None`` if it did not
    say so: its answer was lost, or somebody else has posted it.
    ``was_enabled`` is whether nova used the host before it was reported, ``None`` if that is not known,
    ``cleared`` when our ``forced_down`` was taken back.
    ``ready`` is since when a host that is back has been well, ``restored`` when it was put back into service
    by itself, and ``homecoming`` how that ended: in service, or the reason why an operator has to.
    """

    host: str
    lost: float
    phase: Phase = Phase.LOST
    reason: str = ""
    samples: int = 0
    fencing: float | None = None
    evidence: Evidence | None = None
    confirmed: float | None = None
    down: float | None = None
    forced_by_us: bool = False
    listed: bool = False
    notifications: tuple[str, ...] = ()
    status: str = ""
    status_since: float | None = None
    progress: float | None = None
    stalled: bool = False
    attempted: float | None = None
    handed: float | None = None
    uncertain: bool = False
    refused: float | None = None
    retry_after: float | None = None
    refusal: str = ""
    instances: tuple[Instance, ...] = ()
    outcome: Outcome | None = None
    returned: float | None = None
    absent: float | None = None
    was_enabled: bool | None = None
    cleared: float | None = None
    ready: float | None = None
    restored: float | None = None
    homecoming: str = ""
    moments: tuple[Moment, ...] = ()

    @property
    def id(self) -> str:
        """Name the failure: the host and the second when it was lost."""
        return f"{self.host}@{int(self.lost)}"

    @property
    def notification(self) -> str:
        """Return the notification that counts: the newest."""
        return self.notifications[-1] if self.notifications else ""

    @property
    def is_open(self) -> bool:
        """Return whether something is left to do or to wait for before there is an outcome."""
        return self.phase is not Phase.ENDED

    @property
    def reference(self) -> float:
        """Return the earliest time at which a notification can be about this failure."""
        fenced = self.evidence.fenced if self.evidence else self.lost
        return min(self.lost, float(fenced))

    def note(self, at: float, what: str, detail: str = "") -> "Failure":
        """Return the failure with one more line in its timeline."""
        return dataclasses.replace(self, moments=(*self.moments, Moment(at, what, detail)))

    def end(self, at: float, outcome: Outcome, detail: str = "") -> "Failure":
        """Return the failure with its outcome, once noted in the timeline."""
        if self.outcome is outcome:
            return self
        phase = self.phase if outcome in PROVISIONAL else Phase.ENDED
        ended = dataclasses.replace(self, outcome=outcome, phase=phase)
        return ended.note(at, f"outcome: {outcome.value}", detail)


@dataclasses.dataclass(frozen=True)
class Host:
    """A hypervisor: what is remembered of it, its present failure and the former ones."""

    name: str
    memory: Memory = dataclasses.field(default_factory=Memory)
    failure: Failure | None = None
    former: tuple[Failure, ...] = ()
    # What the newest look at the cluster says; not remembered beyond it.
    is_certain: bool = False
    really_online: bool = False
    is_watched: bool = False
