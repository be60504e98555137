# Copyright 2026 The instance-ha developers
# SPDX-License-Identifier: Apache-2.0

"""`identity-credentials`: what the predecessors' masakari-monitors wrote, and keystone's answer."""

from instance_ha.interfaces import keystone_credentials

ANSWER = {
    "api_version": "3",
    "auth_host": "10.0.2.10",
    "auth_port": "35357",
    "auth_protocol": "http",
    "credentials_host": "10.0.3.10",
    "credentials_password": "Vb7nM2kL",
    "credentials_port": "5000",
    "credentials_project": "services",
    "credentials_project_domain_id": "a3d1f9b5a2c34e5f9a0b1c2d3e4f5a6b",
    "credentials_project_domain_name": "service_domain",
    "credentials_project_id": "b2c3d4e5f60718293a4b5c6d7e8f9012",
    "credentials_protocol": "http",
    "credentials_user_domain_id": "a3d1f9b5a2c34e5f9a0b1c2d3e4f5a6b",
    "credentials_user_domain_name": "service_domain",
    "credentials_username": "masakari-monitors",
    "domain": "service_domain",
    "private-address": "10.0.0.10",
    "region": "RegionOne",
}


def test_a_request_is_written_as_keystone_expects_it():
    request = keystone_credentials.Request(username="masakari-monitors", project="services")
    written = keystone_credentials.write(request)
    assert {key: value for key, value in written.items() if value} == {
        "username": "masakari-monitors",
        "project": "services",
    }


def test_a_role_is_asked_for_to_be_made_and_to_be_given():
    request = keystone_credentials.Request(username="u", project="services", role="reporter")
    written = keystone_credentials.write(request)
    assert written["requested_roles"] == written["requested_grants"] == "reporter"


def test_an_answer_is_understood():
    credentials = keystone_credentials.read([ANSWER])
    assert credentials is not None
    assert credentials.admin_url == "http://10.0.2.10:35357"
    assert credentials.url == "http://10.0.3.10:5000"
    assert credentials.credentials_password.get_secret_value() == "Vb7nM2kL"


def test_an_unfinished_answer_is_none():
    assert keystone_credentials.read([{"api_version": "3", "auth_host": "10.0.2.10"}]) is None
    assert keystone_credentials.read([]) is None


def test_a_password_is_not_shown():
    assert "Vb7nM2kL" not in repr(keystone_credentials.read([ANSWER]))
