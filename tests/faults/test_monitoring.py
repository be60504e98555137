# Copyright 2026 The instance-ha developers
# SPDX-License-Identifier: Apache-2.0

"""What monitoring is told by a cluster that runs, and by one with a host that is lost."""

import re
from pathlib import Path

import jubilant
import pytest

from tests.faults import workings
from tests.faults.arena import Arena

WATCHMAN = Path(__file__).with_name("watchman")
OK, CRITICAL = 0, 2


@pytest.fixture
def watched(arena: Arena) -> Arena:
    """The cluster with a Nagios and a COS that ask it."""
    if "watchman" not in arena.juju.status().apps:
        arena.juju.deploy(WATCHMAN)
        arena.juju.integrate("watchman:juju-info", "anchor:juju-info")
        arena.juju.integrate("watchman:nrpe-external-master", "hacluster:nrpe-external-master")
        arena.juju.integrate("watchman:cos-agent", "hacluster:cos-agent")
        arena.juju.wait(jubilant.all_active, timeout=300)
    return arena


def check(arena: Arena, member: str) -> tuple[int, str]:
    """Run the check as NRPE does: the command that its file names, as its user."""
    text = workings.run(arena, member, "cat", "/etc/nagios/nrpe.d/check_crm_status.cfg")
    found = re.search(r"^command\[check_crm_status\]=(.+)$", text, re.MULTILINE)
    assert found, text
    # What su(1) of root leaves of the environment is what NRPE has: nothing.
    command = (
        "env",
        "--ignore-environment",
        "setpriv",
        "--reuid=nagios",
        "--regid=nagios",
        "--clear-groups",
    )
    done = arena.cloud.run(member, [*command, *found[1].split()], timeout=60)
    arena.note("Nagios", f"{done.returncode}: {done.stdout.strip()}{done.stderr.strip()}")
    return done.returncode, done.stdout


def scrape(arena: Arena, member: str) -> dict[str, float]:
    """Return the metrics of a member."""
    client = "import urllib.request as r; print(r.urlopen('http://127.0.0.1:15870/metrics', timeout=20).read().decode())"
    text = workings.run(arena, member, "/usr/bin/python3", "-c", client)
    rows = (
        line.rpartition(" ") for line in text.splitlines() if line and not line.startswith("#")
    )
    return {name: float(value) for name, _, value in rows}


def value(metrics: dict[str, float], name: str, **labels: str) -> float:
    """Return a metric by its name and some of its labels."""
    found = [
        number for metric, number in metrics.items()
        if re.match(rf"{name}(\{{|$)", metric)
        and all(f'{key}="{wanted}"' in metric for key, wanted in labels.items())
    ]  # fmt: skip
    assert len(found) == 1, (name, labels, sorted(metrics))
    return found[0]


def test_a_check_and_the_metrics_see_a_host_that_is_lost_and_one_that_is_off(
    watched: Arena,
) -> None:
    arena, member = watched, watched.cluster.members[0]
    host = arena.cluster.hosts[0]
    # Units are active before the hooks of a new relation have run.
    arena.await_("the exporter answers", lambda: scrape(arena, member), 60)
    code, text = check(arena, member)
    assert (code, "6 of 6 nodes online" in text) == (OK, True), text
    before = scrape(arena, member)
    arena.note("COS", f"{len(before)} series")
    assert seen(before, host) == (1, 0)
    assert value(before, "hacluster_up") == value(before, "hacluster_quorate") == 1
    assert value(before, "hacluster_fencing_held") == 0
    assert len([name for name in before if name.startswith("hacluster_ring_member_joined")]) == 3
    arena.knob("switch", "stuck", host)
    arena.unplug(host)
    arena.await_lost(host)
    code, text = check(arena, member)
    assert (code, f"{host}.maas UNCLEAN" in text) == (CRITICAL, True), text
    assert seen(scrape(arena, member), host) == (0, 1)
    arena.maas.reset()
    arena.await_fenced(host, timeout=240)
    code, text = check(arena, member)
    assert (code, f"{host}.maas OFFLINE" in text) == (CRITICAL, True), text
    # The exporter serves an answer for some seconds.
    arena.await_("the metrics say so", lambda: seen(scrape(arena, member), host) == (0, 0), 30)
    when = value(
        scrape(arena, member),
        "hacluster_fence_last_success_timestamp_seconds",
        target=f"{host}.maas",
    )
    assert abs(when - arena.cluster.confirmed(host)) < 5


def seen(metrics: dict[str, float], host: str) -> tuple[float, float]:
    """Return whether the metrics call a host online, and whether unclean."""
    node = f"{host}.maas"
    return (
        value(metrics, "hacluster_node_online", node=node),
        value(metrics, "hacluster_node_unclean", node=node),
    )
