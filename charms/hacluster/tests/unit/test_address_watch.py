# Copyright 2026 The instance-ha developers
# SPDX-License-Identifier: Apache-2.0

"""What is removed from a member that kept a virtual address; the configuration is a cluster's own."""

import json
import pathlib
import subprocess
import sys
import xml.etree.ElementTree as ET
from collections.abc import Callable

import pytest

FILES = pathlib.Path(__file__).parents[2] / "files"
sys.path.insert(0, str(FILES))

from address_watch import stale, watch  # noqa: E402 (found only now)

VIP, RESOURCE = "10.77.1.200", "res_p_d9411c8_vip"
HOLDER, OTHER = "node-02", "node-01"
Data = Callable[[str], str]
STOP = """<lrm_rsc_op id="v_last_0" operation="stop" call-id="31" rc-code="0" op-status="0" interval="0"/>
<lrm_rsc_op id="v_monitor_10000" operation="monitor" call-id="18" rc-code="0" op-status="0"
 interval="10000"/>"""
IPV6 = """<primitive id="six" class="ocf" provider="heartbeat" type="{type}"><instance_attributes id="a">
<nvpair id="b" name="{name}" value="{value}"/></instance_attributes></primitive>"""


@pytest.fixture
def cib(data: Data) -> ET.Element:
    return ET.fromstring(data("cib-unclean.xml"))


def link(*addresses: str, device: str = "eth0", kind: str = "ether") -> dict[str, object]:
    told = [each.split("/") for each in addresses]
    return {
        "ifname": device,
        "link_type": kind,
        "addr_info": [{"local": local, "prefixlen": int(prefix)} for local, prefix in told],
    }


MACHINE = json.dumps(
    [link("127.0.0.1/8", device="lo", kind="loopback"), link("10.77.1.12/24", f"{VIP}/24")]
)


def history(cib: ET.Element, node: str) -> ET.Element:
    path = f"lrm/lrm_resources/lrm_resource[@id='{RESOURCE}']"
    found = cib.find(f"status/node_state[@uname='{node}']/{path}")
    assert found is not None
    return found


def recorded(cib: ET.Element, operations: str, node: str = HOLDER) -> ET.Element:
    """Put other operations in the record of the address."""
    element = history(cib, node)
    element[:] = list(ET.fromstring(f"<all>{operations}</all>"))
    return cib


def stale_on(cib: ET.Element, node: str = HOLDER, machine: str = MACHINE) -> list[str]:
    found = stale.virtual(cib, stale.held(machine))
    return [str(each.held.address) for each in stale.stale(cib, found, node)]


def test_what_runs_here_stays(cib: ET.Element):
    assert stale_on(cib) == []


def test_what_was_stopped_and_is_still_here_goes_and_nothing_else(cib: ET.Element):
    assert stale_on(recorded(cib, STOP)) == [VIP]


def test_a_stop_as_pacemaker_records_it_counts(cib: ET.Element):
    # After its recurring monitors, one of which failed: that of another resource, put in the address's place.
    stopped = cib.find(
        f"status/node_state[@uname='{OTHER}']//lrm_resource[@id='virt-node-01.maas']"
    )
    assert stopped is not None
    assert len(stopped) == 3
    history(cib, HOLDER)[:] = list(stopped)
    assert stale_on(cib) == [VIP]


def test_what_a_probe_did_not_find_and_is_here_goes(cib: ET.Element):
    assert stale_on(cib, OTHER) == [VIP]


def test_what_is_not_here_need_not_go(cib: ET.Element):
    assert stale_on(recorded(cib, STOP), machine=json.dumps([link("10.77.1.12/24")])) == []


@pytest.mark.parametrize(
    ("old", "new"),
    [
        pytest.param('"stop" call-id="31"', '"start" call-id="31"', id="started"),
        pytest.param('"stop" call-id="31" rc-code="0"', '"stop" call-id="31" rc-code="1"', id="not-stopped"),
        pytest.param(
            '"stop" call-id="31" rc-code="0" op-status="0"',
            '"start" call-id="-1" rc-code="193" op-status="-1"',
            id="starting",
        ),
        pytest.param('call-id="18"', 'call-id="32"', id="watched-since"),
    ],
)  # fmt: skip
def test_what_the_cluster_starts_or_may_run_here_stays(cib: ET.Element, old: str, new: str):
    assert old in STOP
    assert stale_on(recorded(cib, STOP.replace(old, new))) == []


def test_without_a_record_of_this_member_everything_stays(cib: ET.Element):
    assert stale_on(recorded(cib, "")) == []
    assert stale_on(recorded(cib, STOP), "another") == []


@pytest.mark.parametrize(
    ("path", "added"),
    [
        ("configuration/crm_config", '<nvpair name="maintenance-mode" value="True"/>'),
        (f"configuration/nodes/node[@uname='{HOLDER}']", '<nvpair name="maintenance" value="on"/>'),
        (f"status/node_state[@uname='{HOLDER}']/transient_attributes", '<nvpair name="maintenance" value="1"/>'),
        (f".//primitive[@id='{RESOURCE}']/meta_attributes", '<nvpair name="is-managed" value="false"/>'),
        (f".//primitive[@id='{RESOURCE}']/..", '<nvpair name="maintenance" value="true"/>'),
        (f".//primitive[@id='{RESOURCE}']", '<meta_attributes id-ref="elsewhere"/>'),
    ],
)  # fmt: skip
def test_what_the_cluster_is_told_to_leave_alone_stays(cib: ET.Element, path: str, added: str):
    place = recorded(cib, STOP).find(path)
    assert place is not None
    if place.tag in ("node", "group"):
        kind = {"node": "instance_attributes", "group": "meta_attributes"}[place.tag]
        place = ET.SubElement(place, kind)
    place.append(ET.fromstring(added))
    assert stale_on(cib) == []


def test_what_is_set_explicitly_to_be_looked_after_is(cib: ET.Element):
    place = recorded(cib, STOP).find(f".//primitive[@id='{RESOURCE}']/meta_attributes")
    assert place is not None
    place.append(ET.fromstring('<nvpair name="is-managed" value="true"/>'))
    assert stale_on(cib) == [VIP]


def test_an_address_that_another_resource_runs_here_stays(cib: ET.Element):
    resources = recorded(cib, STOP).find("configuration/resources")
    assert resources is not None
    twin = IPV6.format(type="IPaddr2", name="ip", value=VIP)
    resources.append(ET.fromstring(twin))
    assert stale_on(cib) == []


@pytest.mark.parametrize(
    ("agent", "parameter", "value"),
    [("IPaddr2", "ip", "FD00:0::5"), ("IPv6addr", "ipv6addr", "fd00::5/64")],
)
def test_an_ipv6_address_is_known_in_any_notation(
    cib: ET.Element, agent: str, parameter: str, value: str
):
    resources = cib.find("configuration/resources")
    assert resources is not None
    resources.append(ET.fromstring(IPV6.format(type=agent, name=parameter, value=value)))
    found = stale.virtual(cib, stale.held(json.dumps([link("fd00::5/64")])))
    assert [names for names in found.values()] == [frozenset({"six"})]


def test_the_address_of_a_real_server_of_lvs_stays_on_loopback():
    assert stale.held(json.dumps([link(f"{VIP}/32", device="lo", kind="loopback")])) == ()


class Machine:
    """Stands for the programs that the watcher calls."""

    def __init__(self, cib: str | None) -> None:
        self.cib = cib
        self.addresses = MACHINE
        self.removed: list[tuple[str, ...]] = []

    def output(self, *argv: str) -> str | None:
        if "delete" in argv:
            self.removed.append(argv[1:])
            return ""
        return {"cibadmin": self.cib, "crm_node": f"{HOLDER}\n"}.get(
            pathlib.Path(argv[0]).name, self.addresses
        )


@pytest.fixture
def machine(cib: ET.Element, tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch) -> Machine:
    found = Machine(ET.tostring(recorded(cib, STOP), encoding="unicode"))
    monkeypatch.setattr(watch, "_output", found.output)
    monkeypatch.setattr(watch, "_PROMOTE", str(tmp_path / "{}"))
    monkeypatch.setattr(watch, "_PROC", tmp_path / "proc")
    (tmp_path / "all").write_text("0\n")
    (tmp_path / "eth0").write_text("0\n")
    return found


def test_only_what_two_looks_agree_on_is_removed(machine: Machine):
    before = watch.step(frozenset())
    assert machine.removed == []
    watch.step(before)
    assert machine.removed == [("address", "delete", f"{VIP}/24", "dev", "eth0")]


def test_a_stop_after_another_start_is_not_the_stop_seen_before(machine: Machine):
    before = watch.step(frozenset())
    assert machine.cib
    machine.cib = machine.cib.replace('call-id="31"', 'call-id="40"')
    watch.step(before)
    assert machine.removed == []


def agent(tmp_path: pathlib.Path, resource: str) -> pathlib.Path:
    """Have a resource's agent run, beside a process that is none."""
    for pid, variables in (
        ("7", b"LANG=C\0"),
        ("8", b"OCF_RESOURCE_INSTANCE=" + resource.encode()),
    ):
        path = tmp_path / "proc" / pid / "environ"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"PATH=/bin\0" + variables)
    return path


@pytest.mark.parametrize("resource", [RESOURCE, f"{RESOURCE}:0"])
def test_an_address_that_is_being_started_stays(
    machine: Machine, tmp_path: pathlib.Path, resource: str
):
    running = agent(tmp_path, resource)
    assert watch.step(watch.step(frozenset())) == frozenset()
    assert machine.removed == []
    # It has ended, and nothing of a start is in the record: the next two looks agree.
    running.unlink()
    watch.step(watch.step(frozenset()))
    assert len(machine.removed) == 1


def test_an_agent_of_another_resource_hinders_nobody(machine: Machine, tmp_path: pathlib.Path):
    agent(tmp_path, "res_haproxy")
    watch.step(watch.step(frozenset()))
    assert len(machine.removed) == 1


@pytest.mark.parametrize("answer", [None, ""])
def test_without_the_clusters_answer_nothing_is_removed(machine: Machine, answer: str | None):
    before = watch.step(frozenset())
    machine.cib = answer
    assert watch.step(before) == frozenset()
    assert machine.removed == []


def test_the_members_own_address_outlives_the_removal(machine: Machine, tmp_path: pathlib.Path):
    watch.step(watch.step(frozenset()))
    assert (tmp_path / "eth0").read_text() == "1"


@pytest.mark.parametrize(("secondary", "removed"), [(False, 0), (True, 1)])
def test_where_that_cannot_be_had_a_networks_first_address_stays(
    machine: Machine, tmp_path: pathlib.Path, *, secondary: bool, removed: int
):
    (tmp_path / "eth0").unlink()
    machine.addresses = machine.addresses.replace(
        "}]}]", f', "secondary": {str(secondary).lower()}}}]}}]'
    )
    watch.step(watch.step(frozenset()))
    assert len(machine.removed) == removed


def test_a_program_that_is_missing_or_fails_is_no_answer():
    assert watch._output("/nonexistent") is None  # pyright: ignore[reportPrivateUsage]
    assert watch._output("/bin/false") is None  # pyright: ignore[reportPrivateUsage]
    assert watch._output("/bin/echo", "yes") == "yes\n"  # pyright: ignore[reportPrivateUsage]


def test_the_distributions_python_takes_it():
    argv = ["/usr/bin/python3", "-c", "import address_watch.watch"]
    assert subprocess.run(argv, cwd=FILES, check=False).returncode == 0
