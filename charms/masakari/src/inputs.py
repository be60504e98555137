# Copyright 2026 The instance-ha developers
# SPDX-License-Identifier: Apache-2.0

"""Everything that the charm reads from Juju, as one value; and whether what it made of it works."""

import dataclasses

import ops

import certificates
import conf
import database
import local_monitor
import masakari
import policy
import relations
import segment_sync
import trust
import upgrade
from config import Config
from instance_ha import status, systemd

_NAMED = 4  # hosts without protection in a status; list-hosts has them all


@dataclasses.dataclass(frozen=True)
class Inputs:
    """What the API and the engine need to run."""

    config: Config
    services: conf.Services
    serving: trust.Serving | None
    release: int
    database_relation: int


def gather(model: ops.Model, config: Config) -> Inputs:
    """Return what the API and the engine need, or raise the status that says what is missing."""
    release, wanted = masakari.release(), config.openstack_origin
    if not release or (upgrade.is_pending(wanted) and not config.action_managed_upgrade):
        upgrade.examine(wanted)
    if config.vip and not model.relations["ha"]:
        raise status.blocked("vip: needs the relation ha")
    relations.check_endpoints(model, config)
    return Inputs(
        config=config,
        services=relations.services(model),
        serving=certificates.serving(model, config),
        release=release,
        database_relation=model.relations["shared-db"][0].id,
    )


def policies(model: ops.Model, config: Config) -> dict[str, str]:
    """Return the policy files that override Masakari's rules; none unless that is wanted.

    Raises:
        PolicyError: There is no such resource, or it cannot be used.
    """
    if not config.use_policyd_override:
        return {}
    try:
        path = model.resources.fetch(policy.RESOURCE)
    except (ops.ModelError, NameError):
        raise policy.PolicyError(policy.ATTACH)
    return policy.read(path.read_bytes())


def check(model: ops.Model, inputs: Inputs) -> None:
    """Raise the status of what keeps a complete unit from working."""
    check_database(model, inputs)
    if not relations.is_clustered(model):
        raise status.waiting("'ha': the cluster has not formed yet")
    if model.relations["ha"] and not systemd.read(masakari.HAPROXY)[masakari.HAPROXY].is_healthy:
        # The cluster's to start, as after a reboot; a hook may come before it has.
        raise status.waiting("'ha': the cluster has not started haproxy here")
    if found := masakari.faults((*masakari.SERVICES, masakari.HAPROXY), masakari.API_PORTS):
        raise status.blocked("; ".join(found))


def check_database(model: ops.Model, inputs: Inputs) -> None:
    """Raise the status of a database that nobody has prepared for this release."""
    peers = model.get_relation(relations.PEERS)
    word = inputs.database_relation, inputs.release
    if not (peers and database.is_ready(peers.data[model.app], *word)):
        raise status.waiting("the leader has not prepared the database yet")


def notes(model: ops.Model, config: Config) -> list[str]:
    """Return what an operator should know of a unit that works, or raise it if it is serious."""
    found: list[str] = []
    if config.use_policyd_override:
        try:
            policies(model, config)
            found.append("policy overrides are in use")
        except policy.PolicyError as error:
            raise status.blocked(f"{policy.RESOURCE}: {error}")
    if upgrade.is_pending(config.openstack_origin):
        what = (
            "for the action openstack-upgrade"
            if config.action_managed_upgrade
            else "for a recovery to end"
        )
        found.append(f"openstack-origin waits {what}")
    if masakari.engine_is_stale():
        found.append("the engine takes up its settings when the recovery is over")
    if model.relations["ha"] and (hosts := local_monitor.unprotected()):
        more = f" and {len(hosts) - _NAMED} more" if len(hosts) > _NAMED else ""
        found.append(f"not protected: {', '.join(hosts[:_NAMED])}{more}")
    peers = model.get_relation(relations.PEERS)
    if config.segments and peers and model.unit.is_leader():
        found += segment_sync.Memory.read(peers.data[model.app]).note()
    return found
