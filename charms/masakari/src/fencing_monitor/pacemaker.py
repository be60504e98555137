# Copyright 2026 The instance-ha developers
# SPDX-License-Identifier: Apache-2.0

"""Reading the cluster through crm_mon and cibadmin. An edge: no decisions.

The shapes are those of Pacemaker 2.1 and 3.0. ``stonith_admin --history NODE`` is of no use: it
prints the oldest success and nothing else.
"""

import dataclasses
import datetime
import logging
import re
import subprocess
import xml.etree.ElementTree as ET

from fencing_monitor.cluster import Cluster, Device, FenceEvent, Level, Operation, Remote

logger = logging.getLogger(__name__)

# --include adds to a default set, so that has to be emptied first.
CRM_MON = (
    "crm_mon",
    "--one-shot",
    "--output-as=xml",
    "--exclude=all",
    "--include=dc,nodes,resources,fencing",
)
CIBADMIN = ("cibadmin", "--query", "--local")
_ENVIRONMENT = {"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "LC_ALL": "C.UTF-8"}
_TIMEOUT = 10.0


class PacemakerError(Exception):
    """The cluster could not be asked, or its answer not be understood."""


def run(*argv: str) -> str:
    """Run one of Pacemaker's programs and return what it printed.

    Raises:
        PacemakerError: It failed, is not there, or did not end in time.
    """
    try:
        done = subprocess.run(
            argv, capture_output=True, text=True, timeout=_TIMEOUT, env=_ENVIRONMENT, check=False
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        raise PacemakerError(f"{argv[0]}: {error}") from None
    if done.returncode != 0:
        detail = (done.stderr.strip() or done.stdout.strip())[-300:]
        raise PacemakerError(f"{argv[0]}: exit code {done.returncode}: {detail}")
    return done.stdout


class Reader:
    """Reads the cluster, and its CIB only when there may be something to see in it."""

    def __init__(self) -> None:
        self._status: str = ""
        self._last: Cluster | None = None
        self._cib_at = 0.0

    def read(self, now: float, cib_every: float) -> Cluster:
        """Return a look at the cluster.

        Args:
            now: Seconds since 1970.
            cib_every: For how many seconds the CIB need not be read again, as long as crm_mon
                prints the very same; each program costs some 20 ms of processor time.

        Raises:
            PacemakerError: There is no answer.
        """
        status = run(*CRM_MON)
        is_recent = 0 <= now - self._cib_at < cib_every
        if self._last is not None and status == self._status and is_recent:
            return dataclasses.replace(self._last, at=now)
        cluster = parse(status, run(*CIBADMIN), now)
        self._status, self._last, self._cib_at = status, cluster, now
        return cluster


def sync_history(node: str) -> None:
    """Ask the other members for their fencing history of a node.

    Raises:
        PacemakerError: It could not be asked for.
    """
    run("stonith_admin", "--history", node, "--broadcast")


def parse(status: str, cib: str, now: float) -> Cluster:
    """Return what crm_mon's and cibadmin's XML say.

    Raises:
        PacemakerError: One of them is not what it should be.
    """
    try:
        mon, base = ET.fromstring(status), ET.fromstring(cib)
        return Cluster(
            at=now,
            quorate=mon.find("summary/current_dc[@present='true'][@with_quorum='true']")
            is not None,
            remotes=tuple(_remotes(mon, base)),
            events=tuple(_event(one) for one in mon.iterfind("fence_history/fence_event")),
            devices=tuple(_devices(base)),
            levels=tuple(_levels(base)),
        )
    except (ET.ParseError, KeyError, ValueError) as error:
        raise PacemakerError(f"unexpected XML: {error!r}") from None


def _remotes(mon: ET.Element, cib: ET.Element) -> list[Remote]:
    # The node of a remote whose resource was deleted stays listed until somebody forgets it too
    # (crm_node --remove): it can neither come back nor be fenced, so it is no remote any more.
    places = {one.attrib["id"]: one.find("node") for one in mon.iter("resource")}
    unmanaged = {one.attrib["id"] for one in mon.iter("resource") if one.get("managed") == "false"}
    fenced = {
        node.attrib["id"]: int(node.attrib["node_fenced"])
        for node in cib.iterfind("status/node_state[@remote_node]")
        if "node_fenced" in node.attrib
    }
    return [
        Remote(
            name=node.attrib["name"],
            online=node.get("online") == "true",
            unclean=node.get("unclean") == "true",
            maintenance=node.get("maintenance") == "true",
            managed=node.attrib["name"] not in unmanaged,
            node_fenced=fenced.get(node.attrib["id"]),
            member=place.attrib["name"] if place is not None else None,
            operations=tuple(_operations(cib, node.attrib["name"])),
        )
        for node in mon.iterfind("nodes/node[@type='remote']")
        for place in (places.get(node.attrib["name"]),)
        if node.attrib["name"] in places
    ]


def _operations(cib: ET.Element, resource: str) -> list[Operation]:
    found: list[Operation] = []
    for state in cib.iterfind("status/node_state"):
        for history in state.iterfind("lrm/lrm_resources/lrm_resource"):
            if history.get("id") == resource:
                member = state.get("uname", "")
                found += [_operation(member, one) for one in history.iterfind("lrm_rsc_op")]
    return found


def _operation(member: str, entry: ET.Element) -> Operation:
    return Operation(
        member=member,
        name=entry.attrib["operation"],
        rc=int(entry.get("rc-code", "-1")),
        status=int(entry.get("op-status", "-1")),
        call=int(entry.get("call-id", "-1")),
        changed=int(entry.get("last-rc-change", "0")),
    )


def _event(entry: ET.Element) -> FenceEvent:
    return FenceEvent(
        target=entry.attrib["target"],
        action=entry.attrib["action"],
        status=entry.attrib["status"],
        delegate=entry.get("delegate", ""),
        client=entry.get("client", ""),
        completed=_seconds(entry.get("completed")),
    )


def _seconds(text: str | None) -> int | None:
    """Return whole seconds since 1970 of "2026-11-22 19:25:52.225701Z" or "... +01:00"."""
    if not text:
        return None
    plain = re.sub(r"\s*([+-]\d\d:?\d\d)$", r"\1", text.strip().replace("Z", "+00:00"))
    moment = datetime.datetime.fromisoformat(re.sub(r"\.\d+", "", plain))
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=datetime.timezone.utc)
    return int(moment.timestamp())


def _devices(cib: ET.Element) -> list[Device]:
    found: list[Device] = []
    for primitive in cib.iterfind("configuration/resources//primitive[@class='stonith']"):
        values = {
            one.get("name"): one.get("value", "")
            for one in primitive.iterfind("instance_attributes/nvpair")
        }
        names = set(re.split(r"[\s,;]+", values.get("pcmk_host_list", "")))
        pairs = re.split(r"[\s,;]+", values.get("pcmk_host_map", ""))
        names |= {re.split(r"[:=]", pair)[0] for pair in pairs}
        names.discard("")
        anyone = not names or values.get("pcmk_host_check") == "none"
        targets = None if anyone else frozenset(names)
        found.append(Device(primitive.attrib["id"], primitive.attrib["type"], targets))
    return found


def _levels(cib: ET.Element) -> list[Level]:
    return [
        Level(
            one.attrib["target"], tuple(filter(None, re.split(r"[\s,]+", one.get("devices", ""))))
        )
        for one in cib.iterfind("configuration/fencing-topology/fencing-level")
        if "target" in one.attrib
    ]
