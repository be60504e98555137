#!/usr/bin/env python3
# Copyright 2026 The instance-ha developers
# SPDX-License-Identifier: Apache-2.0

"""MariaDB, and the databases and users that applications ask for over shared-db."""

import base64
import logging
from collections.abc import Iterator

import ops

from lab_charm import command, files, passwords, ready, services, tls
from shared_db import Request, reply, requests

logger = logging.getLogger(__name__)

# Why each: one binary log less, no statistics, no flush per commit (a lab may lose its last
# second), utf8mb3 because Nova's widest keys do not fit utf8mb4. innodb-snapshot-isolation: MariaDB
# 11.6 turned it on, and Keystone then fails concurrent logins with error 1020. "loose-" because
# older releases do not know the option.
_CONF = """\
[mariadbd]
bind-address = 0.0.0.0
skip-log-bin
skip-name-resolve
performance-schema = OFF
character-set-server = utf8mb3
collation-server = utf8mb3_general_ci
max-connections = 400
innodb-buffer-pool-size = 128M
innodb-log-file-size = 32M
innodb-flush-log-at-trx-commit = 0
innodb-doublewrite = OFF
loose-innodb-snapshot-isolation = OFF
"""
# The client on this machine comes through the socket, where there is nothing to encrypt or to verify.
_TLS = """\
ssl-cert = /etc/mysql/lab-tls.crt
ssl-key = /etc/mysql/lab-tls.key

[client]
loose-skip-ssl
"""


class MysqlCharm(ops.CharmBase):
    """Run MariaDB and serve shared-db."""

    def __init__(self, framework: ops.Framework):
        super().__init__(framework)
        framework.observe(self.on.collect_unit_status, self._on_collect_unit_status)
        framework.observe(self.on.remove, self._on_remove)
        on = self.on["shared-db"]
        tls_on = self.on["certificates"]
        for event in (self.on.install, self.on.start, self.on.upgrade_charm, on.relation_changed,
                      on.relation_departed, on.relation_broken, tls_on.relation_created,
                      tls_on.relation_changed, tls_on.relation_broken):  # fmt: skip
            framework.observe(event, self._reconcile)

    def _reconcile(self, _: ops.EventBase) -> None:
        try:
            ready.require_program("mariadbd", "control")
            pair = tls.obtain(self, ["shared-db"])
        except ready.NotReadyError as missing:
            logger.warning("%s", missing)
            return
        renewed = pair is not None and tls.write(pair, "/etc/mysql", "mysql")
        conf = _CONF + (_TLS if pair else "")
        if files.ensure("/etc/mysql/mariadb.conf.d/99-lab.cnf", conf):
            command.run("systemctl", "restart", "mariadb")
        services.ensure_running("mariadb")
        if renewed:
            command.run("mariadb", "--batch", stdin="FLUSH SSL;")
        self._serve(pair)

    def _on_collect_unit_status(self, event: ops.CollectStatusEvent) -> None:
        try:
            ready.require_program("mariadbd", "control")
            tls.obtain(self, ["shared-db"])
        except ready.NotReadyError as missing:
            event.add_status(missing.status)
            return
        for name in services.not_running("mariadb"):
            event.add_status(ops.WaitingStatus(f"{name} is not running"))
        event.add_status(ops.ActiveStatus())

    def _on_remove(self, _: ops.RemoveEvent) -> None:
        services.stop("mariadb")

    def _serve(self, pair: tls.Pair | None) -> None:
        for relation in self.model.relations["shared-db"]:
            asked = [
                request
                for unit in sorted(relation.units, key=lambda unit: unit.name)
                for request in requests(unit.name, relation.data[unit])
            ]
            if not asked:
                continue
            command.run("mariadb", "--batch", stdin="\n".join(_statements(asked)))
            network = self.model.get_binding(relation)
            address = str(network.network.ingress_address) if network else ""
            secret = {request.user: passwords.password("mysql", request.user) for request in asked}
            answer = reply(asked, address, secret)
            if pair:
                answer["ssl_ca"] = base64.b64encode(pair.authority.encode()).decode()
            relation.data[self.unit].update(answer)


def _statements(asked: list[Request]) -> Iterator[str]:
    for request in asked:
        word = passwords.password("mysql", request.user)
        yield f"CREATE DATABASE IF NOT EXISTS `{request.database}`;"
        yield f"CREATE USER IF NOT EXISTS `{request.user}`@`%` IDENTIFIED BY '{word}';"
        yield f"GRANT ALL ON `{request.database}`.* TO `{request.user}`@`%`;"


if __name__ == "__main__":
    ops.main(MysqlCharm)
