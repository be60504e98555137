#!/usr/bin/env python3
# Copyright 2026 The instance-ha developers
# SPDX-License-Identifier: Apache-2.0

"""RabbitMQ, and the virtual hosts and users that applications ask for over amqp."""

import base64
import hashlib
import json
import logging
from typing import Any

import ops

from lab_charm import command, files, passwords, ready, services, tls

logger = logging.getLogger(__name__)

_DEFINITIONS = "/etc/rabbitmq/lab-definitions.json"

# A fixed node name: the broker's files belong to it, and it must survive a change of the host's
# name. Two schedulers that do not spin: on two cores a spinning Erlang starves everybody else.
_ENV = """\
NODENAME=rabbit@localhost
SERVER_ADDITIONAL_ERL_ARGS="+S 2:2 +sbwt none +sbwtdcpu none +sbwtdio none"
"""
_CONF = """\
loopback_users = none
log.console = true
log.console.level = warning
log.file = false
"""
_TLS = """\
listeners.ssl.default = 5671
ssl_options.certfile = /etc/rabbitmq/lab-tls.crt
ssl_options.keyfile = /etc/rabbitmq/lab-tls.key
"""


class RabbitmqCharm(ops.CharmBase):
    """Run RabbitMQ and serve amqp."""

    def __init__(self, framework: ops.Framework):
        super().__init__(framework)
        framework.observe(self.on.collect_unit_status, self._on_collect_unit_status)
        framework.observe(self.on.remove, self._on_remove)
        on = self.on["amqp"]
        tls_on = self.on["certificates"]
        for event in (self.on.install, self.on.start, self.on.upgrade_charm, on.relation_changed,
                      on.relation_departed, on.relation_broken, tls_on.relation_created,
                      tls_on.relation_changed, tls_on.relation_broken):  # fmt: skip
            framework.observe(event, self._reconcile)

    def _reconcile(self, _: ops.EventBase) -> None:
        try:
            ready.require_program("rabbitmqctl", "control")
            pair = tls.obtain(self, ["amqp"])
        except ready.NotReadyError as missing:
            logger.warning("%s", missing)
            return
        if pair:
            # Erlang reads certificates again by itself, within two minutes.
            tls.write(pair, "/etc/rabbitmq", "rabbitmq")
        changed = files.ensure("/etc/rabbitmq/rabbitmq-env.conf", _ENV)
        changed |= files.ensure("/etc/rabbitmq/rabbitmq.conf", _CONF + (_TLS if pair else ""))
        if changed and not services.not_running("rabbitmq-server"):
            command.run("systemctl", "restart", "rabbitmq-server", timeout=180)
        # A broker takes five seconds to start; other hooks may use them until somebody asks.
        asked = self._asked()
        services.ensure_running("rabbitmq-server", wait=bool(asked))
        self._serve(asked, pair)

    def _on_collect_unit_status(self, event: ops.CollectStatusEvent) -> None:
        try:
            ready.require_program("rabbitmqctl", "control")
            tls.obtain(self, ["amqp"])
        except ready.NotReadyError as missing:
            event.add_status(missing.status)
            return
        for name in services.not_running("rabbitmq-server"):
            event.add_status(ops.WaitingStatus(f"{name} is not running"))
        event.add_status(ops.ActiveStatus())

    def _on_remove(self, _: ops.RemoveEvent) -> None:
        services.stop("rabbitmq-server")

    def _asked(self) -> dict[ops.Relation, tuple[str, str]]:
        """Return the user and the virtual host that each relation asks for."""
        return {
            relation: (databag["username"], databag["vhost"])
            for relation in self.model.relations["amqp"]
            for databag in (relation.data[unit] for unit in relation.units)
            if databag.get("username") and databag.get("vhost")
        }

    def _serve(self, asked: dict[ops.Relation, tuple[str, str]], pair: tls.Pair | None) -> None:
        if not asked:
            return
        _import(json.dumps(definitions(set(asked.values())), sort_keys=True))
        for relation, (user, _) in asked.items():
            network = self.model.get_binding(relation)
            address = str(network.network.ingress_address) if network else ""
            secure: dict[str, str] = {}
            if pair:
                ca = base64.b64encode(pair.authority.encode()).decode()
                secure = {"ssl_port": "5671", "ssl_ca": ca}
            relation.data[self.unit].update(
                secure
                | {
                    "hostname": address,
                    "private-address": address,
                    "password": passwords.password("rabbitmq-server", user),
                }
            )


def definitions(asked: set[tuple[str, str]]) -> dict[str, Any]:
    """Return users and virtual hosts as ``rabbitmqctl import_definitions`` reads them."""
    return {
        "vhosts": [{"name": vhost} for vhost in sorted({vhost for _, vhost in asked})],
        "users": [
            {
                "name": user,
                "password_hash": _hash(passwords.password("rabbitmq-server", user)),
                "hashing_algorithm": "rabbit_password_hashing_sha256",
                "tags": [],
            }
            for user in sorted({user for user, _ in asked})
        ],
        "permissions": [
            {"user": user, "vhost": vhost, "configure": ".*", "write": ".*", "read": ".*"}
            for user, vhost in sorted(asked)
        ],
    }


def _hash(password: str) -> str:
    """Return a password as RabbitMQ stores it: base64 of a salt and SHA-256 of salt and password.

    See https://www.rabbitmq.com/docs/passwords. The salt is derived, so that equal requests are
    equal files and nothing is imported twice.
    """
    salt = hashlib.sha256(password.encode()).digest()[:4]
    return base64.b64encode(salt + hashlib.sha256(salt + password.encode()).digest()).decode()


def _import(text: str) -> None:
    pending = f"{_DEFINITIONS}.pending"
    if not files.ensure(_DEFINITIONS, text, mode=0o600, owner="rabbitmq", group="rabbitmq"):
        return
    try:
        command.run("rabbitmqctl", "import_definitions", _DEFINITIONS)
    except command.CommandError:
        # The next hook must not take it for imported.
        command.run("mv", _DEFINITIONS, pending)
        raise


if __name__ == "__main__":
    ops.main(RabbitmqCharm)
