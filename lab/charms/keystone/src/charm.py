#!/usr/bin/env python3
# Copyright 2026 The instance-ha developers
# SPDX-License-Identifier: Apache-2.0

"""Keystone, the catalogue and the service users that applications ask for."""

import logging
import pathlib
from collections.abc import Iterable, Mapping

import ops

import directory
import served
import wire
from lab_charm import api, command, files, ini, one_import, passwords, ready, services, tls

logger = logging.getLogger(__name__)

_CONF = "/etc/keystone/keystone.conf"
_SYNCED = pathlib.Path("/var/lib/lab-charm/keystone-synced")
# The real charm's two ports: 35357 is what it tells others in auth_port.
_PORTS = [wire.PORT, wire.ADMIN_PORT]


class KeystoneCharm(ops.CharmBase):
    """Run Keystone and serve identity-service and identity-credentials."""

    def __init__(self, framework: ops.Framework):
        super().__init__(framework)
        framework.observe(self.on.collect_unit_status, self._on_collect_unit_status)
        framework.observe(self.on.remove, self._on_remove)
        for event in (
            self.on.install,
            self.on.start,
            self.on.config_changed,
            self.on.upgrade_charm,
        ):
            framework.observe(event, self._reconcile)
        for name in ("shared-db", "identity-service", "identity-credentials", "certificates"):
            for event in (self.on[name].relation_created, self.on[name].relation_changed,
                          self.on[name].relation_departed, self.on[name].relation_broken):  # fmt: skip
                framework.observe(event, self._reconcile)

    def _reconcile(self, _: ops.EventBase) -> None:
        self._ask_for_database()
        try:
            pair = self._pair()
            database = self._database()
        except ready.NotReadyError as missing:
            logger.info("not ready: %s", missing)
            return
        changed = files.ensure(_CONF, _conf(database), mode=0o640, group="keystone")
        if pair:
            changed |= tls.write(pair, "/etc/keystone", "keystone")
        self._sync(database)
        service = services.wsgi(
            "keystone", "/usr/bin/keystone-wsgi-public", _PORTS,
            user="keystone", threads=4, tls="/etc/keystone" if pair else "",
        )  # fmt: skip
        services.ensure([service], changed=["keystone"] if changed else [])
        self._write_openrc()
        self._serve()

    def _on_collect_unit_status(self, event: ops.CollectStatusEvent) -> None:
        try:
            self._pair()
            self._database()
        except ready.NotReadyError as missing:
            event.add_status(missing.status)
            return
        for name in services.not_running("keystone"):
            event.add_status(ops.WaitingStatus(f"{name} is not running"))
        event.add_status(ops.ActiveStatus())

    def _on_remove(self, _: ops.RemoveEvent) -> None:
        services.stop("keystone")

    def _pair(self) -> tls.Pair | None:
        return tls.obtain(self, ("public", "internal", "admin", "identity-service"))

    @property
    def _scheme(self) -> str:
        return "https" if self.model.relations["certificates"] else "http"

    def _ask_for_database(self) -> None:
        for relation in self.model.relations["shared-db"]:
            request = {
                "database": "keystone",
                "username": "keystone",
                "hostname": self._address("shared-db"),
            }
            relation.data[self.unit].update(request)

    def _database(self) -> str:
        ready.require_program("keystone-manage", "control")
        relation = ready.related(self, "shared-db")
        for unit in relation.units:
            databag = relation.data[unit]
            if self.unit.name in databag.get("allowed_units", "").split():
                return (
                    f"mysql+pymysql://keystone:{databag['password']}@{databag['db_host']}/keystone"
                )
        raise ready.waiting("Waiting for a database")

    def _sync(self, database: str) -> None:
        if _SYNCED.exists() and _SYNCED.read_text() == database:
            return
        logger.info("making the tables and the administrator")
        owner = ["--keystone-user", "keystone", "--keystone-group", "keystone"]
        urls = [
            word
            for face in ("public", "internal", "admin")
            for word in (
                f"--bootstrap-{face}-url",
                f"{self._scheme}://{self._address(face)}:{wire.PORT}/v3",
            )
        ]
        region = ["--bootstrap-region-id", str(self.config["region"])]
        command.run(
            "/usr/bin/python3", one_import.__file__, "keystone.cmd.manage",
            "--", "fernet_setup", *owner, "--", "db_sync", "--", "bootstrap", *urls, *region,
            env={"OS_BOOTSTRAP_PASSWORD": passwords.password("keystone", "admin")},
        )  # fmt: skip
        files.ensure(str(_SYNCED), database, mode=0o600)

    def _write_openrc(self) -> None:
        url = f"{self._scheme}://{self._address('public')}:{wire.PORT}/v3"
        text = wire.openrc(
            url, passwords.password("keystone", "admin"), str(self.config["region"]),
            cafile=tls.AUTHORITY if self._scheme == "https" else "",
        )  # fmt: skip
        files.ensure("/root/openrc", text, mode=0o600)

    def _serve(self) -> None:
        asked = [
            (relation, databag)
            for relation, databag in self._asked()
            if not served.is_answered(
                relation, {**databag, "scheme": self._scheme}, relation.data[self.unit]
            )
        ]
        if not asked:
            return
        url = f"{self._scheme}://127.0.0.1:{wire.PORT}/v3"
        if not api.wait_answer(url, timeout=90):
            logger.warning("keystone does not answer; the next hook tries again")
            return
        identity = directory.Directory(
            api.Session(url, "admin", passwords.password("keystone", "admin"), "admin")
        )
        self._move_endpoints(identity)
        for relation, databag in asked:
            is_service = relation.name == "identity-service"
            serve = wire.serve_service if is_service else wire.serve_credentials
            address = self._address(relation.name, relation)
            answer = serve(identity, databag, (self._scheme, address), str(self.config["region"]))
            relation.data[self.unit].update(answer)
            served.remember(relation, {**databag, "scheme": self._scheme})

    def _move_endpoints(self, identity: directory.Directory) -> None:
        """Keep Keystone's own endpoints where it is: they were made before it had a certificate, or lost it."""
        service = identity.service("keystone", "identity")
        for face in ("public", "internal", "admin"):
            url = f"{self._scheme}://{self._address(face)}:{wire.PORT}/v3"
            identity.endpoint(service, face, str(self.config["region"]), url)

    def _asked(self) -> Iterable[tuple[ops.Relation, Mapping[str, str]]]:
        """Yield each relation with the databag of its first unit whose request is complete."""
        for name, is_complete in (
            ("identity-service", wire.services),
            ("identity-credentials", wire.credentials_user),
        ):
            for relation in self.model.relations[name]:
                for unit in sorted(relation.units, key=lambda unit: unit.name):
                    if is_complete(relation.data[unit]):
                        yield relation, relation.data[unit]
                        break

    def _address(self, endpoint: str, relation: ops.Relation | None = None) -> str:
        binding = self.model.get_binding(relation or endpoint)
        return str(binding.network.ingress_address) if binding else ""


def _conf(database: str) -> str:
    return ini.render(
        {
            "DEFAULT": {"use_stderr": True},
            "database": {"connection": database},
            "token": {"provider": "fernet", "expiration": 86400},
            "fernet_tokens": {"key_repository": "/etc/keystone/fernet-keys"},
            # bcrypt with its default of 12 rounds costs a quarter of a second for each login.
            "identity": {"password_hash_rounds": 4},
            # In memory, because there is one process; without a cache a request takes 600 ms.
            "cache": {"enabled": True, "backend": "dogpile.cache.memory"},
        }
    )


if __name__ == "__main__":
    ops.main(KeystoneCharm)
