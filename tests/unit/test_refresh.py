# Copyright 2026 The instance-ha developers
# SPDX-License-Identifier: Apache-2.0

"""How the lab's test of a refresh reads what machines tell."""

import xml.etree.ElementTree as ET

from tests.refresh import snapshot

CIB = """\
<cib><status><node_state id="1000" uname="a"><lrm><lrm_resources>
  <lrm_resource id="vip" class="ocf">
    <lrm_rsc_op id="vip_last_0" operation="start" call-id="5" last-rc-change="9" rc-code="0"/>
    <lrm_rsc_op id="vip_monitor_10000" operation="monitor" call-id="6" last-rc-change="9"/>
  </lrm_resource>
  <lrm_resource id="st-maas" class="stonith">
    <lrm_rsc_op id="st-maas_last_0" operation="stop" call-id="7" last-rc-change="9"/>
  </lrm_resource>
</lrm_resources></lrm></node_state></status></cib>
"""


def test_a_restart_shows_and_a_look_or_a_fencing_device_does_not():
    before = dict(snapshot.operations(ET.fromstring(CIB)))
    assert before == {("a", "vip vip_last_0"): "start 5 9 0"}
    restarted = ET.fromstring(CIB.replace('call-id="5"', 'call-id="8"'))
    assert dict(snapshot.operations(restarted)) != before


def test_the_id_of_the_ring_is_found():
    text = "Quorum information\n\nNodes:            3\nRing ID:          3e8.f\nQuorate: Yes\n"
    assert snapshot.ring_id(text) == "3e8.f"
