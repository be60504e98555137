# Copyright 2026 The instance-ha developers
# SPDX-License-Identifier: Apache-2.0

"""One row for each host, and what does not fit."""

import dataclasses

import pytest

from hosts_view import columns, rows, table
from inventory import Host, Inventory, Segment, Service

SERVICE = Service("1", "h1", "nova")
HOST = Host("u1", "h1")
SEGMENT = Segment("s1", "S1", hosts=(HOST,))
ONLINE = {"h1": "online"}


def problems(
    service: Service | None = SERVICE,
    host: Host | None = HOST,
    cluster: dict[str, str] | None = ONLINE,
    *,
    enabled: bool = True,
) -> list[str]:
    hosts = (host,) if host else ()
    segment = dataclasses.replace(SEGMENT, hosts=hosts, enabled=enabled)
    (row,) = rows(Inventory((segment,), (service,) if service else ()), cluster)
    return row.problems


def test_a_host_in_order_has_no_problem():
    assert problems() == []


def test_what_nobody_was_asked_is_no_problem():
    assert problems(cluster=None) == []


@pytest.mark.parametrize(
    ("service", "host", "cluster", "words"),
    [
        (None, HOST, ONLINE, "nova has no nova-compute of this name"),
        (SERVICE, None, ONLINE, "in no failover segment"),
        (SERVICE, HOST, {}, "the cluster has no remote of this name"),
        (SERVICE, HOST, {"h1": "unclean"}, "unclean in the cluster"),
        (SERVICE, HOST, {"h1": "unwatched"}, "left alone by the cluster"),
        (dataclasses.replace(SERVICE, up=False), HOST, ONLINE, "nova-compute is down"),
        (
            dataclasses.replace(SERVICE, up=False, forced_down=True),
            HOST,
            ONLINE,
            "forced down in nova",
        ),
        (
            dataclasses.replace(SERVICE, enabled=False, reason="broken disk"),
            HOST,
            ONLINE,
            "disabled in nova (broken disk)",
        ),
        (SERVICE, dataclasses.replace(HOST, on_maintenance=True), ONLINE, "on maintenance"),
        (SERVICE, dataclasses.replace(HOST, reserved=True), ONLINE, "but enabled in nova"),
    ],
)
def test_what_does_not_fit_is_named(
    service: Service | None, host: Host | None, cluster: dict[str, str], words: str
):
    (problem,) = problems(service, host, cluster)
    assert words in problem


def test_a_reserve_that_is_disabled_is_in_order():
    disabled = dataclasses.replace(SERVICE, enabled=False)
    assert problems(disabled, dataclasses.replace(HOST, reserved=True)) == []


def test_a_segment_that_is_disabled_protects_nobody():
    assert problems(enabled=False) == ["its segment S1 is disabled: its failure is not recovered"]


def test_a_remote_that_only_the_cluster_knows_has_a_row():
    (row,) = rows(Inventory(), {"h9": "online"})
    assert (row.host, row.problems) == ("h9", ["nova has no nova-compute of this name"])


@pytest.mark.parametrize(
    ("fencing", "cell", "found"),
    [
        ({"h1": "st-maas"}, "st-maas", []),
        ({"h1": ""}, "-", ["no fencing device of the cluster can power it off"]),
        (None, "?", []),
    ],
)
def test_who_can_power_a_host_off_is_shown(
    fencing: dict[str, str] | None, cell: str, found: list[str]
):
    (row,) = listed = rows(Inventory((SEGMENT,), (SERVICE,)), ONLINE, fencing)
    assert row.problems == found
    assert table(listed).splitlines()[1].split()[5] == cell
    assert row.document()["fencing"] == (fencing or {}).get("h1")


def test_the_table_is_aligned():
    text = table(rows(Inventory((SEGMENT,), (SERVICE,)), ONLINE))
    assert text == (
        "HOST  NOVA  SEGMENT  MASAKARI  CLUSTER  FENCING  PROBLEMS\n"
        "h1    up    S1       ok        online   ?        -"
    )
    assert columns([("a", "b"), ("cc", "d")]) == "a   b\ncc  d"
