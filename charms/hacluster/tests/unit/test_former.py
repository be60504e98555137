# Copyright 2026 The instance-ha developers
# SPDX-License-Identifier: Apache-2.0

"""Members that have left."""

import pytest
from conftest import Shell

import crm_mon
import former
import pacemaker
from instance_ha import command

REMOVE = (pacemaker.CRM_NODE, "--force", "--remove")


class Controller:
    """Pacemaker's, as it is told of through ``crm_node``: it hears one of so many, or none."""

    def __init__(self, shell: Shell, *, hears: int) -> None:
        self.rows = {
            "here": "1 here member",
            "down": "2 down lost",
            "gone": "4 gone lost",
            "": "5",
        }
        self._deaf = hears - 1
        shell.answers[(pacemaker.CRM_NODE, "--list")] = lambda *_, **__: command.Result(
            0, "\n".join(self.rows.values()), ""
        )
        shell.answers[REMOVE] = self._remove
        shell.answer(pacemaker.STONITH_ADMIN, "--cleanup", returncode=1)

    def _remove(self, *argv: str, **_: object) -> command.Result:
        if self._deaf == 0:
            self.rows.pop(argv[-1], None)
        self._deaf -= 1
        return command.Result(0, "", "")


@pytest.fixture(autouse=True)
def _clock(monkeypatch: pytest.MonkeyPatch) -> None:
    ticks = iter(range(1000))
    monkeypatch.setattr(former.time, "sleep", lambda _: None)
    monkeypatch.setattr(former.time, "monotonic", lambda: float(next(ticks)))


@pytest.fixture
def known(shell: Shell) -> None:
    """The configuration knows one who is here and one who is lost."""
    nodes = "<nodes><node id='1' uname='here'/><node id='2' uname='down'/></nodes>"
    text = f"<cib><configuration>{nodes}</configuration></cib>"
    shell.answer(pacemaker.CIBADMIN, "--query", stdout=text)


@pytest.mark.parametrize("hears", [1, 2, 17])
def test_the_controller_is_told_until_it_has_heard(shell: Shell, hears: int):
    Controller(shell, hears=hears)
    assert former.forget("gone")
    assert shell.called(*REMOVE) == [(*REMOVE, "gone")] * hears
    assert shell.called(pacemaker.STONITH_ADMIN) == [
        (pacemaker.STONITH_ADMIN, "--cleanup", "--history", "gone")
    ]


def test_a_controller_that_never_hears_is_said(shell: Shell, caplog: pytest.LogCaptureFixture):
    Controller(shell, hears=0)
    assert not former.forget("gone")
    assert "member gone has left, and the controller here does not forget it" in caplog.text


def test_nobody_is_forgotten_who_comes_back_meanwhile(shell: Shell):
    controller = Controller(shell, hears=0)
    controller.rows["gone"] = "4 gone member"
    former.forget("gone")
    assert len(shell.called(*REMOVE)) == 1


def node(
    name: str, *, online: bool, unclean: bool = False, is_remote: bool = False
) -> crm_mon.Node:
    return crm_mon.Node(name, name, online, unclean, False, False, is_remote, 0)


@pytest.mark.parametrize(
    ("present", "gone"),
    [
        ((), True),
        ((node("member", online=False),), True),
        ((node("member", online=True),), False),
        ((node("member", online=False, unclean=True),), False),
        ((node("host", online=False, is_remote=True),), False),
        # Others may come and go for as long as they like.
        ((node("other", online=False, unclean=True, is_remote=True),), True),
    ],
)
def test_those_who_leave_are_waited_for_and_not_the_whole_cluster(
    monkeypatch: pytest.MonkeyPatch, present: tuple[crm_mon.Node, ...], gone: bool
):
    answers: list[bool] = []
    status = crm_mon.Status("here", True, False, True, present, ())
    monkeypatch.setattr(pacemaker, "status", lambda: status)
    monkeypatch.setattr(pacemaker, "wait", lambda condition, **_: answers.append(condition()))
    former.await_gone({"host"}, {"member"}, timeout=1.0)
    monkeypatch.setattr(pacemaker, "status", lambda: None)
    former.await_gone({"host"}, {"member"}, timeout=1.0)
    assert answers == [gone, False]


@pytest.mark.usefixtures("known")
def test_a_member_forgets_who_is_lost_and_in_the_configuration_no_more(shell: Shell):
    controller = Controller(shell, hears=3)
    former.forget_lost()
    assert set(shell.called(*REMOVE)) == {(*REMOVE, "gone")}
    assert "gone" not in controller.rows


def test_a_cluster_that_does_not_answer_is_no_error(
    shell: Shell, caplog: pytest.LogCaptureFixture
):
    Controller(shell, hears=1)
    shell.answer(pacemaker.CIBADMIN, "--query", returncode=102, stderr="no connection")
    former.forget_lost()
    assert "no connection" in caplog.text


def test_the_configuration_is_not_read_for_nothing(shell: Shell):
    shell.answer(pacemaker.CRM_NODE, "--list", stdout="1 here member\n2 other member\n")
    former.forget_lost()
    assert shell.called(pacemaker.CIBADMIN) == []
