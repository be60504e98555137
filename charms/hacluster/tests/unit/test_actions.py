# Copyright 2026 The instance-ha developers
# SPDX-License-Identifier: Apache-2.0

"""What an operator can ask of a member."""

import json
from collections.abc import Callable

import pytest
from conftest import Shell

import actions
import pacemaker


@pytest.fixture
def cluster(shell: Shell, data: Callable[[str], str], monkeypatch: pytest.MonkeyPatch) -> Shell:
    shell.answer(pacemaker.CRM_MON, stdout=data("crm_mon-unclean.xml"))
    for program in (pacemaker.CRM_ATTRIBUTE, pacemaker.CRM_RESOURCE, pacemaker.CRM_NODE):
        shell.answer(program)
    shell.answer(pacemaker.STONITH_ADMIN)
    ticks = iter(range(1000))
    monkeypatch.setattr(pacemaker.time, "sleep", lambda _: None)
    monkeypatch.setattr(pacemaker.time, "monotonic", lambda: float(next(ticks)))
    return shell


def says(shell: Shell, data: Callable[[str], str], old: str, new: str) -> None:
    text = data("crm_mon-unclean.xml")
    assert old in text
    shell.answer(pacemaker.CRM_MON, stdout=text.replace(old, new))


def test_pause_waits_until_nothing_runs(cluster: Shell, data: Callable[[str], str]):
    old = 'name="node-01" id="1000" online="true" standby="false"'
    says(cluster, data, old, old.replace('standby="false"', 'standby="true"'))
    with pytest.raises(actions.ActionError, match="Resources still running on unit"):
        actions.pause("node-01")
    text = data("crm_mon-unclean.xml").replace(old, old.replace('y="false"', 'y="true"'))
    cluster.answer(
        pacemaker.CRM_MON, stdout=text.replace('resources_running="1"', 'resources_running="0"', 1)
    )
    actions.pause("node-01")


def test_pause_that_has_no_effect_fails(cluster: Shell):
    with pytest.raises(actions.ActionError, match="Couldn't pause: Node not in standby mode"):
        actions.pause("node-01")


def test_resume_takes_the_member_out_of_standby(cluster: Shell):
    actions.resume("node-01")
    assert cluster.called(pacemaker.CRM_ATTRIBUTE)[0][-1] == "--delete"


def test_cleanup_of_all_is_refused_while_a_lost_host_waits_to_be_fenced(cluster: Shell):
    for resource in ("all", "virt-node-01.maas"):
        with pytest.raises(actions.ActionError, match="lost and not fenced yet"):
            actions.cleanup(resource)
    assert not cluster.called(pacemaker.CRM_RESOURCE)


def test_cleanup_of_another_resource_is_done(cluster: Shell):
    assert actions.cleanup("st-maas") == {"result": "success"}
    assert cluster.called(pacemaker.CRM_RESOURCE) == [
        (pacemaker.CRM_RESOURCE, "--cleanup", "--resource", "st-maas")
    ]


def test_cleanup_of_nothing_fails(cluster: Shell):
    with pytest.raises(actions.ActionError, match="failed to cleanup crm resource 'nosuch'"):
        actions.cleanup("nosuch")


def test_status_is_json(cluster: Shell):
    report = json.loads(actions.status(resources=True, history=False)["result"])
    assert report["nodes"]["node-01"]["online"] == "true"


def test_without_pacemaker_there_is_no_health(cluster: Shell):
    cluster.answer(pacemaker.CRM_MON, returncode=102)
    with pytest.raises(actions.ActionError, match="failed to get cluster health"):
        actions.status(resources=True, history=False)


def test_update_ring_removes_lost_members_that_are_no_units(
    cluster: Shell, data: Callable[[str], str]
):
    says(
        cluster,
        data,
        'name="node-03" id="1001" online="true"',
        'name="node-03" id="1001" online="false"',
    )
    assert actions.update_ring(frozenset({1000, 1002})) == {"result": "Nodes removed: node-03"}
    assert actions.update_ring(frozenset({1000, 1001, 1002})) == {"result": "No changes required."}


def test_update_ring_never_removes_a_member_that_is_there(cluster: Shell):
    with pytest.raises(actions.ActionError, match="Still online"):
        actions.update_ring(frozenset({1000, 1002}))
    assert not cluster.called(pacemaker.CRM_NODE)


def test_deleting_a_node_that_does_not_exist_fails(cluster: Shell):
    with pytest.raises(actions.ActionError, match="Removing nosuch from the cluster failed"):
        actions.delete_node("nosuch")


def test_a_phantom_is_removed(cluster: Shell, data: Callable[[str], str]):
    says(
        cluster,
        data,
        'name="node-03" id="1001" online="true"',
        'name="node1" id="1" online="false"',
    )
    assert actions.delete_node("node1") == {"result": "success"}
    assert cluster.called(pacemaker.CRM_NODE) == [
        (pacemaker.CRM_NODE, "--force", "--remove", "node1")
    ]
