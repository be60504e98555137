# Copyright 2026 The instance-ha developers
# SPDX-License-Identifier: Apache-2.0

"""What the charm reads from nova and Masakari, and the single changes that it makes there.

Each function raises ``ApiError`` when it is refused or nobody answers.
"""

from collections.abc import Mapping
from typing import Any

import api
import fitness
from inventory import Host, Hypervisor, Inventory, Segment, Service
from segments import Wanted

# Segments can be switched off from 1.2 on (Masakari 10, Victoria).
_SEGMENTS_VERSION = "1.2"
# Free texts of the API, as the guide's commands set them.
_SERVICE_TYPE = "COMPUTE"
_CONTROL = "SSH"


def read() -> Inventory:
    """Return everything about hypervisors and segments."""
    services, aggregates, listed = api.call(
        api.Call("GET", "/os-services?binary=nova-compute", service="compute"),
        api.Call("GET", "/os-aggregates", service="compute"),
        api.Call("GET", "/segments", version=_SEGMENTS_VERSION),
    )
    rows: list[dict[str, Any]] = listed["segments"]
    paths = [f"/segments/{row['uuid']}/hosts" for row in rows]
    members = api.call(*(api.Call("GET", path) for path in paths)) if paths else []
    return Inventory(
        segments=tuple(
            _segment(row, found["hosts"]) for row, found in zip(rows, members, strict=True)
        ),
        services=tuple(_service(row) for row in services["services"]),
        aggregates={row["name"]: frozenset(row["hosts"]) for row in aggregates["aggregates"]},
    )


def hypervisors() -> tuple[Hypervisor, ...]:
    """Return what nova counts on each hypervisor, by the name of its service."""
    call = api.Call("GET", "/os-hypervisors/detail", service="compute")
    rows: list[dict[str, Any]] = api.call(call)[0]["hypervisors"]
    return tuple(
        Hypervisor(
            host=row["service"]["host"],
            memory=row["memory_mb"],
            memory_used=row["memory_mb_used"],
            disk=row["local_gb"],
            instances=row["running_vms"],
        )
        for row in rows
    )


def count_servers(host: str) -> int:
    """Return how many instances a hypervisor has, of any project; many are counted as a page."""
    path = f"/servers?all_tenants=1&host={host}"
    return len(api.call(api.Call("GET", path, service="compute"))[0]["servers"])


def create_segment(wanted: Wanted) -> str:
    """Create a segment without hosts and return its uuid."""
    body: dict[str, Any] = {
        "name": wanted.name,
        "recovery_method": wanted.recovery_method,
        "service_type": _SERVICE_TYPE,
        "enabled": wanted.enabled,
    }
    if wanted.description is not None:
        body["description"] = wanted.description
    order = api.Call("POST", "/segments", {"segment": body}, version=_SEGMENTS_VERSION)
    return api.call(order)[0]["segment"]["uuid"]


def update_segment(uuid: str, fields: Mapping[str, object]) -> None:
    """Change what is given: name, recovery_method, description, enabled."""
    body = {"segment": dict(fields)}
    api.call(api.Call("PUT", f"/segments/{uuid}", body, version=_SEGMENTS_VERSION))


def delete_segment(uuid: str) -> None:
    """Delete a segment; Masakari forgets the hosts that are in it."""
    api.call(api.Call("DELETE", f"/segments/{uuid}"))


def add_host(
    segment: str, name: str, *, reserved: bool = False, on_maintenance: bool = False
) -> None:
    """Register a hypervisor under the name that nova has for it."""
    body: dict[str, Any] = {
        "name": name,
        "type": _SERVICE_TYPE,
        "control_attributes": _CONTROL,
        "reserved": reserved,
        "on_maintenance": on_maintenance,
    }
    api.call(api.Call("POST", f"/segments/{segment}/hosts", {"host": body}))


def remove_host(segment: str, uuid: str) -> None:
    """Take a host out of its segment: its failure is not recovered any more."""
    api.call(api.Call("DELETE", f"/segments/{segment}/hosts/{uuid}"))


def move_host(source: str, target: str, host: Host) -> None:
    """Register a host in another segment, with its flags; it goes back if it is not taken."""
    flags = {"reserved": host.reserved, "on_maintenance": host.on_maintenance}
    remove_host(source, host.uuid)
    try:
        add_host(target, host.name, **flags)
    except api.ApiError:
        add_host(source, host.name, **flags)
        raise


def set_reserved(segment: str, host: Host, service: Service, *, reserved: bool) -> None:
    """Make a host a reserve, or no longer one.

    A reserve is disabled in nova, or it would not stay empty; the engine enables the one that it
    takes. What somebody else disabled stays disabled.
    """
    if reserved:
        disable(service)
    body = {"host": {"reserved": reserved}}
    api.call(api.Call("PUT", f"/segments/{segment}/hosts/{host.uuid}", body))
    if not reserved and fitness.is_kept(service, reserved=host.reserved):
        enable(service)


def disable(service: Service) -> None:
    """Keep new instances from a reserve."""
    if service.enabled:
        _change_service(service, {"status": "disabled", "disabled_reason": fitness.RESERVE_REASON})


def enable(service: Service) -> None:
    """Let new instances in."""
    _change_service(service, {"status": "enabled"})


def _change_service(service: Service, body: Mapping[str, str]) -> None:
    api.call(api.Call("PUT", f"/os-services/{service.id}", dict(body), service="compute"))


def _segment(row: dict[str, Any], hosts: list[dict[str, Any]]) -> Segment:
    return Segment(
        uuid=row["uuid"],
        name=row["name"],
        recovery_method=row["recovery_method"],
        description=row.get("description") or "",
        enabled=bool(row.get("enabled", True)),
        hosts=tuple(sorted((_host(one) for one in hosts), key=lambda one: one.name)),
    )


def _host(row: dict[str, Any]) -> Host:
    return Host(row["uuid"], row["name"], bool(row["reserved"]), bool(row["on_maintenance"]))


def _service(row: dict[str, Any]) -> Service:
    return Service(
        id=str(row["id"]),
        host=row["host"],
        zone=row["zone"],
        up=row["state"] == "up",
        enabled=row["status"] == "enabled",
        forced_down=bool(row["forced_down"]),
        reason=row.get("disabled_reason") or "",
    )
