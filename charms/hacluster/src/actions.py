# Copyright 2026 The instance-ha developers
# SPDX-License-Identifier: Apache-2.0

"""What an operator can ask of a member. Each function returns an action's results or raises."""

import json
from collections.abc import Iterable, Sequence

import crm_mon
import former
import pacemaker

_SETTLE = 30.0  # seconds
_FORGET = 10.0  # seconds for the cluster to forget a member


class ActionError(Exception):
    """What was asked for cannot be done, or not in full; the message says why.

    ``results`` are what there is to show all the same.
    """

    def __init__(self, message: str, results: dict[str, str] | None = None):
        super().__init__(message)
        self.results = results or {}


def pause(node: str) -> None:
    """Put a member in standby, and wait for what it runs to move."""
    pacemaker.set_node_attribute(node, "standby", "on")
    if not pacemaker.wait(lambda: _is_standby(node), timeout=5):
        raise ActionError("Couldn't pause: Node not in standby mode")
    if not pacemaker.wait(lambda: _runs_nothing(node), timeout=15):
        raise ActionError("Couldn't pause: Resources still running on unit")


def resume(node: str) -> None:
    """Take a member out of standby."""
    pacemaker.set_node_attribute(node, "standby", None)
    if not pacemaker.wait(lambda: not _is_standby(node), timeout=5):
        raise ActionError("Couldn't resume: Node still in standby mode")
    # So that the status that follows tells of a member that has taken up its work again.
    pacemaker.settle(timeout=_SETTLE)


def cleanup(resource: str) -> dict[str, str]:
    """Forget the failures of a resource, or of ``all``."""
    status = _status()
    # To forget the failure of a lost host is to forget that it may still be running.
    unclean = [node.name for node in status.remotes if node.unclean]
    if unclean and resource in ("all", *unclean):
        raise ActionError(f"{', '.join(unclean)}: lost and not fenced yet; fence it first")
    if resource != "all" and not status.has_resource(resource):
        raise ActionError(f"failed to cleanup crm resource '{resource}': there is none")
    pacemaker.cleanup(None if resource == "all" else resource)
    return {"result": "success"}


def status(*, resources: bool, history: bool) -> dict[str, str]:
    """Show what the cluster knows of itself."""
    text = pacemaker.status_xml(history=history)
    if text is None:
        raise ActionError("failed to get cluster health")
    report = crm_mon.report(text, resources=resources, history=history)
    return {"result": json.dumps(report)}


def update_ring(known: frozenset[int]) -> dict[str, str]:
    """Remove every lost member that is no unit any more.

    Args:
        known: Ids of all units.
    """
    foreign = [node for node in _status().members if not _is_one_of(node, known)]
    if not foreign:
        return {"result": "No changes required."}
    _forget(foreign)
    return {"result": f"Nodes removed: {' '.join(node.name for node in foreign)}"}


def delete_node(name: str, known: frozenset[int]) -> dict[str, str]:
    """Remove one lost member.

    Args:
        name: Of the member.
        known: Ids of all units.
    """
    found = [node for node in _status().members if node.name == name]
    if not found:
        raise ActionError(f"Removing {name} from the cluster failed. It is not a member")
    _forget(found)
    if _is_one_of(found[0], known):
        note = (
            f"{name} is still a unit: its vote counts, and it joins when it runs; remove the unit"
        )
        return {"result": "success", "note": note}
    return {"result": "success"}


def _forget(nodes: Sequence[crm_mon.Node]) -> None:
    names = [node.name for node in nodes]
    for state, wrong in (
        ("Still online; stop it first", [node.name for node in nodes if node.online]),
        # To forget it is to forget that it may still run something.
        ("Lost and not fenced yet", [node.name for node in nodes if node.unclean]),
    ):
        if wrong:
            raise ActionError(f"Removing {', '.join(wrong)} from the cluster failed. {state}")
    remembered = [name for name in names if not former.forget(name)]
    if not pacemaker.wait(lambda: not _known(names), timeout=_FORGET):
        remembered += _known(names)
    if remembered:
        left = ", ".join(sorted(set(remembered)))
        raise ActionError(f"Removing {left} from the cluster failed. The cluster still knows it")


def _known(names: Iterable[str]) -> list[str]:
    present = {node.name for node in _status().members}
    return sorted(present.intersection(names))


def _status() -> crm_mon.Status:
    found = pacemaker.status()
    if found is None:
        raise ActionError("failed to get cluster health")
    return found


def _is_one_of(node: crm_mon.Node, ids: frozenset[int]) -> bool:
    return node.id.isdigit() and int(node.id) in ids


def _is_standby(node: str) -> bool:
    found = _status().node(node)
    return found is not None and found.standby


def _runs_nothing(node: str) -> bool:
    found = _status().node(node)
    return found is not None and found.resources_running == 0
