# Copyright 2026 The instance-ha developers
# SPDX-License-Identifier: Apache-2.0

"""Remotes, and a whole cluster, that are left alone for a while."""

import xml.etree.ElementTree as ET

import pytest

import cib
import remotes
import spare
from remotes import Watched


def cluster(*hosts: str) -> ET.Element:
    root = ET.fromstring(
        "<cib><configuration><crm_config/><nodes/><resources/><constraints/></configuration></cib>"
    )
    parts, _ = remotes.elements([Watched(host, "10.0.0.1") for host in hosts], ["a"], root)
    cib.section(root, "resources").extend(parts)
    cib.set_pairs(root, "crm_config", cib.PROPERTIES, {"maintenance-mode": "false"})
    return root


def paused(root: ET.Element, name: str) -> ET.Element:
    """Do what pacemaker-remote's action ``pause`` does."""
    connection = cib.resource(root, name)
    assert connection is not None
    meta = ET.SubElement(connection, "meta_attributes", id=f"{name}-meta_attributes")
    meta.extend(cib.nvpairs(meta.get("id", ""), {"is-managed": "false", "target-role": "Started"}))
    return root


def managed(root: ET.Element) -> set[str]:
    names = {host.name for host in remotes.present(root)}
    return {name for name in names if remotes.is_managed(name, root)}


def test_what_is_left_alone_is_looked_after_again_and_nothing_else_is_different():
    before = cluster("h1", "h2")
    between = spare.begin(before)
    assert managed(between) == set()
    assert spare.names(between) == ("h1", "h2")
    assert managed(before) == {"h1", "h2"}
    after = spare.end(between)
    cib.section(after, "crm_config").remove(cib.section(after, "crm_config")[-1])
    assert cib.equal(after, before)


def test_a_host_that_somebody_else_has_paused_stays_paused():
    between = spare.begin(paused(cluster("h1", "h2"), "h1"))
    assert spare.names(between) == ("h2",)
    assert managed(spare.end(between)) == {"h2"}


def test_other_things_set_by_hand_stay():
    root = cluster("h1")
    connection = cib.resource(root, "h1")
    assert connection is not None
    meta = ET.Element("meta_attributes", id="h1-meta_attributes")
    meta.extend(cib.nvpairs("h1-meta_attributes", {"target-role": "Started"}))
    connection.insert(1, meta)
    ended = cib.resource(spare.end(spare.begin(root)), "h1")
    assert ended is not None
    assert cib.attributes(ended, "meta_attributes") == {"target-role": "Started"}


def test_both_can_be_repeated():
    once = spare.everything(cluster("h1"))
    assert cib.equal(spare.everything(once), once)
    over = spare.nothing(once, maintenance=False)
    assert cib.equal(spare.nothing(over, maintenance=False), over)


def test_a_host_that_came_in_between_is_left_alone_too_and_one_that_went_is_no_trouble():
    between = spare.begin(cluster("h1"))
    cib.section(between, "resources").extend(cib.section(cluster("h2"), "resources"))
    between = spare.begin(between)
    assert spare.names(between) == ("h1", "h2")
    gone = cib.resource(between, "h1")
    assert gone is not None
    cib.section(between, "resources").remove(gone)
    assert managed(spare.end(between)) == {"h2"}


def test_without_remotes_there_is_nothing_to_note():
    assert cib.equal(spare.begin(cluster()), cluster())


@pytest.mark.parametrize("maintenance", [True, False])
def test_a_cluster_that_touches_nothing_goes_back_to_what_its_operator_wants(maintenance: bool):
    calm = spare.everything(cluster("h1"))
    told = cib.properties(calm)
    assert (told["maintenance-mode"], told[cib.HOLD]) == ("true", "switch-transport")
    assert spare.holds(calm)
    told = cib.properties(spare.nothing(calm, maintenance=maintenance))
    assert told["maintenance-mode"] == str(maintenance).lower()
    # Until the remotes are connected again.
    assert told[cib.HOLD] == "switch-transport"


def test_an_order_to_hold_fencing_that_is_not_ours_stays_theirs():
    root = cluster()
    cib.set_pairs(root, "crm_config", cib.OWN_PROPERTIES, {cib.HOLD: "true"})
    assert cib.properties(spare.everything(root))[cib.HOLD] == "true"
    assert not spare.holds(spare.everything(root))
