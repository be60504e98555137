# Copyright 2026 The instance-ha developers
# SPDX-License-Identifier: Apache-2.0

"""What the charm asks of the cluster: virtual addresses, haproxy, the fencing monitor."""

import hashlib
import ipaddress
from collections.abc import Iterable, Mapping

import network
from config import Config
from instance_ha import databag
from instance_ha.interfaces import hacluster

SERVICE = "masakari"
HAPROXY = f"res_{SERVICE}_haproxy"
HAPROXY_CLONE = f"cl_{HAPROXY}"
MONITOR = f"res_{SERVICE}_fencing_monitor"
VIPS = f"grp_{SERVICE}_vips"

# A start that failed once does not condemn a node: after five seconds the cluster forgets it.
_META = 'meta migration-threshold="INFINITY" failure-timeout="5s"'
# The monitor's failure has to be remembered until a busy cluster comes to act on it: one that is forgotten
# before leaves the monitor down for good, because Pacemaker reports a look only when it differs from the last.
_MONITOR_META = 'meta migration-threshold="INFINITY" failure-timeout="120s"'


def request(
    config: Config, interfaces: Iterable[network.Interface], published: Mapping[str, str]
) -> hacluster.Request:
    """Return what the cluster should run for the charm.

    Args:
        config: The options.
        interfaces: The machine's addresses; they tell which virtual address needs help.
        published: This unit's databag as it is. What it names and is no longer wanted is to go.
    """
    present = tuple(interfaces)
    vips = {_vip_name(vip, config, present): _vip_text(vip, config, present) for vip in config.vip}
    resources = dict.fromkeys(vips, "ocf:heartbeat:IPaddr2") | {
        HAPROXY: "lsb:haproxy",
        MONITOR: "systemd:masakari-fencing-monitor",
    }
    params = vips | {
        HAPROXY: f'{_META} op monitor interval="5s"',
        # One instance in the whole cluster, wherever quorum is. systemd calls it started when it has
        # taken up its journal; stopping means finishing the request in hand.
        MONITOR: f'{_MONITOR_META} op start timeout="60s" op stop timeout="60s" op monitor interval="10s" timeout="30s"',
    }
    return hacluster.Request(
        resources=resources,
        resource_params=params,
        groups={VIPS: " ".join(sorted(vips))} if vips else {},
        clones={HAPROXY_CLONE: HAPROXY},
        # In a cluster that lets hypervisors run resources the monitor must not end up on one: it
        # reports their deaths, and only members have the cluster's own view.
        locations={f"loc_{MONITOR}": f"{MONITOR} rule -inf: #kind eq remote"},
        delete_resources=_stale(config, resources, published),
        init_services=("haproxy",),
    )


def _vip_name(
    vip: ipaddress.IPv4Address | ipaddress.IPv6Address,
    config: Config,
    interfaces: Iterable[network.Interface],
) -> str:
    """Return the name that the predecessors give to a virtual address, so that it is taken over as it is."""
    if network.is_near(vip, interfaces):
        digest = hashlib.sha1(str(vip).encode(), usedforsecurity=False).hexdigest()
        return f"res_{SERVICE}_{digest[:7]}_vip"
    return f"res_{SERVICE}_{config.vip_iface}_vip"


def _vip_text(
    vip: ipaddress.IPv4Address | ipaddress.IPv6Address,
    config: Config,
    interfaces: Iterable[network.Interface],
) -> str:
    place = (
        ""
        if network.is_near(vip, interfaces)
        else f' nic="{config.vip_iface}" cidr_netmask="{config.vip_cidr}"'
    )
    return f'params ip="{vip}"{place} {_META} op monitor timeout="20s" interval="10s" depth="0"'


def _stale(
    config: Config, wanted: Mapping[str, str], published: Mapping[str, str]
) -> tuple[str, ...]:
    before = {f"res_{SERVICE}_{config.vip_iface}_vip"}
    for key in ("json_resources", "json_delete_resources"):
        before.update(databag.decode(published.get(key, "")) or ())
    return tuple(sorted(before - wanted.keys()))
