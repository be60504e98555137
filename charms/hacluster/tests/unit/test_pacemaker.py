# Copyright 2026 The instance-ha developers
# SPDX-License-Identifier: Apache-2.0

"""The door to Pacemaker."""

import copy
import pathlib
import xml.etree.ElementTree as ET
from collections.abc import Callable

import pytest
from conftest import Shell

import cib
import pacemaker
from instance_ha.command import CommandError, Result

LIVE = "<cib admin_epoch='0' epoch='7' num_updates='3'><configuration><crm_config/></configuration></cib>"


def set_property(present: ET.Element) -> ET.Element:
    wanted = copy.deepcopy(present)
    cib.set_pairs(wanted, "crm_config", cib.PROPERTIES, {"stonith-action": "off"})
    return wanted


@pytest.fixture
def cluster(shell: Shell, monkeypatch: pytest.MonkeyPatch) -> Shell:
    monkeypatch.setattr(pacemaker.time, "sleep", lambda _: None)
    shell.answer(pacemaker.CIBADMIN, "--query", stdout=LIVE)
    shell.answer(pacemaker.CRM_DIFF, stdout="<diff/>", returncode=1)
    shell.answer(pacemaker.CIBADMIN, "--patch")
    return shell


def test_a_change_is_one_patch(cluster: Shell):
    assert pacemaker.commit(set_property)
    assert len(cluster.called(pacemaker.CIBADMIN, "--patch")) == 1


def test_no_change_is_no_command_beyond_the_query(cluster: Shell):
    assert not pacemaker.commit(copy.deepcopy)
    assert cluster.calls == [(pacemaker.CIBADMIN, "--query")]


def test_a_patch_leads_to_a_later_version(cluster: Shell):
    versions: list[str | None] = []

    def difference(*argv: str, **_: object) -> Result:
        root = ET.parse(argv[-1]).getroot()
        versions.append(f"{root.get('epoch')}.{root.get('num_updates')}")
        return Result(1, "<diff/>", "")

    cluster.answers[pacemaker.CRM_DIFF,] = difference
    pacemaker.commit(set_property)
    assert versions == ["8.0"]


def test_a_conflict_starts_over_from_what_is_there_now(cluster: Shell):
    answers = iter([103, 103, 0])
    cluster.answers[pacemaker.CIBADMIN, "--patch"] = lambda *_, **__: Result(next(answers), "", "")
    assert pacemaker.commit(set_property)
    assert len(cluster.called(pacemaker.CIBADMIN, "--query")) == 3


def test_endless_conflict_is_an_error(cluster: Shell):
    cluster.answer(pacemaker.CIBADMIN, "--patch", returncode=103)
    with pytest.raises(CommandError):
        pacemaker.commit(set_property)
    assert len(cluster.called(pacemaker.CIBADMIN, "--patch")) == 5


def test_what_pacemaker_does_not_accept_is_told(cluster: Shell):
    cluster.answer(
        pacemaker.CIBADMIN, "--patch", returncode=78, stderr="does not conform to the schema"
    )
    with pytest.raises(pacemaker.ConfigurationError, match="does not conform"):
        pacemaker.commit(set_property)


def test_any_other_failure_of_the_patch_is_an_error(cluster: Shell):
    cluster.answer(pacemaker.CIBADMIN, "--patch", returncode=13, stderr="Permission denied")
    with pytest.raises(CommandError, match="Permission denied"):
        pacemaker.commit(set_property)


def test_without_pacemaker_there_is_no_status(shell: Shell):
    shell.answer(pacemaker.CRM_MON, returncode=102, stderr="Connection refused")
    assert pacemaker.status() is None


def test_the_version_changes_with_the_configuration_only(cluster: Shell):
    assert pacemaker.version() == "0.7"


@pytest.mark.parametrize(("value", "change"), [("on", ("--update", "on")), (None, ("--delete",))])
def test_attributes_of_nodes_last(shell: Shell, value: str | None, change: tuple[str, ...]):
    shell.answer(pacemaker.CRM_ATTRIBUTE)
    pacemaker.set_node_attribute("a", "standby", value)
    (call,) = shell.calls
    assert call[-len(change) :] == change
    assert call[call.index("--lifetime") + 1] == "forever"


def test_fencing_waits_and_tells_whether_it_succeeded(shell: Shell):
    shell.answer(pacemaker.STONITH_ADMIN, returncode=1, stderr="no route")
    assert not pacemaker.fence("h", timeout=150)
    shell.answer(pacemaker.STONITH_ADMIN)
    assert pacemaker.fence("h", timeout=150)
    assert shell.calls[0][1:] == ("--fence", "h", "--timeout", "150")


def test_a_seed_never_wins_against_a_cluster(
    shell: Shell, tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch
):
    live = tmp_path / "cib.xml"
    written: dict[str, str] = {}

    def ensure(path: pathlib.Path, content: str, **_: object) -> bool:
        written[path.name] = content
        return True

    monkeypatch.setattr(pacemaker, "_LIVE", live)
    monkeypatch.setattr(pacemaker.files, "ensure", ensure)
    shell.answer(pacemaker.CIBADMIN, "--empty", stdout=LIVE)
    assert pacemaker.seed()
    root = ET.fromstring(written["cib.xml"])
    assert (root.get("admin_epoch"), root.get("epoch"), root.get("num_updates")) == ("0", "0", "0")
    assert "dc-deadtime" in written["cib.xml"]


def test_a_member_that_has_been_one_is_not_seeded(
    tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch
):
    live = tmp_path / "cib.xml"
    live.write_text(LIVE)
    monkeypatch.setattr(pacemaker, "_LIVE", live)
    assert not pacemaker.seed()


def test_status_is_read_as_values(shell: Shell, data: Callable[[str], str]):
    shell.answer(pacemaker.CRM_MON, stdout=data("crm_mon-unclean.xml"))
    found = pacemaker.status()
    assert found is not None
    assert found.dc == "node-03"


def test_a_property_of_ours_is_kept_apart_and_deleted_wherever_it_is(shell: Shell):
    shell.answer(pacemaker.CRM_ATTRIBUTE)
    pacemaker.set_property("p", "1")
    pacemaker.set_property("p", None)
    put, drop = shell.calls
    assert put[1:] == (
        *("--type", "crm_config", "--name", "p", "--set-name", "instance-ha", "--update", "1"),
    )
    assert drop[1:] == ("--type", "crm_config", "--name", "p", "--delete")
