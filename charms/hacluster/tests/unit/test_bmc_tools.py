# Copyright 2026 The instance-ha developers
# SPDX-License-Identifier: Apache-2.0

"""The distribution's agents for BMCs."""

import pathlib
from collections.abc import Iterable

import pytest
from conftest import Shell

import bmc_tools
from instance_ha import packages

NO_CANDIDATE = "{name}:\n  Installed: (none)\n  Candidate: (none)\n"
CANDIDATE = "{name}:\n  Installed: (none)\n  Candidate: 4.12.1-1\n"


@pytest.fixture
def machine(shell: Shell, tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch) -> Shell:
    monkeypatch.setattr(bmc_tools, "_DIRECTORY", tmp_path)
    shell.answer(packages.DPKG_QUERY)
    shell.answer(packages.APT_GET)
    return shell


def offers(shell: Shell, names: Iterable[str]) -> None:
    def policy(*argv: str, **_: object) -> packages.command.Result:
        told = [CANDIDATE if name in names else NO_CANDIDATE for name in argv[2:]]
        text = "".join(each.format(name=name) for each, name in zip(told, argv[2:], strict=True))
        return packages.command.Result(0, text, "")

    shell.answers[(packages.APT_CACHE, "policy")] = policy


def installed(shell: Shell) -> list[str]:
    calls = [call for call in shell.called(packages.APT_GET) if "install" in call]
    return [name for call in calls for name in call[call.index("install") + 1 :]]


@pytest.mark.parametrize(
    ("release", "wanted"),
    [
        (
            ["fence-agents", "fence-agents-ipmilan", "fence-agents-redfish", "ipmitool"],
            ["fence-agents-ipmilan", "fence-agents-redfish", "ipmitool"],
        ),
        (
            ["fence-agents", "fence-agents-base", "fence-agents-extra", "ipmitool"],
            ["fence-agents-base", "fence-agents-extra", "ipmitool"],
        ),
        (["fence-agents", "ipmitool"], ["fence-agents", "ipmitool"]),
        ([], []),
    ],
    ids=["Debian 13 and Ubuntu 24.04", "Ubuntu 22.04", "Debian 12", "an archive without them"],
)
def test_the_smallest_packages_that_hold_the_agents_are_installed(
    machine: Shell, release: list[str], wanted: list[str]
):
    offers(machine, release)
    bmc_tools.ensure(["ipmi", "redfish"])
    assert installed(machine) == wanted


def test_nothing_is_installed_that_nobody_asks_for(machine: Shell, tmp_path: pathlib.Path):
    bmc_tools.ensure([])
    assert machine.calls == []
    assert bmc_tools.missing([]) == ()
    (tmp_path / "fence_redfish").touch()
    bmc_tools.ensure(["redfish"])
    assert machine.calls == []
    assert bmc_tools.missing(["redfish", "ipmi"]) == ("fence_ipmilan",)


def test_packages_that_cannot_be_had_are_left_to_the_status(machine: Shell):
    machine.answer(packages.APT_GET, returncode=100, stderr="no network")
    bmc_tools.ensure(["ipmi"])
    assert bmc_tools.missing(["ipmi"]) == ("fence_ipmilan",)
