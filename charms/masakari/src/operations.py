# Copyright 2026 The instance-ha developers
# SPDX-License-Identifier: Apache-2.0

"""The actions about segments and their hosts: what they take, do and answer."""

import contextlib
import json
from collections.abc import Generator

import pydantic

import api
import fitness
import local_monitor
import openstack
from action import Action, ActionError, Results
from inventory import Host, Inventory, Segment, Service
from segments import Description, HostName, RecoveryMethod, SegmentName, Wanted


class CreateSegment(pydantic.BaseModel):
    """Parameters of create-segment."""

    name: SegmentName
    recovery_method: RecoveryMethod = "auto"
    description: Description | None = None
    enabled: bool = True


class UpdateSegment(pydantic.BaseModel):
    """Parameters of update-segment; what is not given stays."""

    name: SegmentName
    new_name: SegmentName | None = None
    recovery_method: RecoveryMethod | None = None
    description: Description | None = None
    enabled: bool | None = None


class DeleteSegment(pydantic.BaseModel):
    """Parameters of delete-segment."""

    name: SegmentName
    with_hosts: bool = False


class AddHost(pydantic.BaseModel):
    """Parameters of add-host."""

    segment: SegmentName
    host: HostName
    reserved: bool = False


class RemoveHost(pydantic.BaseModel):
    """Parameters of remove-host."""

    host: HostName


class SetReserved(pydantic.BaseModel):
    """Parameters of set-reserved."""

    host: HostName
    reserved: bool = True


def create_segment(params: CreateSegment, described: frozenset[str]) -> Results:
    """Create a segment without hosts."""
    _check_not_described(params.name, described)
    if openstack.read().segment(params.name):
        raise ActionError(f"there is a segment {params.name} already")
    wanted = Wanted(
        name=params.name,
        hosts=frozenset(),
        recovery_method=params.recovery_method,
        enabled=params.enabled,
        description=params.description,
    )
    uuid = openstack.create_segment(wanted)
    return {"outcome": f"created the segment {params.name}; add hosts to it", "segment": uuid}


def update_segment(params: UpdateSegment, described: frozenset[str]) -> Results:
    """Change what was given about a segment."""
    _check_not_described(params.name, described)
    given = params.model_dump(exclude={"name"}, exclude_none=True)
    if not given:
        raise ActionError("say what to change: new-name, recovery-method, description or enabled")
    if params.new_name is not None:
        _check_not_described(params.new_name, described)
        given["name"] = given.pop("new_name")
    segment = _segment(openstack.read(), params.name)
    there = {field: getattr(segment, field) for field in given}
    fields = {field: value for field, value in given.items() if value != there[field]}
    if not fields:
        return {"outcome": f"nothing to change about {params.name}", "segment": segment.uuid}
    openstack.update_segment(segment.uuid, fields)
    said = ", ".join(f"{field} is {json.dumps(value)}" for field, value in fields.items())
    return {"outcome": f"changed {params.name}: {said}", "segment": segment.uuid}


def delete_segment(params: DeleteSegment, described: frozenset[str]) -> Results:
    """Delete a segment; its hosts only if that was said."""
    _check_not_described(params.name, described)
    segment = _segment(openstack.read(), params.name)
    names = ", ".join(host.name for host in segment.hosts)
    if names and not params.with_hosts:
        raise ActionError(f"{params.name} has hosts ({names}); move them, or say with-hosts=true")
    openstack.delete_segment(segment.uuid)
    left = f"; in no segment now: {names}" if names else ""
    return {"outcome": f"deleted the segment {params.name}{left}", "segment": segment.uuid}


def add_host(params: AddHost, described: frozenset[str]) -> Results:
    """Register a hypervisor in a segment."""
    _check_not_described(params.segment, described)
    present = openstack.read()
    segment = _segment(present, params.segment)
    service = _service(present, params.host)
    if home := present.home(params.host):
        raise ActionError(f"{params.host} is in the segment {home[0].name} already")
    if params.reserved:
        _check_fit(service)
    with _let_in_again(service):
        if params.reserved:
            openstack.disable(service)
        openstack.add_host(segment.uuid, params.host, reserved=params.reserved)
    kind = " as a reserve" if params.reserved else ""
    outcome = f"added {params.host} to {params.segment}{kind}"
    return {"outcome": outcome, "host": params.host, "segment": segment.uuid}


def remove_host(params: RemoveHost, described: frozenset[str]) -> Results:
    """Take a hypervisor out of the segment that it is in."""
    present = openstack.read()
    segment, host = _home(present, params.host)
    _check_not_described(segment.name, described)
    openstack.remove_host(segment.uuid, host.uuid)
    outcome = f"removed {host.name} from {segment.name}; its failure is not recovered any more"
    service = present.service(host.name)
    if service is not None and not service.enabled:
        outcome += f"; still disabled in nova ({service.reason or 'no reason given'})"
    return {"outcome": outcome, "host": host.name, "segment": segment.uuid}


def set_reserved(params: SetReserved, _: frozenset[str]) -> Results:
    """Make a hypervisor a reserve (again), or no longer one, in Masakari and in nova."""
    present = openstack.read()
    segment, host = _home(present, params.host)
    service = _service(present, params.host)
    if params.reserved:
        if host.on_maintenance:
            raise ActionError(f"{host.name} is on maintenance; run resume-host first")
        _check_fit(service)
    kept = fitness.is_kept(service, reserved=host.reserved)
    outcome = (
        f"{host.name} is {'a reserve' if params.reserved else 'no reserve'} in {segment.name}"
    )
    if not params.reserved and not service.enabled and not kept:
        outcome += f"; left disabled in nova ({service.reason or 'no reason given'})"
    if host.reserved == params.reserved and kept == params.reserved:
        outcome = f"nothing to change: {outcome}"
    else:
        with _let_in_again(service):
            openstack.set_reserved(segment.uuid, host, service, reserved=params.reserved)
    return {"outcome": outcome, "host": host.name, "segment": segment.uuid}


ACTIONS = {
    "create-segment": Action(CreateSegment, create_segment),
    "update-segment": Action(UpdateSegment, update_segment),
    "delete-segment": Action(DeleteSegment, delete_segment),
    "add-host": Action(AddHost, add_host),
    "remove-host": Action(RemoveHost, remove_host),
    "set-reserved": Action(SetReserved, set_reserved),
}


def _check_not_described(name: str, described: frozenset[str]) -> None:
    if name in described:
        raise ActionError(
            f"the option segments describes {name} and would undo this; change the option"
        )


@contextlib.contextmanager
def _let_in_again(service: Service) -> Generator[None, None, None]:
    """Do not leave a host disabled that Masakari does not take as a reserve."""
    try:
        yield
    except api.ApiError as error:
        if service.enabled and error.is_refusal:
            openstack.enable(service)
        raise


def _check_fit(service: Service) -> None:
    """Raise why a hypervisor cannot stand in for another."""
    cluster, _ = local_monitor.cluster_or_why()
    state = None if cluster is None else cluster.get(service.host, "absent")
    found = list(fitness.faults(service, openstack.count_servers(service.host), state))
    if found:
        raise ActionError(f"{service.host} cannot be a reserve: {'; '.join(found)}")


def _segment(present: Inventory, name: str) -> Segment:
    segment = present.segment(name)
    if segment is None:
        known = ", ".join(one.name for one in present.segments) or "none"
        raise ActionError(f"there is no segment {name}; there are: {known}")
    return segment


def _service(present: Inventory, host: str) -> Service:
    service = present.service(host)
    if service is None:
        known = ", ".join(one.host for one in present.services) or "none"
        raise ActionError(f"nova has no hypervisor {host}; it has: {known}")
    return service


def _home(present: Inventory, host: str) -> tuple[Segment, Host]:
    home = present.home(host)
    if home is None:
        raise ActionError(f"{host} is in no segment")
    return home
