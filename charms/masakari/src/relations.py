# Copyright 2026 The instance-ha developers
# SPDX-License-Identifier: Apache-2.0

"""What the charm reads from and writes to its relations."""

import ipaddress
from collections.abc import Iterable, Mapping

import ops

import cluster_request
import conf
import endpoints
import haproxy
import network
from config import Config
from instance_ha import status
from instance_ha.interfaces import (
    hacluster,
    keystone,
    mysql_shared,
    openstack_ha,
    rabbitmq,
)

PEERS = "cluster"
REQUIRED = ("shared-db", "amqp", "identity-service")
_NAME = "masakari"
"""Database, database user, RabbitMQ user and virtual host, as with the predecessors."""


def publish(
    model: ops.Model, config: Config, interfaces: Iterable[network.Interface], *, tls: bool
) -> None:
    """Say on every relation what we want and where we are, over https if there is TLS.

    Raises:
        NotReadyError: No virtual address fits an endpoint.
    """
    if peers := model.get_relation(PEERS):
        peers.data[model.unit].update(openstack_ha.write(addresses(model)))
    for relation in model.relations["shared-db"]:
        relation.data[model.unit].update(mysql_shared.write(_database_request(model)))
    for relation in model.relations["amqp"]:
        relation.data[model.unit].update(rabbitmq.write(_broker_request(model)))
    for relation in model.relations["ha"]:
        own = relation.data[model.unit]
        own.update(hacluster.write(cluster_request.request(config, interfaces, own)))
    if model.relations["identity-service"]:
        entry = keystone.write(_catalogue_entry(model, config, "https" if tls else "http"))
        for relation in model.relations["identity-service"]:
            relation.data[model.unit].update(entry)


def check_endpoints(model: ops.Model, config: Config) -> None:
    """Raise the status of an endpoint that can be nowhere."""
    _catalogue_entry(model, config, "http")


def services(model: ops.Model) -> conf.Services:
    """Return what the API and the engine stand on.

    Raises:
        NotReadyError: A relation is missing, or its other end has not answered.
    """
    missing = [name for name in REQUIRED if not model.relations[name]]
    if missing:
        raise status.blocked(", ".join(f"'{name}' missing" for name in missing))
    identity = [
        keystone.read(_application(relation), contents(relation))
        for relation in model.relations["identity-service"]
    ]
    databases = [
        mysql_shared.read(contents(relation), model.unit.name)
        for relation in model.relations["shared-db"]
    ]
    brokers = [rabbitmq.read(contents(relation)) for relation in model.relations["amqp"]]
    found = {"shared-db": databases[0], "amqp": brokers[0], "identity-service": identity[0]}
    incomplete = [name for name, value in found.items() if value is None]
    if incomplete or not (identity[0] and databases[0] and brokers[0]):
        raise status.waiting(", ".join(f"'{name}' incomplete" for name in incomplete))
    return conf.Services(
        identity=identity[0],
        database=databases[0].url(_database_request(model)),
        transport=brokers[0].url(_broker_request(model)),
        database_tls=databases[0].tls,
        broker_tls=brokers[0].ssl_port is not None,
        broker_authority=brokers[0].authority,
    )


def servers(model: ops.Model) -> list[haproxy.Server]:
    """Return the API of this unit and of the peers that have said where they are."""
    known = {model.unit.name: addresses(model)}
    if peers := model.get_relation(PEERS):
        for unit in peers.units:
            if address := openstack_ha.read(peers.data[unit]):
                known[unit.name] = address
    return [
        haproxy.Server(server_name(name), address.internal or address.private)
        for name, address in known.items()
    ]


def server_name(unit: str) -> str:
    """Return what haproxy calls the API of a unit."""
    return unit.replace("/", "-")


def addresses(model: ops.Model) -> openstack_ha.Addresses:
    """Return where this unit is in the networks of the API."""
    return openstack_ha.Addresses(
        private=_address(model, PEERS),
        public=_address(model, "public"),
        internal=_address(model, "internal"),
        admin=_address(model, "admin"),
    )


def is_clustered(model: ops.Model) -> bool:
    """Return whether the cluster says that it has formed; true where no cluster is wanted."""
    return all(
        any(hacluster.is_clustered(content) for content in contents(relation))
        for relation in model.relations["ha"]
    )


def _catalogue_entry(model: ops.Model, config: Config, scheme: str) -> keystone.Endpoint:
    own = addresses(model)
    places = [
        endpoints.Place("public", own.public, *_place(model, "public", config)),
        endpoints.Place("internal", own.internal, *_place(model, "internal", config)),
        endpoints.Place("admin", own.admin, *_place(model, "admin", config)),
    ]
    vips = config.vip if model.relations["ha"] else ()
    try:
        return endpoints.catalogue_entry(places, vips, region=config.region, scheme=scheme)
    except endpoints.NoAddressError as error:
        raise status.blocked(str(error))


def _place(
    model: ops.Model, kind: str, config: Config
) -> tuple[tuple[endpoints.Network, ...], str | None]:
    named: endpoints.Network | None = getattr(config, f"os_{kind}_network")
    hostname: str | None = getattr(config, f"os_{kind}_hostname")
    return ((named,) if named else _networks(model, kind)), hostname


def _networks(model: ops.Model, name: str) -> tuple[endpoints.Network, ...]:
    subnets = (interface.subnet for interface in model.get_binding(name).network.interfaces)
    return tuple(
        subnet
        for subnet in subnets
        if isinstance(subnet, ipaddress.IPv4Network | ipaddress.IPv6Network)
    )


def _address(model: ops.Model, name: str) -> str:
    address = model.get_binding(name).network.bind_address
    if address is None:
        raise status.waiting(f"no address for the binding {name} yet")
    return str(address)


def _database_request(model: ops.Model) -> mysql_shared.Request:
    return mysql_shared.Request(
        database=_NAME, username=_NAME, hostname=_address(model, "shared-db")
    )


def _broker_request(model: ops.Model) -> rabbitmq.Request:
    return rabbitmq.Request(username=_NAME, vhost=_NAME, private_address=_address(model, "amqp"))


def _application(relation: ops.Relation) -> Mapping[str, str]:
    return relation.data[relation.app] if relation.app else {}


def contents(relation: ops.Relation) -> list[Mapping[str, str]]:
    """Return the databags of the other end's units, in their order."""
    return [relation.data[unit] for unit in sorted(relation.units, key=lambda unit: unit.name)]
