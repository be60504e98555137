# Copyright 2026 The instance-ha developers
# SPDX-License-Identifier: Apache-2.0

"""Hosts that the cluster watches."""

import collections
import xml.etree.ElementTree as ET
from collections.abc import Callable

import pytest

import cib
import crm_mon
import plan
import remotes
from remotes import Watched

EMPTY = "<cib><configuration><resources/><constraints/></configuration></cib>"
MEMBERS = ("a", "b", "c")


def hosts(*names: str) -> list[Watched]:
    return [Watched(name, "10.0.0.1") for name in names]


def homes(elements: tuple[ET.Element, ...]) -> dict[str, str]:
    return {e.get("rsc", ""): e.get("node", "") for e in elements if e.get("score") == "200"}


def after(
    names: list[str], members: tuple[str, ...] = MEMBERS, before: ET.Element | None = None
) -> ET.Element:
    present = before if before is not None else ET.fromstring(EMPTY)
    resources, constraints = remotes.elements(hosts(*names), members, present)
    goal = plan.Wanted(plan.Part(resources, constraints), None, {}, {}, {})
    return plan.apply(present, goal)


def spread(root: ET.Element) -> dict[str, str]:
    return homes(tuple(cib.section(root, "constraints")))


def test_a_remote_is_watched_closely_and_its_start_may_not_take_long():
    (host,), _ = remotes.elements(hosts("x.maas"), MEMBERS, ET.fromstring(EMPTY))
    assert (host.get("class"), host.get("provider"), host.get("type")) == (
        "ocf",
        "pacemaker",
        "remote",
    )
    assert cib.attributes(host) == {"server": "10.0.0.1", "reconnect_interval": "30s"}
    operations = {
        op.get("name"): (op.get("interval"), op.get("timeout")) for op in host.iter("op")
    }
    assert operations["monitor"] == ("3s", "10s")
    assert operations["start"] == ("0s", "10s")


def test_connections_spread_over_the_members():
    load = collections.Counter(spread(after([f"h{n}" for n in range(7)])).values())
    assert sorted(load.values()) == [2, 2, 3]


def test_a_new_remote_moves_no_other():
    before = after(["b", "d"])
    homes_before = spread(before)
    homes_after = spread(after(["a", "b", "c", "d"], before=before))
    assert homes_before.items() <= homes_after.items()


def test_a_member_that_leaves_hands_its_connections_on():
    before = after(["h1", "h2", "h3"])
    assert set(spread(after(["h1", "h2", "h3"], ("a", "b"), before)).values()) == {"a", "b"}


def test_a_member_that_joins_gets_its_share():
    before = after(["h1", "h2", "h3"], ("a",))
    load = collections.Counter(spread(after(["h1", "h2", "h3"], before=before)).values())
    assert sorted(load.values()) == [1, 1, 1]


def test_connections_stay_where_they_are_unless_they_may_move():
    before = after(["h1", "h2", "h3"], ("a",))
    _, constraints = remotes.elements(hosts("h1", "h2", "h3"), MEMBERS, before, spread=False)
    assert set(homes(constraints).values()) == {"a"}


HISTORY = """\
<status>
  <node_state uname="a"><lrm><lrm_resources><lrm_resource id="h1">
    <lrm_rsc_op operation="start" last-rc-change="3" call-id="3" rc-code="0"/>
    <lrm_rsc_op operation="stop" last-rc-change="5" call-id="9" rc-code="0"/>
  </lrm_resource></lrm_resources></lrm></node_state>
  <node_state uname="b"><lrm><lrm_resources><lrm_resource id="h1">
    <lrm_rsc_op operation="monitor" last-rc-change="2" call-id="2" rc-code="7"/>
  </lrm_resource></lrm_resources></lrm></node_state>
  <node_state uname="c"><lrm><lrm_resources><lrm_resource id="h1">
    <lrm_rsc_op operation="migrate_from" last-rc-change="4" call-id="7" rc-code="0"/>
    <lrm_rsc_op operation="monitor" last-rc-change="4" call-id="8" rc-code="0"/>
  </lrm_resource></lrm_resources></lrm></node_state>
</status>
"""


def test_a_connection_without_a_home_is_at_home_where_it_is():
    before = after(["h1"])
    for element in list(cib.section(before, "constraints")):
        cib.section(before, "constraints").remove(element)
    before.append(ET.fromstring(HISTORY))
    _, constraints = remotes.elements(hosts("h1"), MEMBERS, before)
    assert homes(constraints) == {"h1": "c"}


def test_without_members_there_are_no_homes():
    assert spread(after(["h1"], ())) == {}


def test_remotes_in_a_configuration_are_found(data: Callable[[str], str]):
    found = remotes.present(ET.fromstring(data("cib-unclean.xml")))
    assert found == (
        Watched("virt-node-01.maas", "10.77.0.21"),
        Watched("virt-node-02.maas", "10.77.0.22"),
    )


@pytest.mark.parametrize(
    ("name", "online"), [("virt-node-01.maas", False), ("virt-node-02.maas", True)]
)
def test_only_a_connected_remote_is_really_online(
    data: Callable[[str], str], name: str, online: bool
):
    status = crm_mon.parse(data("crm_mon-unclean.xml"))
    configuration = ET.fromstring(data("cib-unclean.xml"))
    assert remotes.is_really_online(name, configuration, status) is online


def test_a_remote_still_noted_as_fenced_is_not_really_online(data: Callable[[str], str]):
    status = crm_mon.parse(data("crm_mon-unclean.xml"))
    text = data("cib-unclean.xml")
    configuration = ET.fromstring(text)
    for state in configuration.iterfind("status/node_state[@uname='virt-node-02.maas']"):
        state.set("node_fenced", "1795375552")
    assert not remotes.is_really_online("virt-node-02.maas", configuration, status)


def test_a_connection_that_is_being_tried_is_not_online(data: Callable[[str], str]):
    status = crm_mon.parse(data("crm_mon-unclean.xml"))
    configuration = ET.fromstring(data("cib-unclean.xml"))
    history = configuration.find(".//lrm_resource[@id='virt-node-02.maas']")
    assert history is not None
    attributes = {
        "last-rc-change": "9999999999",
        "call-id": "-1",
        "rc-code": "193",
        "op-status": "-1",
    }
    ET.SubElement(history, "lrm_rsc_op", attributes, operation="start")
    assert not remotes.is_really_online("virt-node-02.maas", configuration, status)


def test_a_connection_keeps_the_wait_that_it_was_made_with():
    text = (
        "<cib><configuration><resources><primitive id='h.maas' class='ocf' provider='pacemaker'"
        " type='remote'><instance_attributes id='x'><nvpair id='y' name='reconnect_interval'"
        " value='60'/></instance_attributes></primitive></resources></configuration></cib>"
    )
    wanted = [remotes.Watched("h.maas", "10.0.0.9"), remotes.Watched("new.maas", "10.0.0.8")]
    made, _ = remotes.elements(wanted, ["a"], ET.fromstring(text))
    waits = {each.get("id"): cib.attributes(each)["reconnect_interval"] for each in made}
    assert waits == {"h.maas": "60", "new.maas": "30s"}
