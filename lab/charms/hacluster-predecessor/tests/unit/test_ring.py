# Copyright 2026 The instance-ha developers
# SPDX-License-Identifier: Apache-2.0

import ring


def test_members_have_ids_and_addresses_and_no_names():
    conf = ring.render({1001: "10.0.0.2", 1000: "10.0.0.1"})
    assert "  node {\n    ring0_addr: 10.0.0.2\n    nodeid: 1001\n  }\n" in conf
    assert "name:" not in conf.replace("cluster_name", "")
    assert conf.index("1001") < conf.index("1000")


def test_two_members_go_on_with_one():
    assert "two_node: 1" in ring.render({1000: "10.0.0.1", 1001: "10.0.0.2"})
    assert "two_node" not in ring.render({1000: "10.0.0.1"})


def test_the_id_is_that_of_the_unit():
    assert ring.node_id("hacluster/12") == 1012
