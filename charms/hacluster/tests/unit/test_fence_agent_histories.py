# Copyright 2026 The instance-ha developers
# SPDX-License-Identifier: Apache-2.0

"""What members' histories say of a host: who had a connection to it, and until when.

The shape of the operations is that of Pacemaker 3.0.0 (``cibadmin --query``).
"""

import pathlib
import sys
import xml.etree.ElementTree as ET

import pytest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2] / "files"))

from fence_agent import guard, histories

HOST = "h.maas"
# When a coordinator was cut off, and what happened to the host that it was connected to.
PROBE = ("monitor", 0, 7, 0, 90)
OPENED = ("start", 0, 0, 0, 100)
WATCHED = ("monitor", 3000, 0, 0, 101)
FAILED = ("monitor", 3000, 1, 2, 208)
CLOSED = ("stop", 0, 0, 0, 208)
TAKEN = ("start", 0, 0, 0, 205)
TAKEN_WATCHED = ("monitor", 3000, 0, 0, 206)
# By order of the coordinator that is back, just before it has the host fenced.
TAKEN_CLOSED = ("stop", 0, 0, 0, 260)

Operation = tuple[str, int, int, int, int]


def cib(**members: list[Operation]) -> ET.Element:
    root = ET.fromstring("<cib><configuration/><status/></cib>")
    status = root.find("status")
    assert status is not None
    for member, operations in members.items():
        state = ET.SubElement(status, "node_state", uname=member)
        resources = ET.SubElement(ET.SubElement(state, "lrm"), "lrm_resources")
        resource = ET.SubElement(resources, "lrm_resource", id=HOST, type="remote")
        for operation, interval, code, outcome, at in operations:
            ET.SubElement(
                resource,
                "lrm_rsc_op",
                {
                    "operation": operation,
                    "interval": str(interval),
                    "rc-code": str(code),
                    "op-status": str(outcome),
                    "last-rc-change": str(at),
                },
            )
    return root


@pytest.mark.parametrize("later", [[], [TAKEN_CLOSED]])
def test_a_failure_told_by_one_who_was_cut_off_is_contradicted(later: list[Operation]):
    taken = [TAKEN, *later, TAKEN_WATCHED]
    found = cib(cut=[PROBE, CLOSED, FAILED], other=taken, third=[PROBE])
    assert histories.witnesses(found).get(HOST, "") == "other"


def test_also_if_the_others_connected_only_after_it():
    late = [("start", 0, 0, 0, 230), ("monitor", 3000, 0, 0, 231)]
    assert histories.witnesses(cib(cut=[CLOSED, FAILED], other=late)).get(HOST, "") == "other"


@pytest.mark.parametrize(
    "members",
    [
        # The only one that had a connection has lost it.
        {"one": [OPENED, FAILED], "two": [PROBE]},
        # And the others cannot open one.
        {"one": [CLOSED, FAILED], "two": [("start", 0, 1, 2, 215)], "three": [PROBE]},
        # Another one had it before, and gave it away.
        {
            "one": [OPENED, FAILED],
            "two": [("migrate_to", 0, 0, 0, 100), ("monitor", 3000, 0, 0, 50)],
        },
        # Who took it over has lost it too.
        {"cut": [CLOSED, FAILED], "other": [TAKEN, ("monitor", 3000, 1, 2, 300)]},
        # Who was cut off has not closed it, and found it gone in the end: the host died meanwhile.
        {"cut": [WATCHED, ("monitor", 3000, 1, 2, 211)], "other": [("start", 0, 1, 2, 215)]},
        # Nobody tells of a failure: somebody else wants it fenced, an operator perhaps.
        {"one": [OPENED, WATCHED], "two": [PROBE]},
        # Not known yet.
        {"one": [OPENED, ("monitor", 3000, 193, -1, 208)]},
        {},
    ],
)
def test_a_failure_that_nobody_contradicts_counts(members: dict[str, list[Operation]]):
    assert histories.witnesses(cib(**members)).get(HOST, "") == ""


def test_the_guard_spares_a_host_that_another_member_is_connected_to():
    status = (
        '<pacemaker-result><nodes><node name="h.maas" unclean="true" type="remote"/>'
        "</nodes></pacemaker-result>"
    )
    text = ET.tostring(
        cib(cut=[CLOSED, FAILED], other=[TAKEN, TAKEN_CLOSED, TAKEN_WATCHED]), "unicode"
    )
    rule = guard.Rule(max_hosts=0, window=300)
    found = guard.facts(status, text, 300, 270.0)
    assert guard.refusal(found, rule, "h").startswith("other has been connected to it since")
    text = ET.tostring(cib(one=[OPENED, FAILED]), "unicode")
    assert guard.refusal(guard.facts(status, text, 300, 270.0), rule, "h") == ""
