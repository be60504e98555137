#!/usr/bin/env python3
# Copyright 2026 The instance-ha developers
# SPDX-License-Identifier: Apache-2.0

"""A certificate authority, and the certificates that applications ask for."""

import ops

import authority
from authority import Request


class VaultCharm(ops.CharmBase):
    """Serve certificates."""

    def __init__(self, framework: ops.Framework):
        super().__init__(framework)
        framework.observe(self.on.collect_unit_status, self._on_collect_unit_status)
        framework.observe(self.on.reissue_certificates_action, self._on_reissue)
        on = self.on["certificates"]
        for event in (self.on.install, self.on.start, self.on.upgrade_charm, on.relation_created,
                      on.relation_changed, on.relation_departed):  # fmt: skip
            framework.observe(event, self._reconcile)

    def _on_collect_unit_status(self, event: ops.CollectStatusEvent) -> None:
        event.add_status(ops.ActiveStatus())

    def _on_reissue(self, event: ops.ActionEvent) -> None:
        authority.forget()
        event.set_results({"outcome": f"{self._answer()} certificates made"})

    def _reconcile(self, _: ops.EventBase) -> None:
        self._answer()

    def _answer(self) -> int:
        """Answer every request. Return how many there are."""
        ca, made = authority.certificate(), 0
        for relation in self.model.relations["certificates"]:
            answer = {"ca": ca, "chain": ""}
            for unit in sorted(relation.units, key=lambda unit: unit.name):
                request = Request.from_databag(relation.data[unit])
                if request:
                    issued = authority.issue(request)
                    answer[f"{request.unit}.server.cert"] = issued.certificate
                    answer[f"{request.unit}.server.key"] = issued.key
                    made += 1
            relation.data[self.unit].update(answer)
        return made


if __name__ == "__main__":
    ops.main(VaultCharm)
