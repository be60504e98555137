# Copyright 2026 The instance-ha developers
# SPDX-License-Identifier: Apache-2.0
# pyright: basic, reportMissingImports=false

"""A cluster that is a file: what ``CIB_file`` makes of Pacemaker's tools, without any daemon."""

import os
import pathlib
import resource
import subprocess
import time
import xml.etree.ElementTree as ET
from collections.abc import Iterable, Mapping

MEMBERS = {"juju-a": 1000, "juju-b": 1001, "juju-c": 1002}
SBIN = "/usr/sbin"
_REMOTE = ("ocf", "pacemaker", "remote")


def empty(path: pathlib.Path) -> None:
    """Write a cluster of three members, all online and one of them coordinator, with nothing in it."""
    made = subprocess.run(
        [f"{SBIN}/cibadmin", "--empty"], capture_output=True, text=True, check=True
    )
    root = ET.fromstring(made.stdout)
    root.attrib.update({"have-quorum": "1", "dc-uuid": str(MEMBERS["juju-a"])})
    nodes = root.find("configuration/nodes")
    assert nodes is not None
    for name, number in MEMBERS.items():
        ET.SubElement(nodes, "node", id=str(number), uname=name)
        _status(root).append(_state(str(number), name, crmd="online", join="member"))
    path.write_text(ET.tostring(root, encoding="unicode"))


def connect(path: pathlib.Path, homes: Mapping[str, str]) -> None:
    """Let remotes be connected, and devices run: what a running cluster writes into its status for each.

    Args:
        path: The file.
        homes: The member that has the connection, by remote.
    """
    root = ET.parse(path).getroot()
    found = root.iterfind("configuration/resources/primitive[@class='stonith']")
    devices = {each.get("id", ""): each.get("type", "") for each in found}
    for member in MEMBERS:
        first = member == next(iter(MEMBERS))
        state = root.find(f"status/node_state[@uname='{member}']")
        assert state is not None
        lrm = ET.SubElement(ET.SubElement(state, "lrm", id=state.get("id", "")), "lrm_resources")
        for number, (remote, home) in enumerate(homes.items()):
            lrm.append(_history(remote, _REMOTE, number, here=home == member))
        for number, (device, kind) in enumerate(devices.items(), len(homes)):
            lrm.append(_history(device, ("stonith", "", kind), number, here=first))
    for remote in homes:
        state = _state(remote, remote, remote_node="true", node_fenced="0")
        ET.SubElement(ET.SubElement(state, "lrm", id=remote), "lrm_resources")
        _status(root).append(state)
    path.write_text(ET.tostring(root, encoding="unicode"))


def _status(root: ET.Element) -> ET.Element:
    found = root.find("status")
    return ET.SubElement(root, "status") if found is None else found


def _state(number: str, name: str, **more: str) -> ET.Element:
    attributes = {"id": number, "uname": name, "in_ccm": "true", "expected": "member", **more}
    return ET.Element("node_state", attributes)


def _history(name: str, agent: tuple[str, str, str], number: int, *, here: bool) -> ET.Element:
    kind = dict(zip(("class", "provider", "type"), agent, strict=True))
    history = ET.Element("lrm_resource", {"id": name, **{k: v for k, v in kind.items() if v}})
    done = (("start", "0", "0"), ("monitor", "5000", "0")) if here else (("monitor", "0", "7"),)
    for call, (operation, interval, code) in enumerate(done, 2 * number + 1):
        key = f"{call}:1:{code}:8b0f2a4e-0000-4000-8000-{number:012}"
        history.append(
            ET.Element(
                "lrm_rsc_op",
                {
                    "id": f"{name}_{operation}_{interval}",
                    "operation_key": f"{name}_{operation}_{interval}",
                    "operation": operation,
                    "crm-debug-origin": "controld_update_resource_history",
                    "transition-key": key,
                    "transition-magic": f"0:{code};{key}",
                    "call-id": str(call),
                    "rc-code": code,
                    "op-status": "0",
                    "interval": interval,
                    "last-rc-change": "1795375552",
                    "exec-time": "0",
                    "queue-time": "0",
                    "op-digest": "f2317cad3d54cec5d7d7aa7d0bf35cf8",
                },
            )
        )
    return history


def epoch(path: pathlib.Path) -> int:
    """Return how often the configuration has been changed."""
    return int(ET.parse(path).getroot().get("epoch", "0"))


def ids(path: pathlib.Path, part: str) -> frozenset[str]:
    """Return the ids of what stands in a part of the configuration, at its top."""
    found: Iterable[ET.Element] = ET.parse(path).getroot().iterfind(f"configuration/{part}/*")
    return frozenset(each.get("id", "") for each in found)


class Clock:
    """Seconds, on the wall and of processors (this process and those it waited for)."""

    def __init__(self) -> None:
        self._wall, self._cpu = time.monotonic(), _cpu()

    @property
    def wall(self) -> float:
        """Seconds that passed."""
        return time.monotonic() - self._wall

    @property
    def cpu(self) -> float:
        """Seconds that processors worked, which other load on the machine does not stretch much."""
        return _cpu() - self._cpu


def _cpu() -> float:
    used = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(each.ru_utime + each.ru_stime for each in used)


def run(path: pathlib.Path, *argv: str) -> int:
    """Run a program on the file, whatever it says, and return its exit code."""
    done = subprocess.run(
        argv, capture_output=True, env={**os.environ, "CIB_file": str(path)}, check=False
    )
    return done.returncode
