# Copyright 2026 The instance-ha developers
# SPDX-License-Identifier: Apache-2.0

"""All that Juju tells a unit, read in one place."""

import dataclasses
import logging
import socket
from collections.abc import Mapping

import ops
import pydantic

import corosync
import granted
import hanode
import keys
import links
import switching
from access import Access
from config import Config, explain, is_true
from instance_ha.interfaces import hacluster, pacemaker_remote
from instance_ha.status import blocked, waiting

logger = logging.getLogger(__name__)

# In the application's databag of `hanode`.
TRANSPORT, SWITCH, SWITCH_FAILURE = "transport", "switch", "switch-failure"

# The predecessor's own agent, whose packages ended with Ubuntu 18.04 (LP: #1882508).
_DNS = "ocf:maas:dns"
_NO_DNS = "DNS HA (ocf:maas:dns) is not supported; use a virtual address"


@dataclasses.dataclass(frozen=True)
class Inputs:
    """Options, relations and secrets, as values."""

    config: Config
    peers: tuple[hanode.Peer, ...]
    """All units, this one first."""
    ring: frozenset[int]
    """Ids of the members, as the leader has written them down."""
    keys: keys.Keys
    keys_loaded: str
    """Id of the keys that the ring runs with."""
    access: Access
    remotes: tuple[pacemaker_remote.Remote, ...]
    request: hacluster.Request | None
    """``None`` if the principal asks for nothing yet, or for something senseless."""
    request_problem: str
    transport: str = ""
    """The one that the leader says the ring has; empty as long as it has not said so."""
    switch: switching.Switch | None = None
    """The switch to another transport that is going on."""
    switch_failure: str = ""
    """Why the last one did not succeed."""

    @property
    def me(self) -> hanode.Peer:
        """This unit."""
        return self.peers[0]

    @property
    def others(self) -> tuple[hanode.Peer, ...]:
        """The other units."""
        return self.peers[1:]

    @property
    def keys_pending(self) -> bool:
        """Whether the ring still runs with other keys than those it should."""
        return self.keys_loaded not in ("", self.keys.id)

    @property
    def peer_ids(self) -> frozenset[int]:
        """Ids in the ring of all units, also of those that have not told their names yet."""
        return frozenset(peer.node_id for peer in self.peers)


def config(charm: ops.CharmBase, *, follow: bool = False) -> Config:
    """Return the options.

    Args:
        charm: The charm.
        follow: As for ``granted.content``, of the secrets that they name.

    Raises:
        NotReadyError: One of them is not valid.
    """
    try:
        found = charm.load_config(Config)
    except pydantic.ValidationError as error:
        raise blocked(explain(error)) from None
    if is_true(found.stonith_enabled):
        raise blocked("stonith_enabled config option is no longer supported")
    resolved = {
        name: granted.ring_key(charm.model, name, getattr(found, name), follow=follow)
        for name in ("corosync_key", "pacemaker_key")
    }
    return found.model_copy(update=resolved)


def read(charm: ops.CharmBase, *, follow: bool = False) -> Inputs:
    """Return all that Juju tells this unit.

    Args:
        charm: The charm.
        follow: As for ``granted.content``: whether secrets are put to use, and not looked at alone.

    Raises:
        NotReadyError: Something without which there can be no cluster is missing.
    """
    options = config(charm, follow=follow)
    relation = charm.model.get_relation("hanode")
    if relation is None:
        raise waiting("Waiting for the peer relation")
    made = keys.read(charm.model, relation, follow=follow)
    if made is None:
        raise waiting("Waiting for the leader to make the cluster's keys")
    if keys.differ(made, options):
        logger.warning("the cluster keeps the keys it was formed with, not those of the options")
    request, problem = _request(charm)
    told = relation.data[charm.app]
    return Inputs(
        config=options,
        peers=(_me(charm, relation, options, request), *hanode.others(relation)),
        ring=hanode.members_of(relation.data[relation.app]),
        keys=made,
        keys_loaded=keys.loaded(relation),
        access=granted.access(charm.model, options, follow=follow),
        remotes=_remotes(charm.model),
        request=request,
        request_problem=problem,
        transport=told.get(TRANSPORT, ""),
        switch=_switch(told),
        switch_failure=told.get(SWITCH_FAILURE, ""),
    )


def _switch(told: Mapping[str, str]) -> switching.Switch | None:
    text = told.get(SWITCH)
    return switching.Switch.model_validate_json(text) if text else None


def _me(
    charm: ops.CharmBase,
    relation: ops.Relation,
    options: Config,
    request: hacluster.Request | None,
) -> hanode.Peer:
    said = hanode.read(charm.unit.name, relation.data[charm.unit])
    found = links.addresses(
        charm.model,
        relation,
        ipv6=options.prefer_ipv6,
        present=said.address,
        virtual=links.virtual_addresses(request),
    )
    if not found:
        family = 6 if options.prefer_ipv6 else 4
        raise blocked(f"No IPv{family} address in the space that hanode is bound to")
    name = socket.gethostname()
    return dataclasses.replace(
        said,
        hostname=name,
        address=found[0],
        more=tuple(found[1:]),
        ready=True,
        transport=corosync.present_transport() or "",
    )


def _request(charm: ops.CharmBase) -> tuple[hacluster.Request | None, str]:
    for relation in charm.model.relations["ha"]:
        for unit in relation.units:
            try:
                found = hacluster.read(relation.data[unit])
            except pydantic.ValidationError as error:
                first = error.errors(include_url=False, include_input=False)[0]
                where = ".".join(str(part) for part in first["loc"])
                return None, f"{where}: {first['msg']}".removeprefix(": ")
            if found is not None and _DNS in found.resources.values():
                return None, _NO_DNS
            if found is not None:
                return found, ""
    return None, ""


def _remotes(model: ops.Model) -> tuple[pacemaker_remote.Remote, ...]:
    found: dict[str, pacemaker_remote.Remote] = {}
    for relation in model.relations["pacemaker-remote"]:
        for unit in relation.units:
            try:
                remote = pacemaker_remote.read_remote(relation.data[unit])
            except pydantic.ValidationError as error:
                logger.info("%s has not told enough yet (%d keys)", unit.name, error.error_count())
                continue
            found[remote.hostname] = remote
    return tuple(found[name] for name in sorted(found))
