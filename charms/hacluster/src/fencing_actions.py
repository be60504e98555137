# Copyright 2026 The instance-ha developers
# SPDX-License-Identifier: Apache-2.0

"""What an operator can ask about fencing, and do to it, on any member."""

import concurrent.futures
import json
import logging
import time
import xml.etree.ElementTree as ET
from collections.abc import Callable, Mapping
from typing import Any

import agent
import crm_mon
import fencing
import fencing_report
import pacemaker
import release
import remotes
from actions import ActionError
from instance_ha.command import CommandError

logger = logging.getLogger(__name__)

_ASK = 30.0  # seconds for MAAS's database
_ASK_LIVE = 100.0  # seconds for all BMCs, asked at the same time
_MAINTENANCE = 30.0  # seconds for the cluster to take note
_DEFAULT_RELEASE = 600
_RELEASES = range(60, 3601)  # seconds; the agent disregards releases that end much later

Results = dict[str, str]


def perform(name: str, params: Mapping[str, Any]) -> Results:
    """Do what an action of this name does, and return its results.

    Raises:
        ActionError: It cannot be done, or not in full.
        CommandError: A program of Pacemaker refused.
    """
    return ACTIONS[name](params)


def _status(_: Mapping[str, Any]) -> Results:
    configuration, status = _look(quorum=False)
    events = crm_mon.fence_events(pacemaker.status_xml(fencing=True) or "")
    guard = agent.guard(configuration)
    try:
        machines, refusal = agent.examine(configuration, live=False, timeout=_ASK), ""
    except CommandError as error:
        machines, refusal = {}, str(error)
    known = fencing_report.Known(
        guard=guard,
        machines=machines,
        events=events,
        validation=fencing_report.last(),
        bmcs=_described(configuration),
    )
    hosts = fencing_report.hosts(configuration, status, known)
    return {
        "result": fencing_report.summary(guard, refusal),
        "hosts": json.dumps(hosts),
        "table": fencing_report.table(hosts),
        "maas": refusal or ("answers" if machines else "not asked"),
    }


def _described(configuration: ET.Element) -> dict[str, dict[str, Any]]:
    try:
        return agent.examine_bmcs(configuration, live=False, timeout=_ASK)
    except CommandError as error:
        logger.warning("what is known of BMCs cannot be told: %s", error)
        return {}


def _validate(_: Mapping[str, Any]) -> Results:
    configuration, status = _look()
    names = [host.name for host in remotes.present(configuration)]
    if not names:
        raise ActionError("the cluster watches no hosts")
    found = _examined(configuration, status)
    problems = fencing_report.problems(names, found)
    fencing_report.note(problems)
    results = {
        "hosts": json.dumps(problems),
        "table": "\n".join(f"{name}: {'; '.join(problems[name]) or 'ok'}" for name in names),
    }
    hopeless = fencing_report.hopeless(names, found)
    partly = [name for name in names if problems[name] and name not in hopeless]
    said = [f"could not be fenced: {', '.join(hopeless)}"] if hopeless else []
    said += [f"could be fenced in one of two ways only: {', '.join(partly)}"] if partly else []
    if said:
        raise ActionError("; ".join(said), results)
    if agent.guard(configuration) is None:
        raise ActionError("the storm guard cannot be asked, so it would refuse", results)
    return {"result": f"{len(names)} hosts could be fenced", **results}


def _examined(configuration: ET.Element, status: crm_mon.Status) -> fencing_report.Examined:
    """Ask MAAS and all BMCs, at the same time."""
    fenced = fencing.present(configuration)

    def ask_bmcs() -> dict[str, dict[str, Any]]:
        try:
            return agent.examine_bmcs(configuration, live=True, timeout=_ASK_LIVE)
        except CommandError as error:
            return {entry: {"problems": [str(error)]} for entry in fenced.bmcs.values()}

    with concurrent.futures.ThreadPoolExecutor(1) as pool:
        bmcs = pool.submit(ask_bmcs)
        try:
            machines, refusal = agent.examine(configuration, live=True, timeout=_ASK_LIVE), ""
        except CommandError as error:
            if not fenced.bmcs:
                raise
            machines, refusal = {}, str(error)
        return fencing_report.Examined(
            fenced=fenced,
            machines=machines,
            alive=frozenset(
                node.name
                for node in status.remotes
                if remotes.is_really_online(node.name, configuration, status)
            ),
            bmcs=bmcs.result(),
            refusal=refusal,
        )


def _confirm(params: Mapping[str, Any]) -> Results:
    if params.get("i-really-mean-it") is not True:
        raise ActionError("i-really-mean-it is a required parameter")
    configuration, status = _look()
    node = _node(status, str(params["node"])).name
    if not _node(status, node).unclean:
        raise ActionError(f"{node} is not waiting to be fenced; there is nothing to confirm")
    _require_not_on(configuration, node)
    logger.warning("an operator confirms that %s has no power", node)
    pacemaker.confirm_fenced(node)
    return {
        "result": f"{node} counts as fenced, by an operator's word",
        "node": node,
        "time": fencing_report.moment(time.time()),
    }


def _release(params: Mapping[str, Any]) -> Results:
    duration = int(params.get("duration", _DEFAULT_RELEASE))
    if duration not in _RELEASES:
        raise ActionError(f"duration: {_RELEASES.start} to {_RELEASES.stop - 1} seconds")
    configuration, status = _look()
    return release.release(
        configuration, status, duration=duration, reconnect=params.get("reconnect", True)
    )


def _maintain(params: Mapping[str, Any]) -> Results:
    _, status = _look()
    node, wanted = _node(status, str(params["node"])), bool(params["maintenance"])
    if wanted and node.unclean:
        # Nobody would ever fence it, and it may still be running.
        raise ActionError(f"{node.name}: lost and not fenced yet; fence it first")
    logger.warning("an operator sets maintenance of %s to %s", node.name, wanted)
    pacemaker.set_node_attribute(node.name, "maintenance", "true" if wanted else None)

    def is_done() -> bool:
        now = pacemaker.status()
        found = now.node(node.name) if now else None
        # In maintenance mode of the whole cluster all nodes are.
        return found is not None and (found.maintenance == wanted or status.maintenance)

    if not pacemaker.wait(is_done, timeout=_MAINTENANCE):
        raise ActionError(f"{node.name}: the cluster has not taken note of it yet")
    told = "left alone by the cluster, and not fenced when it is lost" if wanted else "watched"
    return {
        "result": f"{node.name} is {told}",
        "node": node.name,
        "maintenance": str(wanted).lower(),
    }


def _look(*, quorum: bool = True) -> tuple[ET.Element, crm_mon.Status]:
    status = pacemaker.status()
    if status is None or status.dc is None:
        raise ActionError("failed to get cluster health")
    if quorum and not status.quorate:
        raise ActionError("no quorum: ask a unit in the part of the cluster that has it")
    return pacemaker.configuration(), status


def _node(status: crm_mon.Status, name: str) -> crm_mon.Node:
    """Return a node by its name, or by the part before the domain if that is only one's."""
    short = [node for node in status.nodes if node.name.partition(".")[0] == name]
    found = status.node(name) or (short[0] if len(short) == 1 else None)
    if found is None:
        raise ActionError(f"{name} is no node of this cluster")
    return found


def _require_not_on(configuration: ET.Element, node: str) -> None:
    fenced = fencing.present(configuration)
    machine, entry = fenced.machines.get(node), fenced.bmcs.get(node)
    asked: list[Callable[[], dict[str, dict[str, Any]]]] = []
    if machine is not None:
        only = machine.system_id
        asked.append(lambda: agent.examine(configuration, live=True, timeout=_ASK, only=only))
    if entry is not None:
        asked.append(
            lambda: agent.examine_bmcs(configuration, live=True, timeout=_ASK, only=entry)
        )
    for ask in asked:
        try:
            said = ask()
        except CommandError as error:
            logger.info("whether %s is on cannot be told: %s", node, error)
            continue
        if any(each.get("power_state") == "on" for each in said.values()):
            raise ActionError(
                f"{node}: its BMC says that it is on. Power it off; if the BMC is wrong, run"
                f" stonith_admin --confirm {node} on a member"
            )


ACTIONS: Mapping[str, Callable[[Mapping[str, Any]], Results]] = {
    "confirm_fenced": _confirm,
    "fencing_status": _status,
    "release_fencing": _release,
    "set_node_maintenance": _maintain,
    "validate_fencing": _validate,
}
"""By the names that ops gives to the actions' events."""
