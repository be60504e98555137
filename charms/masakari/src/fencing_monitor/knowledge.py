# Copyright 2026 The instance-ha developers
# SPDX-License-Identifier: Apache-2.0

"""Keeping the newest answer of nova and Masakari to each question. Pure."""

import dataclasses
from collections.abc import Iterable, Mapping
from typing import Any, TypeVar

from fencing_monitor.cloud import Seen, SegmentHost, World
from fencing_monitor.failure import Host
from fencing_monitor.requests import (
    Answer,
    LogIn,
    ReadHosts,
    ReadMoves,
    ReadNotifications,
    ReadServer,
    ReadServers,
    ReadServices,
    SetForcedDown,
    SetMaintenance,
)

T = TypeVar("T")


def learn(world: World, answer: Answer) -> World:
    """Return the world with one more answer; what was asked earlier than known is no news."""
    request = answer.request
    if answer.problem is not None:
        return _unlearn(world, answer)
    seen: Seen[Any] = Seen(answer.asked, answer.value)
    change = dataclasses.replace
    match request:
        case LogIn() if _newer(world.login, seen):
            return change(world, login=seen)
        case ReadServices() if _newer(world.services, seen):
            return change(world, services=seen)
        case ReadHosts() if _newer(world.hosts, seen):
            return change(world, hosts=seen)
        case ReadServers():
            return change(world, servers=_put(world.servers, request.host, seen))
        case ReadServer():
            return change(world, server=_put(world.server, request.uuid, seen))
        case ReadNotifications():
            return change(world, notifications=_put(world.notifications, request.uuid, seen))
        case ReadMoves():
            return change(world, moves=_put(world.moves, request.notification, seen))
        case SetMaintenance() if world.hosts is not None:
            hosts = tuple(_maintained(one, request) for one in world.hosts.value)
            return change(world, hosts=change(world.hosts, value=hosts))
        case _:
            return world


def forget(world: World, hosts: Iterable[Host]) -> World:
    """Return the world without what no failure needs any more; the census is of all hosts."""
    failures = [host.failure for host in hosts if host.failure is not None]
    names = {failure.host for failure in failures}
    instances = {one.uuid for failure in failures for one in failure.instances}
    notifications = {one for failure in failures for one in failure.notifications}
    known = {one.uuid for one in (world.hosts.value if world.hosts else ()) if one.name in names}
    return dataclasses.replace(
        world,
        servers=_only(world.servers, names),
        server=_only(world.server, instances),
        notifications=_only(world.notifications, known),
        moves=_only(world.moves, notifications),
    )


def _unlearn(world: World, answer: Answer) -> World:
    """Drop what an answer shows to be wrong, so that it is asked for again."""
    assert answer.problem is not None
    if isinstance(answer.request, SetForcedDown) and answer.problem.code == 404:
        return dataclasses.replace(world, services=None)  # the service was made anew
    return world


def _newer(known: Seen[T] | None, seen: Seen[T]) -> bool:
    return known is None or seen.asked >= known.asked


def _put(known: Mapping[str, Seen[T]], key: str, seen: Seen[T]) -> Mapping[str, Seen[T]]:
    return {**known, key: seen} if _newer(known.get(key), seen) else known


def _only(known: Mapping[str, T], keys: set[str]) -> Mapping[str, T]:
    return {key: value for key, value in known.items() if key in keys}


def _maintained(host: SegmentHost, order: SetMaintenance) -> SegmentHost:
    if host.uuid != order.uuid:
        return host
    return dataclasses.replace(host, on_maintenance=order.on)
