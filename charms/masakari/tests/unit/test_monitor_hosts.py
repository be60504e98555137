# Copyright 2026 The instance-ha developers
# SPDX-License-Identifier: Apache-2.0

"""Taking a hypervisor out of service and back: the order, and what it waits for."""

from collections.abc import Callable, Iterator

import pytest
from monitor_cloud import Cloud
from test_monitor_openstack import settings

from fencing_monitor import hosts, openstack
from fencing_monitor.cluster import Cluster, Operation, Remote
from fencing_monitor.upkeep import Keeper
from fencing_monitor.work import Ask, HostError, Step

MASAKARI = "Masakari detected host failed."
CONNECTED = (Operation("masakari1", "monitor", 0, 0, 5, 1795375001),)
ONLINE = Remote(
    "h1", online=True, unclean=False, node_fenced=0, member="masakari1", operations=CONNECTED
)


@pytest.fixture
def cloud() -> Iterator[Cloud]:
    cloud = Cloud()
    cloud.service.update(status="disabled", disabled_reason=MASAKARI, forced_down=True)
    cloud.host["on_maintenance"] = True
    yield cloud
    cloud.stop()


RETURNING = {
    "status": "disabled",
    "disabled_reason": MASAKARI,
    "forced_down": False,
    "state": "up",
}


class Pacemaker:
    """What a cluster does with a host: it watches it, or leaves it alone."""

    def __init__(self, *remotes: Remote, watched: bool = True, answers: bool = True):
        self.remotes = remotes or (ONLINE,)
        self.watched = watched
        self.answers = answers

    def set_watched(self, host: str, watched: bool) -> None:
        self.watched = watched

    @property
    def keeper(self) -> Keeper:
        return Keeper(
            lambda: Cluster(0.0, True, self.remotes),
            lambda host: self.watched,
            self.set_watched,
            lambda host: self.answers,
        )


def returned(
    cloud: Cloud,
    *remotes: Remote,
    sleep: Callable[[float], None] | None = None,
    cluster: Pacemaker | None = None,
) -> tuple[Step, ...]:
    """Return the host, on a clock that only sleeping moves."""
    time = [0.0]

    def rest(seconds: float) -> None:
        time[0] += seconds
        if sleep is not None:
            sleep(time[0])

    return hosts.return_host(
        openstack.Cloud(settings(cloud.url)).ask,
        (cluster or Pacemaker(*remotes)).keeper,
        "h1",
        reasons=[MASAKARI],
        timeout=30.0,
        clock=lambda: time[0],
        sleep=rest,
    )


def changes(cloud: Cloud) -> list[tuple[str, object]]:
    return [
        (path.rsplit("/", 1)[1], body) for method, path, _, body in cloud.seen if method == "PUT"
    ]


def test_the_order_is_forced_down_then_enabled_then_off_maintenance(cloud: Cloud):
    steps = returned(cloud)
    assert changes(cloud) == [
        ("s1", {"forced_down": False}),
        ("s1", {"status": "enabled"}),
        ("u1", {"host": {"on_maintenance": False}}),
    ]
    assert [step.what for step in steps if step.changed] == [
        "forced_down cleared in nova",
        "nova-compute is up",
        "enabled in nova",
        "on_maintenance cleared in Masakari",
    ]


def test_a_second_time_nothing_changes(cloud: Cloud):
    returned(cloud)
    cloud.seen.clear()
    assert not any(step.changed for step in returned(cloud))
    assert not changes(cloud)


def test_it_waits_until_evacuated_instances_are_cleaned_up(cloud: Cloud):
    cloud.evacuations = 2

    def clean(seconds: float) -> None:
        cloud.evacuations = 0 if seconds >= 9 else cloud.evacuations

    returned(cloud, sleep=clean)
    assert changes(cloud)[0] == ("s1", {"forced_down": False})
    cloud.service["forced_down"] = True
    cloud.evacuations = 1
    with pytest.raises(HostError, match="not cleaned up 1"):
        returned(cloud)


def test_a_refusal_of_nova_is_waited_out_and_then_told(cloud: Cloud):
    cloud.refuse["PUT /nova/os-services"] = (
        400,
        {"badRequest": {"code": 400, "message": "Unable to force up"}},
    )
    with pytest.raises(HostError, match="Unable to force up") as caught:
        returned(cloud)
    assert [step.what for step in caught.value.steps] == ["online in the cluster"]


def test_nothing_is_enabled_before_nova_compute_reports(cloud: Cloud):
    cloud.service.update(forced_down=False, state="down")
    with pytest.raises(HostError, match="does not report"):
        returned(cloud)
    assert not changes(cloud)


def test_what_somebody_else_disabled_stays_disabled(cloud: Cloud):
    cloud.service["disabled_reason"] = "bad memory, do not use"
    steps = returned(cloud)
    assert any("bad memory" in step.what for step in steps)
    assert cloud.service["status"] == "disabled"
    assert not cloud.host["on_maintenance"]


def test_a_reserve_that_was_disabled_without_a_reason_stays_one(cloud: Cloud):
    cloud.service.update(RETURNING, disabled_reason=None)
    cloud.host["reserved"] = True
    returned(cloud)
    assert cloud.service["status"] == "disabled"
    assert not cloud.host["on_maintenance"]


def test_a_host_that_an_old_engine_disabled_without_a_reason_is_enabled(cloud: Cloud):
    cloud.service.update(RETURNING, disabled_reason=None)
    returned(cloud)
    assert cloud.service["status"] == "enabled"


def test_a_service_that_was_enabled_while_down_is_disabled_and_enabled_to_mend_its_trait(
    cloud: Cloud,
):
    cloud.service.update(status="enabled", disabled_reason=None)
    returned(cloud)
    assert [body for name, body in changes(cloud) if name == "s1"][1:] == [
        {"status": "disabled", "disabled_reason": hosts.HOLD_REASON},
        {"status": "enabled"},
    ]


@pytest.mark.parametrize(
    ("remotes", "message"),
    [
        (
            [Remote("h1", online=True, unclean=False, node_fenced=1795375552)],
            "does not see h1 online",
        ),
        ([Remote("h2", online=True, unclean=False, node_fenced=0)], "no remote named h1"),
    ],
)
def test_a_host_that_is_not_really_online_is_refused(
    cloud: Cloud, remotes: list[Remote], message: str
):
    with pytest.raises(HostError, match=message):
        returned(cloud, *remotes)
    assert not changes(cloud)


def test_a_segment_under_recovery_is_waited_for(cloud: Cloud):
    cloud.refuse["PUT /ha/segments"] = (
        409,
        {"conflictingRequest": {"code": 409, "message": "in-use"}},
    )

    def ends(seconds: float) -> None:
        cloud.refuse.clear()

    steps = returned(cloud, sleep=ends)
    assert steps[-1].what == "on_maintenance cleared in Masakari"


def test_a_host_in_no_segment_is_returned_all_the_same(cloud: Cloud):
    cloud.host["name"] = "another"
    assert returned(cloud)[-1].what == "not in a failover segment"


def in_service(cloud: Cloud) -> Ask:
    cloud.service.update(status="enabled", disabled_reason=None, forced_down=False, state="up")
    cloud.host["on_maintenance"] = False
    return openstack.Cloud(settings(cloud.url)).ask


def test_holding_puts_on_maintenance_first_and_is_repeatable(cloud: Cloud):
    ask, cluster = in_service(cloud), Pacemaker()
    hosts.hold_host(ask, cluster.keeper, "h1")
    assert [name for name, _ in changes(cloud)] == ["u1", "s1"]
    assert cloud.service["disabled_reason"] == hosts.HOLD_REASON
    assert not cluster.watched
    assert not any(step.changed for step in hosts.hold_host(ask, cluster.keeper, "h1"))
    returned(cloud, cluster=cluster)
    assert cloud.service["status"] == "enabled"
    assert cluster.watched


def test_a_lost_host_is_not_held(cloud: Cloud):
    ask = in_service(cloud)
    cluster = Pacemaker(Remote("h1", online=False, unclean=True))
    with pytest.raises(HostError, match="lost and not fenced yet"):
        hosts.hold_host(ask, cluster.keeper, "h1")
    assert (changes(cloud), cluster.watched) == ([], True)


def test_a_host_that_nova_does_not_know_is_not_held(cloud: Cloud):
    ask, cluster = in_service(cloud), Pacemaker()
    cloud.service["host"] = "another"
    with pytest.raises(HostError, match="nova has no nova-compute on h1"):
        hosts.hold_host(ask, cluster.keeper, "h1")
    assert (changes(cloud), cluster.watched) == ([], True)


def test_a_host_outside_the_cluster_is_held_all_the_same(cloud: Cloud):
    ask, cluster = in_service(cloud), Pacemaker(Remote("h2", online=True, unclean=False))
    assert hosts.hold_host(ask, cluster.keeper, "h1")[-1] == Step("not in the cluster", False)
    assert cloud.host["on_maintenance"]


def test_the_cluster_watches_a_host_again_only_when_it_answers(cloud: Cloud):
    cluster = Pacemaker(watched=False, answers=False)
    with pytest.raises(HostError, match="does not answer; is the host powered on"):
        returned(cloud, cluster=cluster)
    assert (changes(cloud), cluster.watched) == ([], False)
    cluster.answers = True
    assert returned(cloud, cluster=cluster)[0] == Step("watched by the cluster again", True)


def restored(cloud: Cloud, cluster: Pacemaker | None = None) -> tuple[Step, ...]:
    ask = openstack.Cloud(settings(cloud.url)).ask
    return hosts.restore_host(ask, (cluster or Pacemaker()).keeper, "h1", [MASAKARI])


def test_a_host_that_returns_by_itself_takes_the_last_steps_of_a_return(cloud: Cloud):
    cloud.service.update(RETURNING)
    restored(cloud)
    assert changes(cloud) == [
        ("s1", {"status": "enabled"}),
        ("u1", {"host": {"on_maintenance": False}}),
    ]
    cloud.seen.clear()
    restored(cloud)
    assert not changes(cloud)


@pytest.mark.parametrize(
    ("service", "message"),
    [
        ({"forced_down": True}, "is forced down"),
        ({"state": "down"}, "nova-compute on h1 is down"),
        ({"disabled_reason": "bad memory"}, r"somebody else disabled it \(bad memory\)"),
        ({"disabled_reason": None}, r"somebody else disabled it \(no reason\)"),
        ({"disabled_reason": hosts.HOLD_REASON}, "Out of service by pause-host"),
    ],
)
def test_it_changes_nothing_about_one_that_is_not_what_it_was_taken_for(
    cloud: Cloud, service: dict[str, object], message: str
):
    cloud.service.update({**RETURNING, **service})
    with pytest.raises(HostError, match=message):
        restored(cloud)
    assert not changes(cloud)


@pytest.mark.parametrize(
    "cluster",
    [
        Pacemaker(watched=False),
        Pacemaker(Remote("h1", online=True, unclean=False, node_fenced=1795375552)),
    ],
)
def test_it_changes_nothing_about_one_that_the_cluster_does_not_watch(
    cloud: Cloud, cluster: Pacemaker
):
    cloud.service.update(RETURNING)
    with pytest.raises(HostError, match="does not see h1 online, or leaves it alone"):
        restored(cloud, cluster)
    assert not changes(cloud)


def test_it_changes_nothing_before_nova_compute_has_cleaned_up(cloud: Cloud):
    cloud.service.update(RETURNING)
    cloud.evacuations = 1
    with pytest.raises(HostError, match="not cleaned up 1"):
        restored(cloud)
    assert not changes(cloud)


def test_it_does_not_wait_for_masakari(cloud: Cloud):
    cloud.service.update(RETURNING)
    cloud.refuse["PUT /ha/segments"] = (409, {"conflictingRequest": {"message": "in-use"}})
    with pytest.raises(HostError, match="still recovers something"):
        restored(cloud)
