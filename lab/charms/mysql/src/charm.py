#!/usr/bin/env python3
# Copyright 2026 The instance-ha developers
# SPDX-License-Identifier: Apache-2.0

"""MariaDB, and the databases and users that applications ask for over shared-db."""

import logging
from collections.abc import Iterator

import ops

from lab_charm import command, files, passwords, ready, services
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


class MysqlCharm(ops.CharmBase):
    """Run MariaDB and serve shared-db."""

    def __init__(self, framework: ops.Framework):
        super().__init__(framework)
        framework.observe(self.on.collect_unit_status, self._on_collect_unit_status)
        framework.observe(self.on.remove, self._on_remove)
        on = self.on["shared-db"]
        for event in (self.on.install, self.on.start, self.on.upgrade_charm, on.relation_changed,
                      on.relation_departed, on.relation_broken):  # fmt: skip
            framework.observe(event, self._reconcile)

    def _reconcile(self, _: ops.EventBase) -> None:
        try:
            ready.require_program("mariadbd", "control")
        except ready.NotReadyError as missing:
            logger.warning("%s", missing)
            return
        if files.ensure("/etc/mysql/mariadb.conf.d/99-lab.cnf", _CONF):
            command.run("systemctl", "restart", "mariadb")
        services.ensure_running("mariadb")
        self._serve()

    def _on_collect_unit_status(self, event: ops.CollectStatusEvent) -> None:
        try:
            ready.require_program("mariadbd", "control")
        except ready.NotReadyError as missing:
            event.add_status(missing.status)
            return
        for name in services.not_running("mariadb"):
            event.add_status(ops.WaitingStatus(f"{name} is not running"))
        event.add_status(ops.ActiveStatus())

    def _on_remove(self, _: ops.RemoveEvent) -> None:
        services.stop("mariadb")

    def _serve(self) -> None:
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
            relation.data[self.unit].update(reply(asked, address, secret))


def _statements(asked: list[Request]) -> Iterator[str]:
    for request in asked:
        word = passwords.password("mysql", request.user)
        yield f"CREATE DATABASE IF NOT EXISTS `{request.database}`;"
        yield f"CREATE USER IF NOT EXISTS `{request.user}`@`%` IDENTIFIED BY '{word}';"
        yield f"GRANT ALL ON `{request.database}`.* TO `{request.user}`@`%`;"


if __name__ == "__main__":
    ops.main(MysqlCharm)
