# Copyright 2026 The instance-ha developers
# SPDX-License-Identifier: Apache-2.0

"""The loss of a hypervisor, seen by everybody who sees it from outside, and what must come of it."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping, Sequence

from lab.story import acts, cluster, timeline
from lab.story.openstack import wait_for
from lab.story.recorder import Change, Recorder
from lab.story.stage import Stage, machine_of
from lab.story.timeline import Moment
from tests.bench import crowd

LIVE = ("new", "running", "error")
_CRM_MON = ("/usr/sbin/crm_mon", "--one-shot", "--output-as=xml")
# The database is asked, for on a small machine each call of a client costs what a recovery does.
_WHERE = "select uuid, host from nova.instances where deleted = 0"
_TOLD = "select notification_uuid from masakari.notifications where type = 'COMPUTE_HOST'"
_LOCKED = "select count(*) from nova.instances where deleted = 0 and locked = 1"
# Two notifications that are read in the same look, or in two that follow, are not two at once.
_TOGETHER = 1.0
# The longest way: two minutes until a silence is one, a pause, and evacuations anew; twice.
PATIENCE = 900.0


def query(stage: Stage, question: str) -> list[str]:
    """Return what the database answers, line by line."""
    done = stage.cloud.run(crowd.CONTROL, ["mariadb", "-BNe", question])
    assert done.returncode == 0, done.stderr
    return done.stdout.splitlines()


def together(notifications: Mapping[str, Sequence[Change]], now: float) -> list[tuple[str, str]]:
    """Return the pairs of notifications that were live at the same time.

    Args:
        notifications: The states of each, oldest first.
        now: Until when one lives that has not ended.
    """
    lives = sorted(
        (
            changes[0].at,
            next((one.at for one in changes if not one.state.endswith(LIVE)), now),
            name,
        )
        for name, changes in notifications.items()
    )
    return [
        (one[2], other[2])
        for number, one in enumerate(lives)
        for other in lives[number + 1 :]
        if other[0] < one[1] - _TOGETHER
    ]


class Scene:
    """One loss: who is lost, what is seen of it, and what was broken beside it.

    Attributes:
        host: The hypervisor that has most of the instances, as nova names it.
        cut: When it was lost, in seconds since the epoch; 0 before.
    """

    def __init__(self, stage: Stage, patients: dict[str, str]) -> None:
        self.stage = stage
        self.patients = patients
        self.members = sorted(one.id for one in stage.cloud.instances() if one.host)
        self.host = self._fullest()
        self.recorder = Recorder(stage.cloud, crowd.CONTROL)
        self.cut = 0.0
        self._off: list[str] = []

    def __enter__(self) -> Scene:
        self.recorder.__enter__()
        wait_for("a look at the databases", lambda: self.recorder.changes("service"), timeout=30)
        return self

    def __exit__(self, *_: object) -> None:
        self.recorder.__exit__()

    def _fullest(self) -> str:
        rows = [row.split("\t") for row in query(self.stage, _WHERE)]
        hosts = [host for uuid, host in rows if uuid in self.patients.values()]
        return max(sorted(set(hosts)), key=hosts.count)

    @property
    def guests(self) -> dict[str, str]:
        """The instances that were on the hypervisor."""
        return {
            name: uuid
            for name, uuid in self.patients.items()
            if any(
                one.name == uuid and one.state.startswith(f"{self.host}|")
                for one in self.recorder.changes("instance")
                if not self.cut or one.at < self.cut
            )
        }

    def lose(self) -> None:
        """Cut the hypervisor off."""
        self.cut = acts.cut_every_nic(self.stage, self.host)

    def note(self, what: str) -> float:
        """Keep a moment of what the test does."""
        return self.stage.note("test", what)

    # What is seen

    def is_unclean(self) -> bool:
        """Whether the cluster knows of the loss."""
        seen = self._cluster()
        node = seen.nodes.get(machine_of(self.host)) if seen else None
        return node is not None and (node.unclean or not node.online)

    def _cluster(self) -> cluster.Status | None:
        for member in self.members:
            if self.stage.cloud.is_on(member):
                done = self.stage.cloud.run(member, _CRM_MON, timeout=30)
                if done.returncode == 0:
                    return cluster.parse(done.stdout)
        return None

    def is_off(self) -> bool:
        """Whether MAAS has been asked and has said that the machine is off."""
        seen = timeline.power(self.stage.maas_events, machine_of(self.host), self.cut)
        return any("seen to be off" in moment.what for moment in seen)

    def is_notified(self) -> bool:
        """Whether Masakari has the notification."""
        return bool(self.notifications())

    def is_moving(self) -> bool:
        """Whether an evacuation is under way."""
        return any(one.state == "ongoing" for one in self.recorder.changes("move", self.cut))

    def has_ended(self) -> bool:
        """Whether no notification is live any more, after there was one."""
        states = [changes[-1].state for changes in self.notifications().values()]
        return bool(states) and not any(state.endswith(LIVE) for state in states)

    def notifications(self) -> dict[str, list[Change]]:
        """Return the notifications about hosts since the loss, each with its states."""
        found: dict[str, list[Change]] = {}
        for one in self.recorder.changes("notification", self.cut):
            if one.state.startswith("COMPUTE_HOST|"):
                found.setdefault(one.name, []).append(one)
        return found

    def await_phase(self, what: str, seen: Callable[[], bool]) -> None:
        """Wait until something of the recovery is seen."""
        wait_for(what, seen, timeout=PATIENCE, every=0.1)
        self.note(f"it is seen: {what}")

    # What must come of it

    def complete(self) -> None:
        """See the recovery to its end, without doing anything for it."""
        crowd.wait_away(self.stage, self.recorder, self.guests, self.host)
        self.note("every instance is ACTIVE elsewhere and beats")
        wait_for("no notification is live", self.has_ended, timeout=PATIENCE, every=0.5)
        wait_for("no instance is left locked", self._is_unlocked, timeout=120)
        assert len(self.notifications()) >= 1
        assert self.together() == [], "two notifications were live at once"
        assert self.stage.watch.doubles() == ()

    def together(self) -> list[tuple[str, str]]:
        """Return the pairs of notifications that were live at the same time."""
        return together(self.notifications(), time.time())

    def _is_unlocked(self) -> bool:
        return query(self.stage, _LOCKED) == ["0"]

    # Afterwards

    def switch_off(self, machine: str) -> None:
        """Cut a machine's power, until the end."""
        self._off.append(machine)
        self.note(f"{machine} loses its power")
        self.stage.cloud.power_off(machine)

    def mend(self) -> None:
        """Give back what was broken, and take the hypervisor into service."""
        for machine in self._off:
            self.stage.cloud.power_on(machine)
            self.stage.cloud.wait(machine)
        if self.cut:
            told = self._told()
            acts.return_hypervisor(self.stage, self.host)
            assert self._told() == told, "a host was reported for a failure that is over"
        wait_for("the cluster is whole", self._is_whole, timeout=300)

    def _is_whole(self) -> bool:
        seen = self._cluster()
        return seen is not None and seen.is_healthy

    def _told(self) -> list[str]:
        return query(self.stage, _TOLD)

    def timeline(self) -> str:
        """Return everything that was seen since the loss."""
        return timeline.render(self._moments(), self.cut)

    def _moments(self) -> Iterator[Moment]:
        yield from (one for one in self.stage.moments if one.at >= self.cut - 1)
        yield from timeline.power(self.stage.maas_events, machine_of(self.host), self.cut)
        names = {uuid: name for name, uuid in self.patients.items()}
        sightings = self.stage.watch.sightings()
        yield from timeline.processes(sightings, self.cut, lambda uuid: names.get(uuid, uuid))
        for kind in ("notification", "move", "instance", "service"):
            for one in self.recorder.changes(kind, self.cut):
                subject = names.get(one.name.rpartition("/")[2], one.name[:20])
                yield Moment(one.at, "database", f"{kind} {subject}: {one.state}")
