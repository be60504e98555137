# Copyright 2026 The instance-ha developers
# SPDX-License-Identifier: Apache-2.0
# pyright: basic, reportMissingImports=false

"""What Pacemaker would do when a cluster of the predecessor's becomes ours.

``cib-predecessor.xml`` was made by the calls of ``crm configure`` that the predecessor's leader makes,
and brought into the state of a running cluster by ``crm_simulate``.
"""

import pathlib
import shutil
import subprocess
import sys
import xml.etree.ElementTree as ET

import pytest

from instance_ha.interfaces import hacluster

ROOT = pathlib.Path(__file__).parents[2]
sys.path.insert(0, str(ROOT / "charms/hacluster/src"))

import cib  # noqa: E402 (the charm's own modules, found only now)
import cluster  # noqa: E402
import crmsh  # noqa: E402
import fencing  # noqa: E402
import matching  # noqa: E402
import plan  # noqa: E402
import spare  # noqa: E402
from config import Config  # noqa: E402
from remotes import Watched  # noqa: E402

if shutil.which("crm_simulate", path="/usr/sbin") is None or not shutil.which(
    "crm", path="/usr/sbin"
):
    pytest.skip("crmsh and pacemaker are not installed", allow_module_level=True)

DATA = pathlib.Path(__file__).parent / "data"
HOSTS = ("h1.maas", "h2.maas", "h3.maas")
VIP, HAPROXY = "res_masakari_d9411c8_vip", "res_masakari_haproxy"
REQUEST = hacluster.Request(
    resources={VIP: "ocf:heartbeat:IPaddr2", HAPROXY: "lsb:haproxy"},
    resource_params={
        VIP: 'params ip="10.0.0.100" meta migration-threshold="INFINITY" failure-timeout="5s"'
        ' op monitor timeout="20s" interval="10s" depth="0"',
        HAPROXY: 'meta migration-threshold="INFINITY" failure-timeout="5s" op monitor interval="5s"',
    },
    groups={"grp_masakari_vips": VIP},
    clones={"cl_res_masakari_haproxy": HAPROXY},
)


def present() -> ET.Element:
    return ET.parse(DATA / "cib-predecessor.xml").getroot()


def adopted(*, certain: bool = True) -> ET.Element:
    """Return the cluster as our leader leaves it; MAAS may not have answered."""
    machines = {name: matching.Identity(f"id-{name}", name[:2]) for name in HOSTS}
    goal = cluster.Goal(
        config=Config(maas_url="http://10.0.0.1:5240/MAAS"),
        members=frozenset("abc"),
        remotes=tuple(Watched(name, f"10.0.0.2{n}") for n, name in enumerate(HOSTS)),
        fenced=fencing.Fenced(machines if certain else {}),
        fencing=True,
        opt_in=True,
        principal=crmsh.translate(REQUEST),
    )
    before = present()
    return plan.apply(before, cluster.wanted(goal, before))


def transition(configuration: ET.Element, directory: pathlib.Path) -> dict[str, str]:
    """Return what Pacemaker would do, by resource."""
    file = directory / "cib.xml"
    file.write_text(ET.tostring(configuration, encoding="unicode"))
    done = subprocess.run(
        ["/usr/sbin/crm_simulate", "--xml-file", file, "--simulate", "--output-as=xml"],
        capture_output=True,
        text=True,
        check=True,
    )
    actions = ET.fromstring(done.stdout).iterfind("actions/*")
    return {
        each.get("resource", each.get("node", "")): each.get("action", "").lower()
        for each in actions
    }


def test_the_predecessors_cluster_is_at_rest(tmp_path: pathlib.Path):
    assert transition(present(), tmp_path) == {}


def test_nothing_restarts_but_the_devices_that_fence(tmp_path: pathlib.Path):
    assert transition(adopted(), tmp_path) == {
        "st-maas": "restart",
        "st-members": "start",
        "st-null": "stop",
    }


def test_while_maas_is_silent_no_host_is_fenced_unverified_and_nothing_restarts(
    tmp_path: pathlib.Path,
):
    assert transition(adopted(certain=False), tmp_path) == {
        "st-maas": "stop",
        "st-members": "start",
        "st-null": "stop",
    }


def test_the_key_of_maas_is_gone_from_the_configuration():
    assert "apikey" in ET.tostring(present(), encoding="unicode")
    assert "apikey" not in ET.tostring(adopted(), encoding="unicode")


def test_connections_stay_at_their_members_and_locations_become_rules():
    constraints = cib.section(adopted(), "constraints")
    homes = {
        each.get("rsc"): each.get("node") for each in constraints if each.get("score") == "200"
    }
    assert homes == dict(zip(HOSTS, "abc", strict=True))
    assert not [each for each in constraints if each.get("score") == "0"]


def test_what_is_not_wanted_any_more_is_stopped_before_it_is_forgotten(tmp_path: pathlib.Path):
    before = adopted()
    fewer = REQUEST.model_copy(
        update={"resources": {HAPROXY: REQUEST.resources[HAPROXY]}, "groups": {}}
    )
    goal = cluster.Goal(
        config=Config(maas_url="http://10.0.0.1:5240/MAAS"),
        members=frozenset("abc"),
        remotes=tuple(Watched(name, f"10.0.0.2{n}") for n, name in enumerate(HOSTS[:2])),
        fenced=fencing.Fenced(
            {name: matching.Identity(f"id-{name}", name[:2]) for name in HOSTS[:2]}
        ),
        fencing=True,
        opt_in=True,
        principal=crmsh.translate(fewer),
    )
    after = plan.apply(before, cluster.wanted(goal, before))
    done = transition(after, tmp_path)
    # The host that has left is let go of, and not fenced.
    assert {name: done.get(name) for name in (VIP, HOSTS[2])} == {VIP: "stop", HOSTS[2]: "stop"}
    assert HAPROXY not in done


def started(*, seen: str) -> ET.Element:
    """Return the cluster as it is when its members have just started: no host has been seen yet."""
    root = present()
    status = root.find("status")
    assert status is not None
    for state in list(status):
        if state.get("uname") not in tuple(seen):
            status.remove(state)
    for history in status.iter("lrm_resources"):
        for connection in history.findall("lrm_resource[@type='remote']"):
            history.remove(connection)
    return root


@pytest.mark.parametrize("seen", ["abc", "ab"])
def test_a_cluster_that_touches_nothing_starts_stops_and_fences_nothing(
    tmp_path: pathlib.Path, seen: str
):
    root = started(seen=seen)
    # What it would do otherwise: connect to hosts, and fence the member that has not come yet.
    assert HOSTS[0] in transition(root, tmp_path)
    assert ("c" in transition(root, tmp_path)) is (seen == "ab")
    assert transition(spare.everything(root), tmp_path) == {}
