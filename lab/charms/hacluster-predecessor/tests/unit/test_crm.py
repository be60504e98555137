# Copyright 2026 The instance-ha developers
# SPDX-License-Identifier: Apache-2.0

import pytest

import crm
from lab_charm import command

NODES = "1000 node-01 member\n1001 node-02 member\n"


class Shell:
    """Stands for crm: shows a configuration, and remembers what it was told to do."""

    def __init__(self) -> None:
        self.cib = "<configuration/>"
        self.calls: list[str] = []
        self.lines: list[str] = []

    def run(self, *argv: str, stdin: str = "") -> str:
        if argv[0] == "cibadmin":
            return self.cib
        if argv == ("crm_node", "--list"):
            return NODES
        self.calls.append(" ".join(argv))
        self.lines += stdin.splitlines()
        return ""

    def succeeds(self, *argv: str) -> bool:
        self.run(*argv)
        return True


@pytest.fixture
def shell(monkeypatch) -> Shell:
    shell = Shell()
    monkeypatch.setattr(command, "run", shell.run)
    monkeypatch.setattr(command, "succeeds", shell.succeeds)
    return shell


def test_a_resource_is_made_once_and_its_service_taken_from_systemd(shell):
    bag = {"json_resources": '{"res_x": "lsb:haproxy"}', "json_clones": '{"cl_x": "res_x"}'}
    cluster = crm.Cluster()
    cluster.configure_request(bag)
    cluster.configure_request(bag)
    assert shell.calls == [
        "update-rc.d -f haproxy remove",
        "systemctl stop haproxy",
        "crm -w -F configure load update -",
    ]
    assert shell.lines == ["primitive res_x lsb:haproxy", "clone cl_x res_x"]


def test_connections_are_at_home_on_the_members_in_turn(shell):
    crm.Cluster().configure_remotes({"h2": "10.0.0.2", "h1": "10.0.0.1"}, runs_resources=False)
    assert [line for line in shell.lines if " 200: " in line] == [
        "location loc-h1-node-01 h1 200: node-01",
        "location loc-h2-node-02 h2 200: node-02",
    ]
    assert shell.lines[0] == "property symmetric-cluster=false"


def test_the_devices_know_all_names_of_the_hosts_and_the_key_is_in_clear_text(shell):
    crm.Cluster().configure_fencing(["h1.maas"], "http://maas", "a:b:c")
    device, null, enabled = shell.lines
    assert "hostnames='h1 h1.maas'" in device
    assert "apikey='a:b:c'" in device
    assert "stonith:null params hostlist='node-01 node-02'" in null
    assert enabled == "property stonith-enabled=true"


def test_another_host_is_added_to_the_device(shell):
    shell.cib = (
        "<configuration><nvpair name='stonith-enabled' value='true'/><primitive id='st-null'/>"
        "<primitive id='st-maas'><nvpair name='hostnames' value='h1 h1.maas'/></primitive>"
        "</configuration>"
    )
    crm.Cluster().configure_fencing(["h1.maas", "h2.maas"], "u", "k")
    (device,) = shell.lines
    assert "hostnames='h1 h1.maas h2 h2.maas'" in device


def test_what_is_set_already_is_not_set_again(shell):
    shell.cib = "<configuration><nvpair name='no-quorum-policy' value='stop'/></configuration>"
    crm.Cluster().configure_globally(180, 60)
    assert shell.lines == [
        'rsc_defaults $id="rsc-options" resource-stickiness=100 failure-timeout=180',
        "property cluster-recheck-interval=60",
        "property stonith-enabled=false",
    ]
