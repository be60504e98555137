# Copyright 2026 The instance-ha developers
# SPDX-License-Identifier: Apache-2.0

"""The document of ``juju status --format json``; keys as in cmd/juju/status/formatted.go."""

from collections.abc import Callable
from typing import Any

from lab.juju import moment
from lab.juju.bundles import CharmMetadata
from lab.juju.entities import Application, Machine, Status, Unit
from lab.juju.environment import JUJU_VERSION
from lab.juju.model import DEFAULT_SPACE, Model
from lab.juju.network import Network
from lab.juju.status import health

CONTROLLER = "lab"
CLOUD = "lab"
Networks = Callable[[str], Network | None]
Charms = Callable[[str], CharmMetadata]


def build(model: Model, networks: Networks, charms: Charms) -> dict[str, Any]:
    """Return the whole document.

    Args:
        model: The model.
        networks: Gives the network of a machine, or nothing while it has none.
        charms: Gives what an application's charm declares.
    """
    roots = [m for m in model.machines.values() if m.parent is None]
    return {
        "model": {
            "name": model.name,
            "type": "iaas",
            "controller": CONTROLLER,
            "cloud": CLOUD,
            "version": JUJU_VERSION,
            "model-status": {"current": "available"},
            "sla": "unsupported",
        },
        "machines": {m.id: _machine(model, m, networks) for m in roots},
        "applications": {
            app.name: _application(model, app, networks, charms(app.name))
            for app in sorted(model.applications.values(), key=lambda app: app.name)
        },
        "storage": {},
        "controller": {"timestamp": moment.now()},
    }


def keep(document: dict[str, Any], patterns: list[str]) -> dict[str, Any]:
    """Return the document reduced to the named applications, units or machines."""
    if not patterns:
        return document
    names = {pattern.split("/")[0] for pattern in patterns if not pattern[:1].isdigit()}
    machines = {pattern for pattern in patterns if pattern[:1].isdigit()}
    applications = {k: v for k, v in document["applications"].items() if k in names}
    for app in applications.values():
        for unit in app.get("units", {}).values():
            machines.add(unit.get("machine", "").split("/")[0])
    kept = {k: v for k, v in document["machines"].items() if k in machines}
    return {**document, "applications": applications, "machines": kept}


def base(text: str) -> dict[str, str]:
    """Return a base (``ubuntu@24.04``) as its name and channel."""
    name, _, channel = text.partition("@")
    return {"name": name, "channel": channel.split("/")[0]}


def _status(status: Status, **more: str) -> dict[str, Any]:
    shown: dict[str, Any] = {"current": status.current}
    if status.message:
        shown["message"] = status.message
    return {**shown, "since": status.since, **more}


def _machine(model: Model, machine: Machine, networks: Networks) -> dict[str, Any]:
    state = machine.status.current
    network = networks(machine.id)
    agent = Status("pending") if machine.instance is None else machine.status
    provider = {"started": "running", "down": "running"}.get(state, state)
    message = "Deployed" if provider == "running" else machine.status.message
    shown: dict[str, Any] = {
        "juju-status": _status(agent, version=JUJU_VERSION),
        "machine-status": _status(Status(provider, message, machine.status.since)),
        "modification-status": {"current": "idle", "since": machine.status.since},
        "instance-id": machine.instance or "pending",
        "base": base(str(model.setting("default-base"))),
        "constraints": machine.constraints,
        "hardware": "arch=amd64",
    }
    if network is not None:
        instance = network.instance
        shown |= {
            "hostname": instance.id,
            "display-name": instance.id,
            "dns-name": network.default,
            "ip-addresses": _addresses(network),
            "network-interfaces": {
                nic: {
                    "ip-addresses": network.all(space),
                    "mac-address": "",
                    "is-up": state == "started",
                    "space": space,
                }
                for space, nic in instance.nics.items()
                if space in instance.addresses
            },
        }
    containers = {c.id: _machine(model, c, networks) for c in model.containers_on(machine.id)}
    return {**shown, "containers": containers} if containers else shown


def _addresses(network: Network) -> list[str]:
    found = [address for space in network.instance.addresses for address in network.all(space)]
    return [network.default, *(address for address in found if address != network.default)]


def _application(
    model: Model, app: Application, networks: Networks, charm: CharmMetadata
) -> dict[str, Any]:
    revision = app.charm.rpartition("-")[2]
    relations: dict[str, list[dict[str, str]]] = {}
    for relation in model.relations_of(app.name):
        end = relation.end(app.name)
        relations.setdefault(end.endpoint, []).append(
            {
                "related-application": relation.other(app.name).app,
                "interface": end.interface,
                "scope": "container" if relation.container else "global",
            }
        )
    shown: dict[str, Any] = {
        "charm": f"local:{app.charm}",
        "base": base(app.base),
        "charm-origin": "local",
        "charm-name": charm.name,
        "charm-rev": int(revision),
        "exposed": app.exposed,
        "application-status": _status(health.application(model, app)),
        "endpoint-bindings": {"": app.bindings.get("") or DEFAULT_SPACE, **app.bindings},
    }
    if app.life.value != "alive":
        shown["life"] = app.life.value
    if app.version:
        shown["version"] = app.version
    if relations:
        shown["relations"] = relations
    if app.subordinate:
        return {**shown, "subordinate-to": _principals(model, app)}
    units = {u.name: _unit(model, u, networks) for u in model.units_of(app.name)}
    return {**shown, "units": units} if units else shown


def _principals(model: Model, app: Application) -> list[str]:
    others = (r.other(app.name).app for r in model.relations_of(app.name) if r.container)
    return sorted({o for o in others if not model.applications[o].subordinate})


def _unit(model: Model, unit: Unit, networks: Networks) -> dict[str, Any]:
    network = networks(unit.machine)
    shown: dict[str, Any] = {
        "workload-status": _status(health.workload(model, unit)),
        "juju-status": _status(health.agent(model, unit), version=JUJU_VERSION),
    }
    if unit.life.value != "alive":
        shown["juju-status"]["life"] = unit.life.value
    if model.applications[unit.app].leader == unit.name:
        shown["leader"] = True
    if unit.principal is None:
        shown["machine"] = unit.machine
    if unit.ports:
        shown["open-ports"] = unit.ports
    if network is not None:
        shown["public-address"] = network.default
    wanted = model.applications[unit.app].charm
    if unit.charm is not None and unit.charm != wanted:
        shown["upgrading-from"] = f"local:{unit.charm}"
    subordinates = {s.name: _unit(model, s, networks) for s in model.subordinates(unit.name)}
    return {**shown, "subordinates": subordinates} if subordinates else shown
