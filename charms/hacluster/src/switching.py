# Copyright 2026 The instance-ha developers
# SPDX-License-Identifier: Apache-2.0

"""Another transport for a ring that runs, as a sequence of phases (pure).

Transports do not understand each other, so there is no order of members in which the ring would keep its
quorum. What holds instead is that the cluster touches nothing meanwhile: what runs goes on, and nobody is
fenced. The leader says which phase it is, in the application's databag; each member does what the phase asks,
however often it is asked, and says so; when all have, the next one begins:

    prepare -> stop -> start -> restore
                 |       |         ^
                 |       v         |
                 |    back-stop    |
                 +-------v         |
                        back ------+

Pacemaker starts on a new ring only where all members are in it: one that came later would be taken for lost.
A phase that does not end in time, or that a member says it cannot do, leads back to the transport before.
"""

import enum
from collections.abc import Mapping
from typing import Literal

import pydantic

Said = Literal["", "done", "failed"]


class Phase(enum.Enum):
    """What is being done; the values are on the wire."""

    PREPARE = "prepare"
    """Members say that they take part. Nothing is touched."""
    STOP = "stop"
    """The cluster touches nothing any more; members stop their daemons."""
    START = "start"
    """Members start with the new transport."""
    BACK_STOP = "back-stop"
    """The new one does not work; members stop their daemons again."""
    BACK = "back"
    """Members start with the transport before."""
    RESTORE = "restore"
    """The cluster takes up its work again."""


# Seconds that a phase may take. A member needs some for what is asked, and its agent may be busy with hooks of
# other units before that. Stopping and starting take what systemd allows the daemons, as a rule ten.
_LIMITS = {
    Phase.PREPARE: 600,
    Phase.STOP: 300,
    Phase.START: 240,
    Phase.BACK_STOP: 240,
    Phase.BACK: 300,
    Phase.RESTORE: 240,
}
# What members did not do, if they did not.
_WORDS = {
    Phase.PREPARE: "did not answer",
    Phase.STOP: "did not stop",
    Phase.START: "did not come into the ring",
    Phase.BACK_STOP: "did not stop",
    Phase.BACK: "did not come back",
}


class Switch(pydantic.BaseModel):
    """A switch that is going on."""

    model_config = pydantic.ConfigDict(frozen=True)

    id: str
    """Tells it from the one before, whose answers may still be in databags."""
    phase: Phase
    before: str
    wanted: str
    until: int
    """Seconds since the epoch; from then on the phase is late."""
    failure: str = ""
    """Why the ring goes back to the transport before; empty as long as it does not."""

    @property
    def transport(self) -> str | None:
        """The transport that members run with in this phase; ``None`` if they are stopped."""
        if self.phase in (Phase.STOP, Phase.BACK_STOP):
            return None
        forward = self.phase is Phase.START or (self.phase is Phase.RESTORE and not self.failure)
        return self.wanted if forward else self.before

    @property
    def is_strict(self) -> bool:
        """Whether Pacemaker must not start before all members are in the ring."""
        return self.phase is Phase.START

    def heard(self, word: str) -> Said:
        """Return what a member says of this phase, given the word in its databag."""
        id_, phase, said = (*word.split(), "", "", "")[:3]
        if (id_, phase) != (self.id, self.phase.value):
            return ""
        return "done" if said == "done" else "failed" if said == "failed" else ""

    def word(self, said: Said) -> str:
        """Return the word in a member's databag for what it says of this phase."""
        return f"{self.id} {self.phase.value} {said}".rstrip()


def begin(id_: str, before: str, wanted: str, now: float) -> Switch:
    """Return a switch that begins."""
    until = int(now) + _LIMITS[Phase.PREPARE]
    return Switch(id=id_, phase=Phase.PREPARE, before=before, wanted=wanted, until=until)


def following(
    switch: Switch,
    said: Mapping[str, Said],
    now: float,
    *,
    obstacle: str = "",
    is_quorate: bool = False,
) -> Switch:
    """Return where a switch stands, given what members say; itself as long as there is something to wait for.

    Args:
        switch: The switch.
        said: What each member says of its phase, by the names of units.
        now: Seconds since the epoch.
        obstacle: What speaks against it before anything is touched; empty if nothing does.
        is_quorate: Whether the leader's member is part of a cluster with quorum.
    """
    waiting = sorted(unit for unit, word in said.items() if word != "done")
    failed = sorted(unit for unit, word in said.items() if word == "failed")
    late = now >= switch.until
    failure = ""
    if failed or (late and waiting):
        failure = f"{', '.join(failed or waiting)} {_WORDS.get(switch.phase, '')}"
    match switch.phase:
        case Phase.PREPARE:
            # The obstacle counts from when all have answered: until then somebody may just be busy.
            failure = failure or ("" if waiting else obstacle)
            phase = Phase.RESTORE if failure else Phase.PREPARE if waiting else Phase.STOP
        case Phase.STOP:
            phase = Phase.BACK if failure else Phase.STOP if waiting else Phase.START
        case Phase.START:
            phase = Phase.BACK_STOP if failure else Phase.START if waiting else Phase.RESTORE
        case Phase.BACK_STOP:
            # Who does not answer now may be dead. The others must not wait for it for ever.
            phase = Phase.BACK if failure or not waiting else Phase.BACK_STOP
        case Phase.BACK:
            enough = not waiting or (bool(failure) and is_quorate)
            phase = Phase.RESTORE if enough else Phase.BACK
        case Phase.RESTORE:
            phase = Phase.RESTORE  # it ends when the cluster is at work, which no member says
    return _to(switch, phase, failure, now)


def _to(switch: Switch, phase: Phase, failure: str, now: float) -> Switch:
    if phase is switch.phase:
        return switch
    # The first failure is the reason; what follows comes of it.
    kept = switch.failure or failure
    return switch.model_copy(
        update={"phase": phase, "failure": kept, "until": int(now) + _LIMITS[phase]}
    )


def outcome(switch: Switch) -> str:
    """Return what is to be remembered of a switch that is over; empty if it succeeded."""
    return f"ring stays on {switch.before}: {switch.failure}" if switch.failure else ""
