# Copyright 2026 The instance-ha developers
# SPDX-License-Identifier: Apache-2.0

"""The wanted cluster."""

import xml.etree.ElementTree as ET

import pytest

import cib
import cluster
import fencing
import matching
import plan
from config import Config
from remotes import Watched

EMPTY = ET.fromstring(
    "<cib><configuration><crm_config/><nodes/><resources/><constraints/></configuration></cib>"
)
VIP = ET.Element("primitive", {"id": "vip", "class": "ocf"})


def goal(**values: object) -> cluster.Goal:
    given = {
        "config": Config(maas_url="http://maas/MAAS"),
        "members": frozenset({"a", "b", "c"}),
        "remotes": (Watched("h.maas", "10.0.0.9"),),
        "fenced": fencing.Fenced({"h.maas": matching.Identity("a1", "h")}),
        "fencing": True,
        "opt_in": True,
        "principal": plan.Part((VIP,)),
        **values,
    }
    return cluster.Goal(**given)  # type: ignore[arg-type]


def constraints(found: plan.Wanted) -> dict[str, ET.Element]:
    return {element.get("id", ""): element for element in found.charm.constraints}


def test_fencing_is_powering_off_and_parallel():
    properties = cluster.wanted(goal(), EMPTY).properties
    assert properties["stonith-enabled"] == "true"
    assert properties["stonith-action"] == "off"
    assert properties["concurrent-fencing"] == "true"


@pytest.mark.parametrize(
    ("option", "value", "name", "expected"),
    [
        ("no_quorum_policy", "freeze", "no-quorum-policy", "freeze"),
        ("no_quorum_policy", "Demote", "no-quorum-policy", "demote"),
        ("cluster_recheck_interval", 30, "cluster-recheck-interval", "30"),
        ("maintenance_mode", True, "maintenance-mode", "true"),
    ],
)
def test_options_become_properties(option: str, value: object, name: str, expected: str):
    config = Config.model_validate({option: value})
    assert cluster.wanted(goal(config=config), EMPTY).properties[name] == expected


def test_the_failure_timeout_is_a_default_of_resources():
    found = cluster.wanted(goal(config=Config(failure_timeout=60)), EMPTY)
    assert found.resource_defaults == {"resource-stickiness": "100", "failure-timeout": "60"}


def test_a_connection_that_is_tried_does_not_count_as_online():
    assert cluster.wanted(goal(), EMPTY).operation_defaults == {"record-pending": "false"}


def test_in_an_opt_in_cluster_everything_is_allowed_on_members_only():
    found = constraints(cluster.wanted(goal(), EMPTY))
    for name in ("vip", "st-maas", "st-members", "h.maas"):
        (expression,) = found[f"loc-{name}"].iter("expression")
        assert expression.attrib == {
            "id": f"loc-{name}-rule-expression",
            "attribute": "#kind",
            "operation": "ne",
            "value": "remote",
        }


def test_in_an_opt_out_cluster_only_connections_are_placed():
    found = cluster.wanted(goal(opt_in=False), EMPTY)
    assert found.properties["symmetric-cluster"] == "true"
    assert set(constraints(found)) == {"loc-h.maas", "loc-h.maas-home"}


def test_hosts_to_ping_make_a_ping_resource_that_what_is_requested_depends_on():
    config = Config(monitor_host="10.0.0.254", monitor_interval="7s")
    found = cluster.wanted(goal(config=config, opt_in=False), EMPTY)
    (clone,) = [element for element in found.charm.resources if element.get("id") == "cl_ping"]
    assert [op.get("interval") for op in clone.iter("op")] == ["7s"]
    assert constraints(found)["Ping-vip"].get("rsc") == "vip"


def test_a_leader_without_a_request_places_what_the_last_one_asked_for():
    present = plan.apply(EMPTY, cluster.wanted(goal(), EMPTY))
    assert "loc-vip" in constraints(cluster.wanted(goal(principal=None), present))


HOSTS = tuple(Watched(f"h{n}.maas", f"10.0.0.{n}") for n in range(3))


def at_home(root: ET.Element) -> list[str]:
    found = cib.section(root, "constraints").iter("rsc_location")
    return sorted(each.get("node", "") for each in found if each.get("score") == "200")


def test_connections_move_only_when_somebody_comes_or_goes():
    predecessors = ET.fromstring(ET.tostring(EMPTY))
    for host in HOSTS:
        name = host.name
        home = cib.location(f"loc-{name}-a", name, "200", "a")
        cib.section(predecessors, "constraints").append(home)
    adopted = plan.apply(predecessors, cluster.wanted(goal(remotes=HOSTS), predecessors))
    again = plan.apply(adopted, cluster.wanted(goal(remotes=HOSTS), adopted))
    assert at_home(adopted) == at_home(again) == ["a", "a", "a"]
    more = goal(remotes=HOSTS, members=frozenset("abcd"))
    assert len(set(at_home(plan.apply(again, cluster.wanted(more, again))))) == 3
    fewer = plan.apply(again, cluster.wanted(goal(remotes=HOSTS[:2]), again))
    assert at_home(fewer) == ["a", "b"]


LEVELS = fencing.Fenced({"h.maas": matching.Identity("a1", "h")}, {"h.maas": "h"})


def test_a_topology_is_there_only_while_a_host_has_two_ways_to_be_fenced():
    without = plan.apply(EMPTY, cluster.wanted(goal(), EMPTY))
    assert without.find("configuration/fencing-topology") is None
    with_levels = plan.apply(without, cluster.wanted(goal(fenced=LEVELS), without))
    levels = with_levels.findall("configuration/fencing-topology/fencing-level")
    assert [level.get("id") for level in levels] == ["level-h.maas-1", "level-h.maas-2"]
    again = plan.apply(with_levels, cluster.wanted(goal(), with_levels))
    assert ET.tostring(again) == ET.tostring(without)


def test_levels_of_an_operator_stay():
    given = ET.fromstring(ET.tostring(EMPTY))
    level = '<fencing-topology><fencing-level id="x" target="a" index="1" devices="y"/></fencing-topology>'
    cib.section(given, "constraints")
    next(given.iter("configuration")).append(ET.fromstring(level))
    once = plan.apply(given, cluster.wanted(goal(fenced=LEVELS), given))
    again = plan.apply(once, cluster.wanted(goal(remotes=(), fenced=fencing.Fenced()), once))
    levels = again.findall("configuration/fencing-topology/fencing-level")
    assert [level.get("id") for level in levels] == ["x"]


def test_a_second_plan_is_the_same():
    once = plan.apply(EMPTY, cluster.wanted(goal(), EMPTY))
    twice = plan.apply(once, cluster.wanted(goal(), once))
    assert ET.tostring(once) == ET.tostring(twice)
