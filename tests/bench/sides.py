# Copyright 2026 The instance-ha developers
# SPDX-License-Identifier: Apache-2.0

"""The same cloud as the predecessors set it up, and what their host monitor would have done."""

import contextlib
import datetime
import json
import time
import xml.etree.ElementTree as ET
from collections.abc import Generator

import jubilant

from lab.story.openstack import wait_for
from lab.story.stage import Stage

# Simultaneous evacuations would otherwise all go to the same host: both sides have it.
NOVA = "filter_scheduler/shuffle_best_same_weighed_hosts=true,filter_scheduler/host_subset_size=2"
# Half of what its host monitor waits between two looks: a loss falls anywhere into it.
HOSTMONITOR = 30.0
# Masakari's duplicate_notification_detection_interval, and a little: it refuses what says the same sooner.
_DUPLICATE = 185.0
_MONITOR = "res_masakari_fencing_monitor"
# The engine's login as Masakari has it, in place of the charm's that is kept; and back.
_DROP_IN = "/run/systemd/system/masakari-engine.service.d"
_RESTART = "systemctl daemon-reload; systemctl restart masakari-engine"
_PLAIN = f"""mkdir -p {_DROP_IN}
printf '[Service]\\nEnvironment=OS_KEYSTONE_AUTHTOKEN__AUTH_TYPE=password\\n' >{_DROP_IN}/plain.conf
{_RESTART}"""
_KEPT = f"rm -r {_DROP_IN}; {_RESTART}"
# Interval and time limit of the cluster's look at a host, and its pause before it connects again.
_Pace = tuple[str, str, str]
_OURS: _Pace = ("3s", "10s", "30s")
_THEIRS: _Pace = ("30s", "20s", "60s")


def members(stage: Stage) -> list[str]:
    """Return the machines that form the cluster."""
    units = stage.juju.status().get_units("masakari")
    return [stage.juju.exec("hostname", unit=unit).stdout.strip() for unit in sorted(units)]


def advise_nova(stage: Stage) -> None:
    """Give nova the settings that operators are advised to have."""
    stage.juju.config("nova-cloud-controller", {"config-flags": NOVA})
    stage.juju.model_config({"update-status-hook-interval": "60m"})
    stage.juju.wait(_is_quiet, timeout=600)


@contextlib.contextmanager
def predecessors(stage: Stage) -> Generator[None]:
    """Set the cloud up as the predecessors did, and back afterwards.

    What was measured has left a host down, and with it agents: nothing is waited for here at the end.
    """
    known = stage.juju.config("masakari")
    values = {"require-fencing": False, "evacuation-delay": 60, "recovery-threads": 3}
    stage.juju.config("masakari", {name: v for name, v in values.items() if name in known})
    stage.juju.wait(_is_quiet, timeout=600)
    member = members(stage)[0]
    _crm_resource(stage, member, _MONITOR, "--meta", "target-role", "Stopped")
    _tune(stage, member, _THEIRS)
    _engines(stage, _PLAIN)
    wait_for("an earlier report is none any more", lambda: _reports_are_old(stage), timeout=300)
    try:
        yield
    finally:
        _engines(stage, _KEPT)
        _tune(stage, member, _OURS)
        _start_monitor(stage, member)
        stage.juju.config("masakari", reset=[name for name in values if name in known])


def _reports_are_old(stage: Stage) -> bool:
    told = [
        str(row["generated_time"])
        for row in stage.openstack.notifications()
        if row["type"] == "COMPUTE_HOST"
    ]
    moments = [
        datetime.datetime.fromisoformat(one).replace(tzinfo=datetime.timezone.utc) for one in told
    ]
    return all(time.time() - one.timestamp() > _DUPLICATE for one in moments)


@contextlib.contextmanager
def nobody(stage: Stage) -> Generator[None]:
    """Have nobody report a failure: who measures does everything by hand."""
    member = members(stage)[0]
    _crm_resource(stage, member, _MONITOR, "--meta", "target-role", "Stopped")
    try:
        yield
    finally:
        _start_monitor(stage, member)


def _start_monitor(stage: Stage, member: str) -> None:
    """Leave the fencing monitor to the cluster again."""
    stage.cloud.run(
        member,
        ["crm_resource", "--resource", _MONITOR, "--meta", "--delete-parameter", "target-role"],
    )


def host_monitor(stage: Stage, host: str) -> float:
    """Do what the predecessors' host monitor does about a lost host; return when it was offline."""
    member = members(stage)[0]

    def offline() -> bool:
        said = stage.cloud.run(member, ["crm_mon", "--one-shot", "--output-as=xml"]).stdout
        node = ET.fromstring(said).find(f"nodes/node[@name='{host}']")
        return node is not None and node.get("online") == "false"

    wait_for(f"{host} offline", offline, timeout=180, every=0.5)
    at = stage.note("bench", f"{host} is offline; the host monitor looks in {HOSTMONITOR:.0f} s")
    time.sleep(HOSTMONITOR)
    payload = {"event": "STOPPED", "cluster_status": "OFFLINE", "host_status": "NORMAL"}
    now = time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime())
    stage.openstack.run("notification", "create", "COMPUTE_HOST", host, now, json.dumps(payload))
    return at


def _tune(stage: Stage, member: str, pace: _Pace) -> None:
    """Change how fast the cluster misses a host, behind the charm's back."""
    interval, timeout, reconnect = pace
    query = ["cibadmin", "--query", "--xpath", "//primitive[@type='remote']"]
    found = ET.fromstring(f"<x>{stage.cloud.run(member, query).stdout}</x>")
    for primitive in found.iter("primitive"):
        operation = primitive.find("operations/op[@name='monitor']")
        assert operation is not None
        operation.set("interval", interval)
        operation.set("timeout", timeout)
        text = ET.tostring(operation, encoding="unicode")
        stage.cloud.run(member, ["cibadmin", "--modify", "--allow-create", "--xml-text", text])
        name = str(primitive.get("id"))
        _crm_resource(stage, member, name, "reconnect_interval", reconnect)
    stage.cloud.run(member, ["crm_resource", "--wait"], timeout=120)


def _engines(stage: Stage, script: str) -> None:
    """Have all engines log in another way."""
    for member in members(stage):
        done = stage.cloud.run(member, ["sh", "-ec", script], timeout=120)
        assert done.returncode == 0, done.stderr


def _crm_resource(stage: Stage, member: str, resource: str, *words: str) -> None:
    *flags, name, value = words
    argv = ["crm_resource", "--resource", resource, *flags]
    done = stage.cloud.run(member, [*argv, "--set-parameter", name, "--parameter-value", value])
    assert done.returncode == 0, done.stderr


def _is_quiet(status: jubilant.Status) -> bool:
    return jubilant.all_active(status) and jubilant.all_agents_idle(status)
