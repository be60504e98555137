# Copyright 2026 The instance-ha developers
# SPDX-License-Identifier: Apache-2.0

"""What daemons, ring and units of the cluster are, beside what the cluster says of itself."""

import re
import xml.etree.ElementTree as ET

from tests.faults.arena import Arena

_DAEMONS = ("corosync", "pacemaker")
_UNTOUCHED = (("maintenance", "true"), ("maintenance-mode", "true"), ("is-managed", "false"))
_KEYS = ("/etc/corosync/authkey", "/etc/pacemaker/authkey")


def run(arena: Arena, machine: str, *argv: str, timeout: float = 30) -> str:
    """Run a program in a machine and return what it prints, whatever its exit code."""
    return arena.cloud.run(machine, argv, timeout=timeout).stdout


def unit_on(arena: Arena, application: str, machine: str) -> str:
    """Return an application's unit on a machine."""
    return next(
        unit for unit, where in _places(arena).items()
        if where == machine and unit.startswith(f"{application}/")
    )  # fmt: skip


def machine_of(arena: Arena, unit: str) -> str:
    """Return the machine that a unit is on."""
    return _places(arena)[unit]


def _places(arena: Arena) -> dict[str, str]:
    status = arena.juju.status()
    found: dict[str, str] = {}
    for application in status.apps.values():
        for name, unit in application.units.items():
            if unit.machine in status.machines:
                where = status.machines[unit.machine].instance_id
                found |= dict.fromkeys((name, *unit.subordinates), where)
    return found


def add(arena: Arena, application: str, number: int = 1, timeout: float = 180) -> list[str]:
    """Add units, and return their machines as soon as there are any."""
    before = set(_places(arena))
    arena.juju.add_unit(application, num_units=number)
    arena.note("operator", f"{number} more of {application}")

    def new() -> list[str]:
        # Until the cloud has chosen one, Juju calls it "pending".
        given = {each.id for each in arena.cloud.instances() if arena.cloud.is_on(each.id)}
        named = {
            unit: where for unit, where in _places(arena).items()
            if unit not in before and unit.startswith(f"{application}/") and where in given
        }  # fmt: skip
        return sorted(named.values())

    arena.await_("the new machines are there", lambda: len(new()) == number, timeout)
    return new()


def await_active(arena: Arena, application: str, machine: str, timeout: float = 600) -> float:
    """Wait until the unit on a machine has done its part."""

    def active() -> bool:
        status = arena.juju.status()
        name = next(
            (u for u, m in _places(arena).items() if m == machine and u.startswith(f"{application}/")), ""
        )  # fmt: skip
        unit = status.get_units(application).get(name)
        return unit is not None and unit.workload_status.current == "active"

    return arena.await_(f"the unit of {application} on {machine} is active", active, timeout)


def remove(arena: Arena, application: str, machine: str, *, force: bool = False) -> None:
    """Remove the unit on a machine, and do not wait for it."""
    unit = unit_on(arena, application, machine)
    arena.juju.remove_unit(unit, force=force)
    arena.note("operator", f"{unit} on {machine} is removed{' by force' if force else ''}")


def await_gone(arena: Arena, machine: str, timeout: float = 300) -> float:
    """Wait until a machine is given back."""
    return arena.await_(
        f"{machine} is given back",
        lambda: machine not in {each.id for each in arena.cloud.instances()},
        timeout,
    )


def starts(arena: Arena, member: str) -> str:
    """Return what changes whenever one of a member's daemons starts."""
    show = ("systemctl", "show", "--property=Id,InvocationID,MainPID")
    return run(arena, member, *show, *_DAEMONS)


def ring_id(arena: Arena, member: str) -> str:
    """Return the id of the present membership; every change of it makes another one."""
    text = run(arena, member, "/usr/sbin/corosync-quorumtool", "-s")
    return _word(r"Ring ID:\s+(\S+)", text)


def transport(arena: Arena, member: str) -> str:
    """Return what the ring runs over; empty while it does not run there."""
    text = run(arena, member, "/usr/sbin/corosync-cmapctl", "-g", "totem.transport")
    return text.rpartition("=")[2].strip()


def links(arena: Arena, member: str) -> dict[int, dict[int, str]]:
    """Return a member's links of the ring, by number, each with what it says of every member, by id."""
    text = run(arena, member, "/usr/sbin/corosync-cfgtool", "-s")
    _, *parts = re.split(r"^LINK ID (\d+)", text, flags=re.MULTILINE)
    return {
        int(number): {
            int(id_): said for id_, said in re.findall(r"nodeid:\s*(\d+):\s*(\w+)", part)
        }
        for number, part in zip(parts[::2], parts[1::2], strict=True)
    }


def member_id(arena: Arena, member: str) -> int:
    """Return a member's id in the ring."""
    text = run(
        arena, member, "/usr/sbin/corosync-cmapctl", "-g", "runtime.votequorum.this_node_id"
    )
    return int(text.rpartition("=")[2])


def expected_votes(arena: Arena, member: str) -> int:
    """Return how many members the ring reckons with."""
    text = run(arena, member, "/usr/sbin/corosync-quorumtool", "-s")
    return int(_word(r"Expected votes:\s+(\d+)", text))


def _word(pattern: str, text: str) -> str:
    found = re.search(pattern, text)
    assert found, text
    return found[1]


def without_quorum(arena: Arena, member: str) -> list[str]:
    """Return what a member has logged about having no quorum, since the test began."""
    log = ("journalctl", "--unit=corosync", "--output=cat", f"--since=@{arena.zero:.3f}")
    return [line for line in run(arena, member, *log).splitlines() if "non-primary" in line]


def known_members(arena: Arena, member: str) -> set[str]:
    """Return all members that Pacemaker remembers, lost and forgotten-about ones included."""
    rows = run(arena, member, "/usr/sbin/crm_node", "--list").splitlines()
    return {words[1] for row in rows if len(words := row.split()) > 1}


def ring_members(arena: Arena, member: str) -> set[str]:
    """Return all members that corosync.conf names."""
    text = run(arena, member, "cat", "/etc/corosync/corosync.conf")
    return set(re.findall(r"^\s+name: (\S+)$", text, re.MULTILINE))


def remembered(arena: Arena, name: str) -> bool:
    """Return whether the cluster's configuration or state has anything of a remote left."""
    for member in arena.cluster.members:
        if text := arena.cluster.run(member, "/usr/sbin/cibadmin", "--query"):
            root = ET.fromstring(text)
            places = (
                "configuration/resources",
                "configuration/nodes",
                "configuration/constraints",
                "status",
            )
            parts = [part for place in places for part in root.iterfind(place)]
            return any(
                name in (each.get(key, "").partition(".")[0] for key in ("id", "uname", "rsc"))
                for part in parts for each in part.iter()
            )  # fmt: skip
    raise AssertionError("no member tells")


def keys(arena: Arena, machine: str) -> tuple[str, ...]:
    """Return digests of the keys on a machine's disk: the ring's, if it has one, and the remotes'."""
    rows = run(arena, machine, "sha256sum", *_KEYS).splitlines()
    return tuple(row.split()[0] for row in rows)


def left_alone(arena: Arena) -> list[str]:
    """Return what the cluster was told not to look after: itself, nodes in maintenance, unmanaged resources."""
    root = ET.fromstring(arena.cluster.configuration())
    return [
        pair.get("id", "") for pair in root.iter("nvpair")
        if (pair.get("name"), pair.get("value")) in _UNTOUCHED
    ]  # fmt: skip


def confirmed(arena: Arena) -> dict[str, float]:
    """Return when each host was last taken for switched off; 0 for those that are back since."""
    for member in arena.cluster.members:
        if text := arena.cluster.run(member, "/usr/sbin/cibadmin", "--query", "--local"):
            states = ET.fromstring(text).iterfind("status/node_state[@remote_node='true']")
            return {
                state.get("uname", "").partition(".")[0]: float(state.get("node_fenced") or 0)
                for state in states
            }
    return {}


def deafen(arena: Arena, host: str, rule: str) -> None:
    """Have a host throw away packets."""
    table = (
        f"table inet deaf {{ chain in {{ type filter hook input priority 0; {rule} drop; }}; }}"
    )
    done = arena.cloud.run(host, ["/usr/sbin/nft", "-f", "-"], stdin=table)
    assert done.returncode == 0, done.stderr
    arena.note("fault", f"{host} drops {rule}")


def hear(arena: Arena, host: str) -> None:
    """End that."""
    arena.cloud.run(host, ["/usr/sbin/nft", "delete", "table", "inet", "deaf"])
    arena.note("operator", f"{host} hears again")
