# Copyright 2026 The instance-ha developers
# SPDX-License-Identifier: Apache-2.0

"""The ``openstack`` commands of the operator's guide, run on a unit of the deployed cloud."""

import dataclasses
import json
import shlex
import time
from collections.abc import Callable, Mapping
from typing import Any

import jubilant

Row = Mapping[str, Any]

# What the lab's nova-cloud-controller makes: a guest that prints a heartbeat on its console.
IMAGE = "heartbeat"
FLAVOUR = "tiny"


class GaveUpError(Exception):
    """Something awaited did not happen in time; the message says what was seen last."""


@dataclasses.dataclass(frozen=True)
class OpenStack:
    """The cloud, seen by an operator who is logged in on a unit that has the clients.

    Attributes:
        juju: The model.
        unit: A unit with the ``openstack`` client.
        openrc: Credentials of an administrator, a file on that unit.
    """

    juju: jubilant.Juju
    unit: str = "nova-cloud-controller/0"
    openrc: str = "/root/openrc"

    def run(self, *arguments: str) -> str:
        """Run one ``openstack`` command and return what it printed.

        Raises:
            jubilant.TaskError: The command failed; its output is in the error.
        """
        words = shlex.join(("openstack", *arguments))
        script = f". {shlex.quote(self.openrc)} && exec {words}"
        return self.juju.exec("bash", "-c", script, unit=self.unit).stdout

    def show(self, *arguments: str) -> Row:
        """Run a command that describes one thing."""
        return json.loads(self.run(*arguments, "-f", "json"))

    def list(self, *arguments: str) -> tuple[Row, ...]:
        """Run a command that lists things; column names as the client prints them."""
        return tuple(json.loads(self.run(*arguments, "-f", "json")))

    def server(self, name: str) -> Row:
        """Return an instance's fields (``status``, ``OS-EXT-SRV-ATTR:host`` ...)."""
        return self.show("server", "show", name)

    def boot(self, name: str, *, host: str, highly_available: bool = True, count: int = 1) -> None:
        """Start instances on a hypervisor; ``host`` is nova's name of it.

        Several are called ``name-1``, ``name-2`` and so on.
        """
        self.run(
            *("server", "create", "--image", IMAGE, "--flavor", FLAVOUR, "--nic", "none"),
            *("--property", f"HA_Enabled={highly_available}"),
            *("--min", str(count), "--max", str(count)),
            *("--os-compute-api-version", "2.74", "--host", host, name),
        )

    def services(self) -> dict[str, Row]:
        """Return nova-compute's services by host (``Status``, ``State``)."""
        rows = self.list("compute", "service", "list", "--service", "nova-compute")
        return {row["Host"]: row for row in rows}

    def hypervisors(self) -> frozenset[str]:
        """Return the hypervisors that an instance can be sent to.

        nova leaves out those that its API database has not been told of yet
        (``HostMappingNotFound`` in nova/api/openstack/compute/hypervisors.py).
        """
        return frozenset(row["Hypervisor Hostname"] for row in self.list("hypervisor", "list"))

    def segment_hosts(self, segment: str) -> dict[str, Row]:
        """Return a segment's hosts by name (``reserved``, ``on_maintenance``)."""
        return {row["name"]: row for row in self.list("segment", "host", "list", segment)}

    def notifications(self) -> tuple[Row, ...]:
        """Return Masakari's notifications, newest first."""
        rows = self.list("notification", "list")
        return tuple(sorted(rows, key=lambda row: row["generated_time"], reverse=True))


def wait_for(what: str, seen: Callable[[], Any], *, timeout: float, every: float = 1.0) -> Any:  # noqa: ANN401 (what seen returns)
    """Wait until ``seen`` returns something true, and return it.

    Args:
        what: What is awaited, for the error.
        seen: Looks once. It may not raise for a "not yet".
        timeout: Seconds before giving up.
        every: Seconds between looks.

    Raises:
        GaveUpError: It did not happen in time.
    """
    deadline = time.monotonic() + timeout
    while not (answer := seen()):
        if time.monotonic() > deadline:
            raise GaveUpError(f"after {timeout:.0f} s still not: {what}")
        time.sleep(every)
    return answer
