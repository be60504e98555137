# Copyright 2026 The instance-ha developers
# SPDX-License-Identifier: Apache-2.0

"""The storm guard: hosts that are lost together have probably not all died. All pure.

A broken switch, or a member that lost its own network, looks like the death of many hosts. To
power them all off would turn that into the death of everything they run. So the agent refuses to
cut power while more remotes are lost at once than may be, until an operator has had a look.

What counts is what the cluster says, and which of the hosts that it calls well do not answer the
member that fences: hosts that are lost at the same moment are noticed one after the other, and the
first would be off before the last is missed.

It asks nobody else, and before anything else. It is no fencing device of its own: one that
answers 0 for a node without a fencing topology is taken for the device that cut the power.
"""

import dataclasses
import xml.etree.ElementTree as ET
from collections.abc import Iterable, Mapping

from fence_agent.histories import witnesses
from fence_agent.names import full_name

# Where the charm's actions write, in a property set of the charm's own. Every member reads it.
HOLD = "instance-ha-fencing-hold"
RELEASE = "instance-ha-fencing-released-until"

# A release that ends later than this was not made by our action, or a clock has jumped: no release.
LONGEST_RELEASE_SECONDS = 7200.0

_FALSE = frozenset({"", "0", "false", "no", "off"})
_SHOWN = 5
_PORT = 3121  # pacemaker_remoted(8)


class HeldError(Exception):
    """Power must not be cut now; the message says why, and what to do."""


@dataclasses.dataclass(frozen=True)
class Rule:
    """What the device's parameters allow."""

    max_hosts: int | None
    """Remotes that may be lost at once; 0 is half of them; ``None`` is without limit."""
    window: float
    """Seconds for which a fenced host counts as lost with others."""
    monitor_hosts: tuple[str, ...] = ()
    """Addresses of which the member that fences must be able to reach one."""

    def limit(self, remotes: int) -> int:
        """Return how many may be lost at once. Never less than one: a single host is fenced."""
        return max(self.max_hosts or (remotes + 1) // 2, 1)


@dataclasses.dataclass(frozen=True)
class Facts:
    """What the cluster says of its remotes."""

    remotes: frozenset[str]
    unclean: frozenset[str]
    """Lost, and not fenced yet."""
    fenced: frozenset[str]
    """Fenced within the window, and not back since."""
    hold: bool
    """Whether somebody ordered that nothing be fenced."""
    released: float
    """Seconds for which an operator has lifted the limit; 0 if nobody has."""
    well: Mapping[str, tuple[str, int]] = dataclasses.field(
        default_factory=dict[str, tuple[str, int]]
    )
    """Where the remotes listen that the cluster calls well: address and port."""
    silent: frozenset[str] = frozenset()
    """Those of them that do not answer there."""
    maintained: frozenset[str] = frozenset()
    """Somebody works on them, and the cluster is to leave them alone."""
    alive: Mapping[str, str] = dataclasses.field(default_factory=dict[str, str])
    """Which member has had a connection to a remote after all that was told of its failure."""
    off: frozenset[str] = frozenset()
    """Fenced, whenever that was or whoever confirmed it, and neither back nor lost again since."""
    missed: Mapping[str, tuple[str, int]] = dataclasses.field(
        default_factory=dict[str, tuple[str, int]]
    )
    """Where the remotes listened that are lost and not fenced yet."""

    @property
    def lost(self) -> frozenset[str]:
        """The remotes that count as lost at once."""
        return self.unclean | self.fenced | self.silent


def facts(status: str, cib: str, window: float, now: float) -> Facts:
    """Return the facts that two outputs hold.

    Args:
        status: Of ``crm_mon --output-as=xml``, asked first: a host that is fenced between the two
            questions then counts as both rather than as neither.
        cib: Of ``cibadmin --query``.
        window: Seconds.
        now: Seconds since the epoch.

    Raises:
        HeldError: They cannot be understood.
    """
    try:
        nodes = ET.fromstring(status).findall("nodes/node[@type='remote']")
        root = ET.fromstring(cib)
        moments = dict(_moments(root))
        listening = dict(_listening(root))
        released = float(_property(root, RELEASE) or 0) - now
    except (ET.ParseError, ValueError) as error:
        raise HeldError(f"the cluster's answer is not understood: {error}") from None
    if root.find("configuration") is None or root.find("status") is None:
        raise HeldError("the cluster's answer is not understood: no configuration or no state")
    remotes = frozenset(node.get("name", "") for node in nodes)
    unclean = frozenset(each.get("name", "") for each in nodes if _is_lost(each))
    fenced = frozenset(name for name, moment in moments.items() if moment > now - window)
    well = {node.get("name", "") for node in nodes if _is_well(node)} - fenced
    return Facts(
        remotes=remotes,
        unclean=unclean,
        fenced=fenced & remotes,
        hold=_property(root, HOLD).lower() not in _FALSE,
        released=released if 0 < released <= LONGEST_RELEASE_SECONDS else 0.0,
        well={name: listening[name] for name in sorted(well) if name in listening},
        maintained=frozenset(
            node.get("name", "") for node in nodes if node.get("maintenance") == "true"
        ),
        alive={name: member for name, member in witnesses(root).items() if name in remotes},
        off=(frozenset(moments) & remotes) - unclean,
        missed={name: listening[name] for name in sorted(unclean) if name in listening},
    )


def refusal(found: Facts, rule: Rule, target: str = "") -> str:
    """Return why a host must not be powered off now; empty if nothing speaks against it.

    Args:
        found: What the cluster says.
        rule: What is allowed.
        target: Name of the host. It counts as lost, whatever the cluster says. May be empty.
    """
    if found.hold:
        return (
            f"fencing is held by order ({HOLD}). Run the action release-fencing on a unit of"
            " hacluster to end it"
        )
    if target and full_name(target, found.remotes) in found.maintained:
        # Pacemaker 3.0 fences such a host when no member could connect to it for half a minute.
        return "it is in maintenance: somebody works on it. End that first (set-node-maintenance)"
    if member := found.alive.get(full_name(target, found.remotes)):
        return (
            f"{member} has been connected to it since: a member that was cut off told of its failure."
            " The leader of hacluster has it connected again with its next hook; release-fencing does so now"
        )
    limit = rule.limit(len(found.remotes))
    lost = found.lost | ({full_name(target, found.remotes)} if target else set[str]())
    if rule.max_hosts is None or len(lost) <= limit or found.released:
        return ""
    fenced = found.fenced - found.unclean
    silent = found.silent - found.unclean - {full_name(target, found.remotes)}
    waiting = lost - fenced - silent
    return (
        f"fencing is held: {len(lost)} of {len(found.remotes)} hosts are lost at once"
        f" ({len(waiting)} not fenced yet: {_names(waiting)}; {len(silent)} that do not answer:"
        f" {_names(silent)}; {len(fenced)} fenced within {rule.window:.0f} s: {_names(fenced)}),"
        f" and {limit} may be. If the network is broken,"
        " repair it; then run the action release-fencing on a unit of hacluster"
    )


def _is_lost(node: ET.Element) -> bool:
    # What is in maintenance is not fenced, and is down on purpose.
    return node.get("unclean") == "true" and node.get("maintenance") != "true"


def _is_well(node: ET.Element) -> bool:
    return (
        node.get("online") == "true"
        and node.get("unclean") != "true"
        and node.get("maintenance") != "true"
    )


def _listening(root: ET.Element) -> Iterable[tuple[str, tuple[str, int]]]:
    """Yield where each remote listens (ocf:pacemaker:remote, parameters server and port)."""
    for primitive in root.iterfind("configuration/resources//primitive[@type='remote']"):
        name = primitive.get("id", "")
        pairs = primitive.iterfind("instance_attributes/nvpair")
        told = {pair.get("name"): pair.get("value", "") for pair in pairs}
        yield name, (told.get("server") or name, int(told.get("port") or _PORT))


def _moments(root: ET.Element) -> Iterable[tuple[str, float]]:
    """Yield remotes that count as fenced, and since when."""
    # Set when a fencing succeeded, and back to 0 when the remote has really connected again.
    for state in root.iterfind("status/node_state[@remote_node='true']"):
        if moment := float(state.get("node_fenced") or 0):
            yield state.get("uname", ""), moment


def _property(root: ET.Element, name: str) -> str:
    pair = root.find(f"configuration/crm_config/cluster_property_set/nvpair[@name='{name}']")
    return "" if pair is None else pair.get("value", "")


def _names(names: frozenset[str]) -> str:
    shown = ", ".join(sorted(names)[:_SHOWN]) or "none"
    return shown + (f" and {len(names) - _SHOWN} more" if len(names) > _SHOWN else "")
