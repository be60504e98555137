# Copyright 2026 The instance-ha developers
# SPDX-License-Identifier: Apache-2.0
# pyright: basic, reportMissingImports=false

"""The calls of crmsh by which the predecessor's leader configures a cluster, in its order.

Left out, in its favour: waiting for the cluster (``-w``), and everything that needs a running one. An answer that
it would look at before its next call is not looked at: on a new cluster nothing is there yet.
"""

import pathlib
from collections.abc import Iterator, Sequence

Call = tuple[str, ...]

_CRM = "/usr/sbin/crm"
_SHOW = (_CRM, "configure", "show")  # how it finds out whether something exists
_NODES = (_CRM, "node", "show")
_PROPERTIES = (
    "property no-quorum-policy=stop",
    "rsc_defaults $id=rsc-options resource-stickiness=100 failure-timeout=180",
    "property cluster-recheck-interval=60",
    "property stonith-enabled=false",
    "property symmetric-cluster=false",
)
_VIP, _HAPROXY = "res_masakari_d9411c8_vip", "res_masakari_haproxy"
_CLONE, _GROUP = "cl_res_masakari_haproxy", "grp_masakari_vips"
_FIRST = (
    f"primitive {_VIP} ocf:heartbeat:IPaddr2 params ip=10.0.0.100 op monitor timeout=20s interval=10s depth=0",
    f"primitive {_HAPROXY} lsb:haproxy op monitor interval=5s",
    f"group {_GROUP} {_VIP}",
    f"clone {_CLONE} {_HAPROXY}",
)
_MONITOR = "op monitor interval=25 start-delay=25 timeout=25"


def base(members: Sequence[str]) -> Iterator[Call]:
    """Yield the calls for what there is without remotes: properties, and what the principal asks for."""
    yield from (_configure(text) for text in _PROPERTIES)
    for text in _FIRST:
        yield _SHOW
        yield _configure(text)
    for name in (_CLONE, _GROUP):
        yield from _on_members(name, members)
    yield (
        "/usr/sbin/crm_resource", "--resource", _CLONE, "--set-parameter", "clone-max", "--meta",
        "--parameter-value", str(len(members)),
    )  # fmt: skip


def remote(
    name: str, address: str, members: Sequence[str], home: str, scratch: pathlib.Path
) -> Iterator[Call]:
    """Yield the calls for one remote: its connection, and a location for each member.

    Args:
        name: The remote.
        address: Its address.
        members: Those that may have the connection.
        home: The one that shall.
        scratch: Where the text of a call may be written that is loaded from a file.
    """
    yield (_CRM, "resource", "status", name)
    yield _configure(
        f"primitive {name} ocf:pacemaker:remote params server={address} reconnect_interval=60"
        " op monitor interval=30s"
    )
    yield (_CRM, "resource", "cleanup", name)
    for member in members:
        score = 200 if member == home else 0
        scratch.write_text(f"location loc-{name}-{member} {name} {score}: {member}\n")
        yield (_CRM, "configure", "load", "update", str(scratch))


def fencing(hosts: Sequence[str], members: Sequence[str]) -> Iterator[Call]:
    """Yield the calls for the two devices, which need no agents to be installed here."""
    names = " ".join(sorted({*hosts, *(host.partition(".")[0] for host in hosts)}))
    yield _configure(
        "primitive st-maas stonith:external/maas"
        f" params url=http://10.0.0.1:5240/MAAS apikey=a:b:c hostnames='{names}' {_MONITOR}"
    )
    yield _configure(
        f"primitive st-null stonith:null params hostlist='{' '.join(members)}' {_MONITOR}"
    )
    for name in ("st-maas", "st-null"):
        yield from _on_members(name, members)
    yield _configure("property stonith-enabled=true")


def _on_members(name: str, members: Sequence[str]) -> Iterator[Call]:
    yield _NODES
    for member in members:
        yield _SHOW
        yield _configure(f"location loc-{name}-{member} {name} 0: {member}")


def _configure(text: str) -> Call:
    # Without --force crmsh refuses what agents it does not find here.
    return (_CRM, "--force", "configure", *_words(text))


def _words(text: str) -> list[str]:
    before, quote, rest = text.partition("'")
    if not quote:
        return text.split()
    quoted, _, after = rest.partition("'")
    start, _, name = before.rpartition(" ")
    return [*start.split(), f"{name}{quoted}", *after.split()]
