# Copyright 2026 The instance-ha developers
# SPDX-License-Identifier: Apache-2.0

"""Members that have left."""

import pytest
from conftest import Shell

import former
import pacemaker


def test_a_member_forgets_who_is_lost_and_in_the_configuration_no_more(shell: Shell):
    nodes = "<nodes><node id='1' uname='here'/><node id='2' uname='down'/></nodes>"
    shell.answer(
        pacemaker.CIBADMIN, "--query", stdout=f"<cib><configuration>{nodes}</configuration></cib>"
    )
    shell.answer(
        pacemaker.CRM_NODE,
        "--list",
        stdout="1 here member\n2 down lost\n3 new member\n4 gone lost\n5\n",
    )
    shell.answer(pacemaker.CRM_NODE, "--force")
    former.forget()
    assert shell.called(pacemaker.CRM_NODE, "--force") == [
        (pacemaker.CRM_NODE, "--force", "--remove", "gone")
    ]


def test_a_cluster_that_does_not_answer_is_no_error(
    shell: Shell, caplog: pytest.LogCaptureFixture
):
    shell.answer(pacemaker.CRM_NODE, "--list", stdout="1 here member\n4 gone lost\n")
    shell.answer(pacemaker.CIBADMIN, "--query", returncode=102, stderr="no connection")
    former.forget()
    assert "no connection" in caplog.text


def test_the_configuration_is_not_read_for_nothing(shell: Shell):
    shell.answer(pacemaker.CRM_NODE, "--list", stdout="1 here member\n2 other member\n")
    former.forget()
    assert shell.called(pacemaker.CIBADMIN) == []
