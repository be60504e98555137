# Copyright 2026 The instance-ha developers
# SPDX-License-Identifier: Apache-2.0
# pyright: basic, reportMissingImports=false

"""Planning and committing a cluster of three members and many remotes, beside the predecessor's calls.

No lab, no daemon: Pacemaker's tools work on a file. What is asserted is the number of commits; seconds are
printed, those of processors too, because others may be at work on the machine. The predecessor gets
``BENCH_SECONDS`` (300) for more than 30 remotes, and is not tried with more than 100.
"""

import dataclasses
import os
import pathlib
import shutil
import sys
import time

import pytest

from instance_ha import command
from instance_ha.interfaces.pacemaker_remote import Remote
from tests.bench import cib_file, crm_calls

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "charms/hacluster/src"))

import cluster  # noqa: E402 (the charm's own modules, found only now)
import crmsh  # noqa: E402
import fencing  # noqa: E402
import leader  # noqa: E402
import matching  # noqa: E402
import pacemaker  # noqa: E402
import plan  # noqa: E402
from config import Config  # noqa: E402
from remotes import Watched  # noqa: E402

from instance_ha.interfaces import hacluster  # noqa: E402

if any(shutil.which(name, path=cib_file.SBIN) is None for name in ("crm", "cibadmin", "crm_mon")):
    pytest.skip("crmsh and pacemaker are not installed", allow_module_level=True)

SIZES = (3, 30, 100, 300)
BUDGET = float(os.environ.get("BENCH_SECONDS", "300"))
RESULTS = ROOT / "build" / "bench"
MEMBERS = tuple(cib_file.MEMBERS)
CONFIG = Config(maas_url="http://10.0.0.1:5240/MAAS")
REQUEST = hacluster.Request(
    resources={
        "res_masakari_d9411c8_vip": "ocf:heartbeat:IPaddr2",
        "res_masakari_haproxy": "lsb:haproxy",
    },
    resource_params={"res_masakari_d9411c8_vip": 'params ip="10.0.0.100"'},
    groups={"grp_masakari_vips": "res_masakari_d9411c8_vip"},
    clones={"cl_res_masakari_haproxy": "res_masakari_haproxy"},
)


@dataclasses.dataclass
class Step:
    """One thing that was measured."""

    remotes: int
    side: str
    plan: float
    commit: float
    cpu: float
    commits: int
    load: float
    note: str = ""


@pytest.fixture
def file(tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch) -> pathlib.Path:
    """The cluster that the charm's doors lead to."""
    path = tmp_path / "cib.xml"
    monkeypatch.setitem(command._ENVIRONMENT, "CIB_file", str(path))
    return path


def hosts(count: int) -> list[Remote]:
    names = [f"virt-node-{number:03}.maas" for number in range(count)]
    return [
        Remote(
            hostname=name,
            address=f"10.1.{number // 250}.{number % 250 + 1}",
            fencing_name=name,
            runs_resources=False,
        )
        for number, name in enumerate(names)
    ]


def machines(remotes: list[Remote]) -> dict[str, matching.Identity]:
    return {
        remote.hostname: matching.Identity(
            f"id{number:04}",
            remote.hostname.partition(".")[0],
            f"4c4c4544-0042-3510-8051-{number:012}",
            "admin",
        )
        for number, remote in enumerate(remotes)
    }


def commit(remotes: list[Remote], part: plan.Part) -> tuple[bool, float]:
    """Plan and commit the whole cluster; return whether that changed it, and the seconds of planning."""
    seconds = 0.0

    def build(present):
        nonlocal seconds
        started = time.monotonic()
        goal = cluster.Goal(
            config=CONFIG,
            members=frozenset(MEMBERS),
            remotes=tuple(Watched(each.hostname, each.address) for each in remotes),
            fenced=fencing.Fenced(machines(remotes)),
            fencing=True,
            opt_in=True,
            principal=part,
        )
        wanted = plan.apply(present, cluster.wanted(goal, present))
        seconds += time.monotonic() - started
        return wanted

    return pacemaker.commit(build), seconds


def ours(file: pathlib.Path, count: int):
    """Yield what it takes: the first time, the second, and in a hook of the leader while all are connected."""
    remotes = hosts(count)
    cib_file.empty(file)
    part = crmsh.translate(REQUEST)
    for side in ("planned and committed", "a second time"):
        before, clock, load = cib_file.epoch(file), cib_file.Clock(), os.getloadavg()[0]
        changed, planning = commit(remotes, part)
        commits = int(changed)
        assert (cib_file.epoch(file) != before) == changed
        yield Step(count, side, planning, clock.wall - planning, clock.cpu, commits, load)
    assert cib_file.ids(file, "resources") >= {remote.hostname for remote in remotes}
    homes = {remote.hostname: MEMBERS[number % 3] for number, remote in enumerate(remotes)}
    cib_file.connect(file, homes)
    for side, config in (
        ("leader's hook, nothing to do", CONFIG),
        ("leader's hook, an option changed", CONFIG.model_copy(update={"failure_timeout": 1})),
    ):
        desires = leader.Desires(
            config=config,
            members=frozenset(MEMBERS),
            member_ids=frozenset(cib_file.MEMBERS.values()),
            remotes=tuple(remotes),
            principal=part,
            deleted=frozenset(),
            report=matching.Report(machines(remotes)),
        )
        clock, load = cib_file.Clock(), os.getloadavg()[0]
        commits = int(leader.configure(desires))
        yield Step(count, side, 0.0, clock.wall, clock.cpu, commits, load)


def theirs(path: pathlib.Path, count: int) -> Step:
    """Configure the same cluster by the predecessor's calls, for as long as it may take."""
    remotes, scratch = hosts(count), path.with_suffix(".crm")
    cib_file.empty(path)
    clock, load = cib_file.Clock(), os.getloadavg()[0]
    calls = 0

    def make(some) -> None:
        nonlocal calls
        for call in some:
            cib_file.run(path, *call)
            calls += 1

    before = cib_file.epoch(path)
    make(crm_calls.base(MEMBERS))
    done = 0
    for number, remote in enumerate(remotes):
        if count > 30 and clock.wall > BUDGET:
            break
        home = MEMBERS[number % 3]
        make(crm_calls.remote(remote.hostname, remote.address, MEMBERS, home, scratch))
        done += 1
    if done == count:
        make(crm_calls.fencing([remote.hostname for remote in remotes], MEMBERS))
    made = cib_file.ids(path, "resources")
    assert made >= {remote.hostname for remote in remotes[:done]}
    note = f"{calls} calls" + (f"; ended after {done} of {count} remotes" if done < count else "")
    commits = cib_file.epoch(path) - before
    assert commits > done
    return Step(count, "predecessor's calls", 0.0, clock.wall, clock.cpu, commits, load, note)


@pytest.mark.parametrize("count", SIZES)
def test_a_cluster_is_one_commit_however_many_remotes(file: pathlib.Path, count: int):
    steps = list(ours(file, count))
    tell(steps)
    assert [step.commits for step in steps] == [1, 0, 0, 1]


@pytest.mark.parametrize("count", [size for size in SIZES if size <= 100])
def test_the_predecessors_calls(tmp_path: pathlib.Path, count: int):
    tell([theirs(tmp_path / "cib.xml", count)])


def tell(steps: list[Step]) -> None:
    lines = [
        f"| {step.remotes} | {step.side} | {step.plan:.2f} | {step.commit:.2f} | {step.cpu:.1f} | {step.commits} "
        f"| {step.load:.0f} | {step.note} |"
        for step in steps
    ]
    head = "| remotes | what | plan s | commit s | processor s | commits | load | |\n|---|---|---|---|---|---|---|---|"
    print("\n".join(["", head, *lines]))
    RESULTS.mkdir(parents=True, exist_ok=True)
    with (RESULTS / "commit.md").open("a") as file:
        if file.tell() == 0:
            print(head, file=file)
        print("\n".join(lines), file=file)
