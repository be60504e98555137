# Copyright 2026 The instance-ha developers
# SPDX-License-Identifier: Apache-2.0

"""What the predecessor's leader tells crm, in its order.

Only ever what is not there yet, and nothing is taken away. The predecessor calls crm for each thing, and
to see whether it is there; here, as each call takes a second, crm is called once for what belongs
together (globally, for the principal, for hosts, for fencing), and the rest is read from the CIB.
"""

import json
import logging
import re
import xml.etree.ElementTree as ET
from collections.abc import Iterable, Mapping

from lab_charm import command

logger = logging.getLogger(__name__)

_MONITOR = "op monitor interval=25 start-delay=25 timeout=25"
_HOME = 200
_MEMBER = re.compile(r"^\d+ (\S+) member$", re.MULTILINE)

Databag = Mapping[str, str]


def asked(databag: Databag, key: str) -> dict[str, str]:
    """Return one part of what the principal asks for."""
    found = json.loads(databag.get(f"json_{key}") or "{}")
    return {str(name): str(text) for name, text in dict(found).items()}


def members(text: str) -> list[str]:
    """Return the names of the members, given what ``crm_node --list`` prints."""
    return sorted(_MEMBER.findall(text))


class Cluster:
    """The cluster as it is when a hook begins, and what the hook makes of it."""

    def __init__(self) -> None:
        root = ET.fromstring(command.run("cibadmin", "--query", "--scope", "configuration"))
        self._names = {element.get("id", "") for element in root.iter()}
        self._values = {
            (pair.get("name", ""), pair.get("value", "")) for pair in root.iter("nvpair")
        }
        self._members = members(command.run("crm_node", "--list"))
        self._lines: list[str] = []

    def configure_globally(self, failure_timeout: int, recheck_interval: int) -> None:
        """Set what holds for the whole cluster."""
        self._set("no-quorum-policy", "stop")
        if "rsc-options" not in self._names:
            defaults = f"resource-stickiness=100 failure-timeout={failure_timeout}"
            self._lines.append(f'rsc_defaults $id="rsc-options" {defaults}')
        self._set("cluster-recheck-interval", str(recheck_interval))
        # The predecessor looks into its leader's settings (stonith-configured) instead.
        if "st-maas" not in self._names:
            self._set("stonith-enabled", "false")
        self._commit()

    def configure_request(self, databag: Databag) -> None:
        """Make the resources that the principal asks for."""
        params = asked(databag, "resource_params")
        for name, agent in asked(databag, "resources").items():
            kind, _, service = agent.rpartition(":")
            if kind == "lsb" and name not in self._names:
                command.succeeds("update-rc.d", "-f", service, "remove")
                command.succeeds("systemctl", "stop", service)
            self._make("primitive", name, f"{agent} {params.get(name, '')}")
        for keyword in ("group", "clone"):
            for name, text in asked(databag, f"{keyword}s").items():
                self._make(keyword, name, text)
        self._commit()

    def configure_remotes(self, addresses: Mapping[str, str], *, runs_resources: bool) -> None:
        """Make connections to hosts, and say whether hosts run resources.

        Args:
            addresses: By the hosts' names.
            runs_resources: Whether they do.
        """
        self._set("symmetric-cluster", str(runs_resources).lower())
        for name, address in sorted(addresses.items()):
            params = f"params server={address} reconnect_interval=60 op monitor interval=30s"
            self._make("primitive", name, f"ocf:pacemaker:remote {params}")
        for place, name in enumerate(sorted(addresses)):
            if not runs_resources:
                # In turn, so that a member that dies does not take all connections with it.
                self._allow(name, home=self._members[place % len(self._members)])
        self._commit()

    def configure_fencing(self, hosts: Iterable[str], url: str, key: str) -> None:
        """Make the device that powers hosts off, and the one that does nothing for members.

        Args:
            hosts: Names of those that may be powered off.
            url: MAAS.
            key: MAAS's key; it ends in the cluster's configuration, in clear text.
        """
        short = {host.partition(".")[0] for host in hosts}
        names = " ".join(sorted({*hosts, *short}))
        if ("hostnames", names) not in self._values:
            self._names.discard("st-maas")
        params = f"params url='{url}' apikey='{key}' hostnames='{names}' {_MONITOR}"
        self._make("primitive", "st-maas", f"stonith:external/maas {params}")
        everybody = " ".join(self._members)
        self._make(
            "primitive", "st-null", f"stonith:null params hostlist='{everybody}' {_MONITOR}"
        )
        self._set("stonith-enabled", "true")
        self._commit()

    def allow_on_members(self, names: Iterable[str]) -> None:
        """Let resources run on members, in a cluster where nothing runs unless it is allowed to."""
        for name in names:
            self._allow(name)
        self._commit()

    def limit_clones(self, names: Iterable[str]) -> None:
        """Let clones have as many instances as there are members, now that there are remotes too."""
        number = str(len(self._members))
        for name in names:
            if ("clone-max", number) not in self._values:
                command.run("crm_resource", "--resource", name, "--set-parameter", "clone-max",
                            "--meta", "--parameter-value", number)  # fmt: skip

    def _allow(self, name: str, *, home: str = "") -> None:
        for member in self._members:
            score = _HOME if member == home else 0
            self._make("location", f"loc-{name}-{member}", f"{name} {score}: {member}")

    def _make(self, keyword: str, name: str, text: str) -> None:
        if name not in self._names:
            self._lines.append(f"{keyword} {name} {text}".rstrip())
            self._names.add(name)

    def _set(self, name: str, value: str) -> None:
        if (name, value) not in self._values:
            self._lines.append(f"property {name}={value}")

    def _commit(self) -> None:
        text = "".join(f"{line}\n" for line in self._lines)
        self._lines.clear()
        if not text:
            return
        try:
            # Forced: crmsh 5 refuses everything while nothing is said of fencing.
            command.run("crm", "-w", "-F", "configure", "load", "update", "-", stdin=text)
        except command.CommandError as error:
            # As the predecessor: the next hook tries again.
            logger.warning("%s", error)
