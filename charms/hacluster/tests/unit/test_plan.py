# Copyright 2026 The instance-ha developers
# SPDX-License-Identifier: Apache-2.0

"""From the present configuration to the wanted one."""

import copy
import itertools
import xml.etree.ElementTree as ET
from collections.abc import Iterable

import cib
import plan

EMPTY = "<cib epoch='1'><configuration><crm_config/><nodes/><resources/><constraints/></configuration><status/></cib>"


def cluster(
    resources: str = "", constraints: str = "", *, owned: Iterable[str] = ()
) -> ET.Element:
    root = ET.fromstring(EMPTY)
    for name, text in (("resources", resources), ("constraints", constraints)):
        cib.section(root, name).extend(ET.fromstring(f"<x>{text}</x>"))
    if owned:
        cib.own(root, plan.PRINCIPAL, owned)
    return root


def part(resources: str = "", constraints: str = "") -> plan.Part:
    return plan.Part(
        tuple(ET.fromstring(f"<x>{resources}</x>")), tuple(ET.fromstring(f"<x>{constraints}</x>"))
    )


def wanted(
    principal: plan.Part | None = None,
    charm: plan.Part | None = None,
    *,
    deleted: Iterable[str] = (),
    **properties: str,
) -> plan.Wanted:
    return plan.Wanted(
        charm or plan.Part(), principal, properties, {}, {}, deleted=frozenset(deleted)
    )


def names(root: ET.Element, section: str = "resources") -> list[str]:
    return [element.get("id", "") for element in cib.section(root, section)]


VIP = "<primitive id='vip' class='ocf' provider='heartbeat' type='IPaddr2'/>"
GROUP = f"<group id='vips'>{VIP}</group>"


def test_what_is_wanted_appears():
    result = plan.apply(cluster(), wanted(part(VIP, "<rsc_location id='l' rsc='vip'/>")))
    assert (names(result), names(result, "constraints")) == (["vip"], ["l"])


def test_what_changes_stays_in_its_place_when_what_stood_before_it_goes():
    resources = (
        "<primitive id='gone'/>",
        "<primitive id='st' type='old'/>",
        "<primitive id='theirs'/>",
    )
    for order in itertools.permutations(resources):
        present = cluster("".join(order), owned=["gone", "st"])
        result = plan.apply(present, wanted(part("<primitive id='st' type='new'/>")))
        kept = [name for name in names(present) if name != "gone"]
        assert names(result) == kept
        assert cib.section(result, "resources").find("primitive[@id='st']").get("type") == "new"


def test_a_second_run_changes_nothing():
    goal = wanted(part(GROUP), part("<primitive id='st'/>"), no_quorum_policy="stop")
    once = plan.apply(cluster(), goal)
    assert cib.equal(plan.apply(once, goal), once)


def test_the_present_configuration_is_not_changed_itself():
    present = cluster()
    before = copy.deepcopy(present)
    plan.apply(present, wanted(part(VIP)))
    assert cib.equal(present, before)


def test_what_is_ours_and_not_wanted_any_more_goes():
    result = plan.apply(cluster(VIP, owned=["vip"]), wanted(part("<primitive id='other'/>")))
    assert names(result) == ["other"]


def test_what_an_operator_made_stays():
    result = plan.apply(cluster(VIP), wanted(part("<primitive id='other'/>")))
    assert names(result) == ["vip", "other"]


def test_a_leader_that_does_not_know_its_principals_wishes_leaves_them_be():
    present = cluster(VIP, owned=["vip"])
    result = plan.apply(present, wanted(None))
    assert names(result) == ["vip"]
    assert cib.owned(result, plan.PRINCIPAL) == {"vip"}


def test_what_a_principal_wants_deleted_goes_whoever_made_it():
    result = plan.apply(cluster(VIP), wanted(part(), deleted=["vip"]))
    assert names(result) == []


def test_what_is_wanted_is_not_deleted():
    result = plan.apply(cluster(), wanted(part(VIP), deleted=["vip"]))
    assert names(result) == ["vip"]


def test_what_the_predecessor_made_goes():
    present = cluster(
        "<primitive id='st-null' class='stonith' type='null'/><primitive id='strange'/>"
        "<primitive id='st-maas-1a2b' class='stonith' type='external/maas'/>",
        "<rsc_location id='loc-strange-a' rsc='strange' score='0' node='a'/>"
        "<rsc_location id='loc-strange-b' rsc='strange' score='200' node='b'/>"
        "<rsc_location id='cli-ban' rsc='strange' score='-INFINITY' node='a'/>",
    )
    result = plan.apply(present, wanted(part()))
    assert (names(result), names(result, "constraints")) == (["strange"], ["cli-ban"])


def test_what_only_looks_like_the_predecessors_is_an_operators():
    present = cluster(
        "<primitive id='strange'/><primitive id='st-mine' class='stonith' type='fence_ipmilan'/>",
        "<rsc_location id='loc-mine' rsc='strange' score='0' node='a'/>"
        "<rsc_location id='loc-strange-a' rsc='strange' score='INFINITY' node='a'/>",
    )
    result = plan.apply(present, wanted(part()))
    assert names(result) == ["strange", "st-mine"]
    assert names(result, "constraints") == ["loc-mine", "loc-strange-a"]


def test_a_primitive_moves_into_its_group_in_the_same_step():
    result = plan.apply(cluster(VIP, owned=["vip"]), wanted(part(GROUP)))
    assert names(result) == ["vips"]
    assert [member.get("id") for member in cib.section(result, "resources")[0]] == ["vip"]


def test_a_primitive_moves_out_of_its_group_and_the_empty_group_goes():
    result = plan.apply(cluster(GROUP, owned=["vips"]), wanted(part(VIP)))
    assert names(result) == ["vip"]


def test_a_changed_resource_stays_in_its_place():
    present = cluster(f"{VIP}<primitive id='other'/>", owned=["vip"])
    changed = "<primitive id='vip' class='ocf' provider='heartbeat' type='IPv6addr'/>"
    result = plan.apply(present, wanted(part(changed)))
    assert names(result) == ["vip", "other"]
    assert cib.section(result, "resources")[0].get("type") == "IPv6addr"


def test_what_mentions_a_resource_goes_with_it():
    present = cluster(
        f"{VIP}<primitive id='other'/>",
        "<rsc_location id='op' rsc='vip'/>"
        "<rsc_colocation id='c'><resource_set id='s'><resource_ref id='vip'/></resource_set></rsc_colocation>"
        "<rsc_colocation id='d'><resource_set id='t'><resource_ref id='vip'/><resource_ref id='other'/>"
        "</resource_set></rsc_colocation>",
        owned=["vip"],
    )
    result = plan.apply(present, wanted(part()))
    assert names(result, "constraints") == ["d"]
    assert "vip" not in ET.tostring(cib.section(result, "constraints"), encoding="unicode")


def test_a_remote_goes_with_the_entry_that_pacemaker_made_for_it():
    present = cluster("<primitive id='host.maas'/>")
    cib.own(present, plan.CHARM, ["host.maas"])
    ET.SubElement(cib.section(present, "nodes"), "node", type="remote", uname="host.maas")
    ET.SubElement(cib.section(present, "nodes"), "node", uname="node-01")
    result = plan.apply(present, wanted())
    assert [node.get("uname") for node in cib.section(result, "nodes")] == ["node-01"]


def test_a_resource_that_somebody_stopped_by_hand_stays_stopped():
    stopped = (
        "<primitive id='vip' class='ocf' provider='heartbeat' type='IPaddr2'>"
        "<meta_attributes id='vip-meta_attributes'>"
        "<nvpair id='vip-meta_attributes-target-role' name='target-role' value='Stopped'/>"
        "</meta_attributes></primitive>"
    )
    present = cluster(stopped, owned=["vip"])
    once = plan.apply(present, wanted(part(VIP)))
    meta = cib.attributes(cib.section(once, "resources")[0], "meta_attributes")
    assert meta == {"target-role": "Stopped"}
    assert cib.equal(plan.apply(once, wanted(part(VIP))), once)


def test_properties_are_set_and_others_stay():
    present = cluster()
    cib.set_pairs(
        present, "crm_config", cib.PROPERTIES, {"dc-version": "3", "stonith-enabled": "false"}
    )
    result = plan.apply(present, wanted(**{"stonith-enabled": "true"}))
    pairs = result.findall(
        "configuration/crm_config/cluster_property_set[@id='cib-bootstrap-options']/nvpair"
    )
    assert {pair.get("name"): pair.get("value") for pair in pairs} == {
        "dc-version": "3",
        "stonith-enabled": "true",
    }
