# Copyright 2026 The instance-ha developers
# SPDX-License-Identifier: Apache-2.0

"""The guide's commands that several of its scenarios share, and the tables that they print."""

from lab.story.openstack import OpenStack

NODE_01, NODE_02, NODE_10 = (f"virt-node-{number}.maas" for number in ("01", "02", "10"))


def segment(openstack: OpenStack, name: str, method: str, *hosts: str, reserved: str = "") -> None:
    """Make a segment with hosts, by the guide's commands."""
    openstack.run("segment", "create", name, method, "COMPUTE")
    for host in hosts:
        flags = ("--reserved", "True") if host == reserved else ()
        openstack.run("segment", "host", "create", *flags, host, "COMPUTE", "SSH", name)
    if reserved:
        openstack.run("compute", "service", "set", "--disable", reserved, "nova-compute")


def nova_table(openstack: OpenStack) -> set[tuple[str, str, str]]:
    """Return the guide's list of hypervisors: host, status, state."""
    rows = openstack.list(
        *("compute", "service", "list", "-c", "Host", "-c", "Status", "-c", "State"),
        *("--service", "nova-compute"),
    )
    return {(row["Host"], row["Status"], row["State"]) for row in rows}


def segment_table(openstack: OpenStack, name: str) -> set[tuple[str, bool, bool]]:
    """Return the guide's list of a segment's hosts: name, reserved, on_maintenance."""
    rows = openstack.list(
        "segment", "host", "list", "-c", "name", "-c", "reserved", "-c", "on_maintenance", name
    )
    return {(row["name"], row["reserved"], row["on_maintenance"]) for row in rows}


def host_of(openstack: OpenStack, instance: str) -> str:
    """Return where the guide's command says that an instance is."""
    row = openstack.show("server", "show", instance, "-c", "OS-EXT-SRV-ATTR:host")
    return str(row["OS-EXT-SRV-ATTR:host"])
