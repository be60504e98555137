# Copyright 2026 The instance-ha developers
# SPDX-License-Identifier: Apache-2.0

"""`identity-service`: what the predecessors' masakari wrote, and what keystone answers."""

from instance_ha.interfaces import keystone

# What keystone writes into its unit databag for masakari: bare words, all of them.
ANSWER = {
    "admin_domain_id": "5f0d1a0a2d6f4b46a3c2c6f5b7f0a6b1",
    "admin_project_id": "0c1d6d1c4be04bb6a1f2c1c4bb3e9d11",
    "admin_role": "Admin",
    "admin_user_id": "8b86f0b3e6b44d3f8f0b4c7c5d2a9e77",
    "api_version": "3",
    "auth_host": "10.0.2.10",
    "auth_port": "35357",
    "auth_protocol": "http",
    "created_roles": "Admin",
    "egress-subnets": "10.0.0.10/32",
    "ep_changed": "1b9d6bcd-bbfd-4b2d-9b5d-ab8dfbbd4bed",
    "ingress-address": "10.0.0.10",
    "internal_host": "10.0.3.10",
    "internal_port": "5000",
    "internal_protocol": "http",
    "private-address": "10.0.0.10",
    "region": "RegionOne",
    "service_domain": "service_domain",
    "service_domain_id": "a3d1f9b5a2c34e5f9a0b1c2d3e4f5a6b",
    "service_host": "10.0.1.10",
    "service_password": "pXk3rT9wQz",
    "service_port": "5000",
    "service_protocol": "http",
    "service_tenant": "services",
    "service_tenant_id": "b2c3d4e5f60718293a4b5c6d7e8f9012",
    "service_type": "instance-ha",
    "service_user_id": "d1e2f3a4b5c6d7e8f901a2b3c4d5e6f7",
    "service_username": "masakari",
}
REQUEST = {
    "service": "masakari",
    "region": "RegionOne",
    "public_url": "http://10.0.1.200:15868/v1/%(tenant_id)s",
    "internal_url": "http://10.0.3.200:15868/v1/%(tenant_id)s",
    "admin_url": "http://10.0.2.200:15868/v1/%(tenant_id)s",
}


def test_a_request_is_written_as_keystone_expects_it():
    assert keystone.write(keystone.Endpoint(**REQUEST)) == REQUEST


def test_an_answer_is_understood():
    identity = keystone.read({}, [ANSWER])
    assert identity is not None
    assert identity.public_url == "http://10.0.1.10:5000"
    assert identity.admin_url == "http://10.0.2.10:35357"
    assert identity.internal_url == "http://10.0.3.10:5000"
    assert identity.service_password.get_secret_value() == "pXk3rT9wQz"
    assert identity.service_type == "instance-ha"


def test_an_answer_without_password_is_none():
    unfinished = {key: value for key, value in ANSWER.items() if key != "service_password"}
    assert keystone.read({}, [unfinished]) is None


def test_the_first_complete_unit_counts():
    assert keystone.read({}, [{}, ANSWER]) == keystone.read({}, [ANSWER])


def test_a_newer_keystone_answers_in_the_application_databag():
    renamed = {
        "service_username": "service-user-name",
        "service_tenant": "service-project-name",
        "service_tenant_id": "service-project-id",
        "service_domain": "service-domain-name",
    }
    application = {renamed.get(key, key.replace("_", "-")): value for key, value in ANSWER.items()}
    assert keystone.read(application, [{}]) == keystone.read({}, [ANSWER])
    assert keystone.read(application, []) == keystone.read({}, [ANSWER])


def test_a_password_is_not_shown():
    assert "pXk3rT9wQz" not in repr(keystone.read({}, [ANSWER]))
