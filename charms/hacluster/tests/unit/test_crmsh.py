# Copyright 2026 The instance-ha developers
# SPDX-License-Identifier: Apache-2.0

"""A principal's request as crmsh text. That crmsh understands it is shown by tests/tools."""

import pathlib

import pytest
from conftest import Shell

import crmsh
from instance_ha.command import Result
from instance_ha.interfaces.hacluster import Request

REQUEST = Request(
    resources={"vip": "ocf:heartbeat:IPaddr2", "web": "lsb:haproxy", "mon": "systemd:monitor"},
    resource_params={"vip": '  params ip="10.0.0.1"'},
    groups={"vips": "vip"},
    clones={"cl_web": "web"},
    ms={"ms_mon": "mon meta notify=true"},
    locations={"l": "vip 100: a"},
    init_services=("haproxy",),  # type: ignore[arg-type]
)
EMPTY = "<cib><configuration><crm_config/><resources/><constraints/></configuration></cib>"


def test_a_request_is_one_definition_a_line():
    assert crmsh.render(REQUEST).splitlines() == [
        "primitive mon systemd:monitor",
        'primitive vip ocf:heartbeat:IPaddr2 params ip="10.0.0.1"',
        "primitive web lsb:haproxy",
        "group vips vip",
        "clone ms_mon mon meta promotable=true notify=true",
        "clone cl_web web",
        "location l vip 100: a",
    ]


def test_services_that_the_cluster_starts_are_known():
    assert crmsh.services(REQUEST) == {"haproxy", "monitor"}


def test_what_looks_like_an_option_is_no_service():
    assert crmsh.services(Request(resources={"x": "systemd:--now"})) == frozenset()


def test_nothing_asked_for_takes_no_program(shell: Shell):
    assert crmsh.translate(Request()).ids == frozenset()


def translate(shell: Shell, resources: str, request: Request) -> frozenset[str]:
    shell.answer(crmsh.CIBADMIN, "--empty", stdout=EMPTY)
    files: list[pathlib.Path] = []

    def load(*_: str, **__: object) -> Result:
        files[0].write_text(EMPTY.replace("<resources/>", f"<resources>{resources}</resources>"))
        return Result(0, "", "")

    def run(*argv: str, env: dict[str, str] | None = None, **options: object) -> str:
        if env:
            files.append(pathlib.Path(env["CIB_file"]))
        return shell.run(*argv, **options)

    shell.answers[crmsh.CRM,] = load
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("instance_ha.command.run", run)
        return crmsh.translate(request).ids


VIP = Request(resources={"vip": "ocf:heartbeat:IPaddr2"})


def test_what_was_asked_for_comes_out(shell: Shell):
    assert translate(shell, "<primitive id='vip'/>", VIP) == {"vip"}


def test_what_crmsh_leaves_out_is_an_error(shell: Shell):
    with pytest.raises(crmsh.RequestError, match="vip: not understood"):
        translate(shell, "", VIP)


def test_what_was_not_asked_for_is_an_error(shell: Shell):
    with pytest.raises(crmsh.RequestError, match="more: not asked for by name"):
        translate(shell, "<primitive id='vip'/><primitive id='more'/>", VIP)


def test_a_refusal_names_what_it_is_about(shell: Shell):
    shell.answer(crmsh.CIBADMIN, "--empty", stdout=EMPTY)
    said = "\x1b[31mERROR\x1b[0m: 1: syntax in primitive: Unknown kind near <x> parsing 'primitive vip'\n"
    shell.answer(crmsh.CRM, returncode=1, stderr=said)
    with pytest.raises(crmsh.RequestError) as refusal:
        crmsh.translate(VIP)
    assert str(refusal.value) == "vip: syntax in primitive: Unknown kind near <x>"


def test_a_quotation_without_an_end_names_whose_it_is(shell: Shell):
    with pytest.raises(crmsh.RequestError, match="vip: No closing quotation"):
        crmsh.translate(Request(resources=VIP.resources, resource_params={"vip": 'params ip="1'}))


def test_a_refusal_is_told_in_crmshs_words(shell: Shell):
    shell.answer(crmsh.CIBADMIN, "--empty", stdout=EMPTY)
    shell.answer(
        crmsh.CRM, returncode=1, stderr="WARNING: x\nERROR: syntax in primitive: near <vip>\n"
    )
    with pytest.raises(crmsh.RequestError, match="syntax in primitive: near <vip>"):
        crmsh.translate(VIP)
