# Copyright 2026 The instance-ha developers
# SPDX-License-Identifier: Apache-2.0

"""The model around the charm: relations with complete answers, networks, options."""

import dataclasses
from typing import Any

from ops import testing

IDENTITY = {
    "service_protocol": "http",
    "service_host": "10.77.1.10",
    "service_port": "5000",
    "auth_protocol": "http",
    "auth_host": "10.77.2.10",
    "auth_port": "35357",
    "internal_protocol": "http",
    "internal_host": "10.77.3.10",
    "internal_port": "5000",
    "service_username": "masakari",
    "service_password": "identity-password",
    "service_tenant": "services",
    "service_tenant_id": "0123456789abcdef",
    "service_domain": "service_domain",
    "service_type": "instance-ha",
}
DATABASE = {
    "db_host": "10.77.3.10",
    "password": "database-password",
    "allowed_units": "masakari/0 masakari/1 masakari/2",
}
BROKER = {"hostname": "10.77.3.10", "password": "broker-password"}
VIPS = "10.77.1.200 10.77.2.200 10.77.3.200"


def network(name: str, number: int) -> testing.Network:
    bound = testing.BindAddress(
        [testing.Address(f"10.77.{number}.101", cidr=f"10.77.{number}.0/24")],
        interface_name=f"eth{number}",
    )
    return testing.Network(name, [bound], ingress_addresses=[f"10.77.{number}.101"])


NETWORKS = {
    network("cluster", 0),
    network("public", 1),
    network("admin", 2),
    network("internal", 3),
    network("shared-db", 3),
    network("amqp", 3),
}
IDENTITY_SERVICE = testing.Relation(
    "identity-service", remote_app_name="keystone", remote_units_data={0: IDENTITY}
)
SHARED_DB = testing.Relation("shared-db", remote_app_name="mysql", remote_units_data={0: DATABASE})
AMQP = testing.Relation("amqp", remote_app_name="rabbitmq-server", remote_units_data={0: BROKER})
HA = testing.SubordinateRelation(
    "ha", remote_app_name="hacluster", remote_unit_data={"clustered": "yes"}
)
PEERS = testing.PeerRelation(
    "cluster",
    peers_data={
        1: {"private-address": "10.77.0.102", "internal-address": "10.77.3.102"},
        2: {"private-address": "10.77.0.103", "internal-address": "10.77.3.103"},
    },
)
CERTIFICATES = testing.Relation("certificates", remote_app_name="vault")


def state(*relations: testing.RelationBase, leader: bool = True, **config: Any) -> testing.State:
    """Return a model with these relations."""
    return testing.State(
        relations=relations,
        networks=NETWORKS,
        leader=leader,
        config={
            "openstack-origin": "distro",
            **{_option(key): value for key, value in config.items()},
        },
    )


def _option(name: str) -> str:
    return name if name.startswith("ssl_") else name.replace("_", "-")


def complete(*more: testing.RelationBase, leader: bool = True, **config: Any) -> testing.State:
    """Return a model in which everything has answered."""
    return state(IDENTITY_SERVICE, SHARED_DB, AMQP, PEERS, *more, leader=leader, **config)


def told(relation_id: int, release: int) -> testing.PeerRelation:
    """Return peers whose leader has prepared a database."""
    word = f'{{"relation":{relation_id},"release":{release}}}'
    return dataclasses.replace(PEERS, local_app_data={"database-schema": word})
