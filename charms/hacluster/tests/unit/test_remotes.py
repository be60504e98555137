# Copyright 2026 The instance-ha developers
# SPDX-License-Identifier: Apache-2.0

"""Hosts that the cluster watches."""

import collections
import dataclasses
import xml.etree.ElementTree as ET
from collections.abc import Callable

import pytest

import cib
import crm_mon
import fencing_report
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
    (home,) = status.where("virt-node-02.maas")
    path = f"status/node_state[@uname='{home}']//lrm_resource[@id='virt-node-02.maas']"
    history = configuration.find(path)
    assert history is not None
    attributes = {
        "last-rc-change": "9999999999",
        "call-id": "-1",
        "rc-code": "193",
        "op-status": "-1",
    }
    ET.SubElement(history, "lrm_rsc_op", attributes, operation="start")
    assert not remotes.is_really_online("virt-node-02.maas", configuration, status)


def test_what_others_found_in_the_same_second_is_not_the_newest(data: Callable[[str], str]):
    # As seen with a new host: connected on one member, and looked for on the others within a second,
    # where it was not running. Each member counts its calls for itself.
    status = crm_mon.parse(data("crm_mon-unclean.xml"))
    configuration = ET.fromstring(data("cib-unclean.xml"))
    (home,) = status.where("virt-node-02.maas")
    path = "status/node_state/lrm/lrm_resources/lrm_resource[@id='virt-node-02.maas']/lrm_rsc_op"
    for operation in configuration.iterfind(path):
        operation.set("last-rc-change", "1795838920")
        if operation.get("on_node") != home:
            probe = {"operation": "monitor", "rc-code": "7", "op-status": "0", "call-id": "99"}
            operation.attrib.update(probe)
    assert home == "node-02"
    assert remotes.is_really_online("virt-node-02.maas", configuration, status)


def test_a_connection_that_runs_nowhere_is_not_online(data: Callable[[str], str]):
    text = data("crm_mon-unclean.xml")
    status = crm_mon.parse(text)
    resources = tuple(each for each in status.resources if each.id != "virt-node-02.maas")
    status = dataclasses.replace(status, resources=resources)
    configuration = ET.fromstring(data("cib-unclean.xml"))
    assert not remotes.is_really_online("virt-node-02.maas", configuration, status)


def test_a_host_that_is_watched_without_a_device_is_named(data: Callable[[str], str]):
    configuration = ET.fromstring(data("cib-unclean.xml"))
    asking = ["virt-node-01.maas", "virt-node-02.maas", "not-watched.maas"]
    assert fencing_report.deviceless(configuration, asking) == ()
    path = ".//primitive[@id='st-maas']//nvpair[@name='pcmk_host_map']"
    device = configuration.find(path)
    assert device is not None
    device.set("value", "virt-node-01.maas:a7d4v1")
    assert fencing_report.deviceless(configuration, asking) == ("virt-node-02.maas",)


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
