# Copyright 2026 The instance-ha developers
# SPDX-License-Identifier: Apache-2.0

"""What an operator can ask of a member."""

import json
from collections.abc import Callable

import pytest
from conftest import Shell

import actions
import pacemaker
from instance_ha import command


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


def lost(
    cluster: Shell, data: Callable[[str], str], *, forgets: bool = True, unclean: bool = False
) -> None:
    """Let node-03 be lost, and be forgotten when it is removed."""
    there = 'name="node-03" id="1001" online="true"'
    now = 'name="node-03" id="1001" online="false"'
    says(cluster, data, there, now)
    if unclean:
        text = data("crm_mon-unclean.xml").replace(there, now)
        head, tail = text.split(now)
        cluster.answer(
            pacemaker.CRM_MON,
            stdout=head + now + tail.replace('unclean="false"', 'unclean="true"', 1),
        )

    def remove(*_: str, **__: object) -> command.Result:
        text = data("crm_mon-unclean.xml").replace(there, 'name="gone" id="1002" online="true"')
        if forgets:
            cluster.answer(pacemaker.CRM_MON, stdout=text)
        return command.Result(0, "", "")

    cluster.answers[(pacemaker.CRM_NODE,)] = remove


def test_update_ring_removes_lost_members_that_are_no_units(
    cluster: Shell, data: Callable[[str], str]
):
    lost(cluster, data)
    assert actions.update_ring(frozenset({1000, 1002})) == {"result": "Nodes removed: node-03"}
    assert actions.update_ring(frozenset({1000, 1001, 1002})) == {"result": "No changes required."}


def test_a_member_that_the_cluster_does_not_forget_is_no_success(
    cluster: Shell, data: Callable[[str], str], monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(pacemaker, "wait", lambda condition, **_: condition())
    lost(cluster, data, forgets=False)
    for act in (
        lambda: actions.update_ring(frozenset({1000, 1002})),
        lambda: actions.delete_node("node-03", frozenset({1000, 1002})),
    ):
        with pytest.raises(actions.ActionError, match=r"node-03 .* The cluster still knows it"):
            act()


def test_a_member_that_the_controller_remembers_is_no_success(
    cluster: Shell, data: Callable[[str], str]
):
    lost(cluster, data)
    cluster.answer(pacemaker.CRM_NODE, "--list", stdout="1000 node-01 member\n1001 node-03 lost\n")
    with pytest.raises(actions.ActionError, match=r"node-03 .* The cluster still knows it"):
        actions.delete_node("node-03", frozenset({1000, 1002}))
    assert len(cluster.called(pacemaker.CRM_NODE, "--force")) > 1


def test_a_lost_member_that_is_not_fenced_yet_is_not_forgotten(
    cluster: Shell, data: Callable[[str], str]
):
    lost(cluster, data, unclean=True)
    with pytest.raises(actions.ActionError, match=r"node-03 .* Lost and not fenced yet"):
        actions.update_ring(frozenset({1000, 1002}))
    assert not cluster.called(pacemaker.CRM_NODE)


def test_that_a_deleted_node_is_a_unit_still_is_said(cluster: Shell, data: Callable[[str], str]):
    lost(cluster, data)
    found = actions.delete_node("node-03", frozenset({1000, 1001, 1002}))
    assert found["result"] == "success"
    assert "node-03 is still a unit" in found["note"]


def test_update_ring_never_removes_a_member_that_is_there(cluster: Shell):
    with pytest.raises(actions.ActionError, match="Still online"):
        actions.update_ring(frozenset({1000, 1002}))
    assert not cluster.called(pacemaker.CRM_NODE)


def test_deleting_a_node_that_does_not_exist_fails(cluster: Shell):
    with pytest.raises(actions.ActionError, match="Removing nosuch from the cluster failed"):
        actions.delete_node("nosuch", frozenset())


def test_a_phantom_is_removed(cluster: Shell, data: Callable[[str], str]):
    there = 'name="node-03" id="1001" online="true"'
    says(cluster, data, there, 'name="node1" id="1" online="false"')

    def remove(*_: str, **__: object) -> command.Result:
        cluster.answer(pacemaker.CRM_MON, stdout=data("crm_mon-unclean.xml"))
        return command.Result(0, "", "")

    cluster.answers[(pacemaker.CRM_NODE,)] = remove
    assert actions.delete_node("node1", frozenset({1000, 1001, 1002})) == {"result": "success"}
    assert cluster.called(pacemaker.CRM_NODE, "--force") == [
        (pacemaker.CRM_NODE, "--force", "--remove", "node1")
    ]
