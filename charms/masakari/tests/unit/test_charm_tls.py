# Copyright 2026 The instance-ha developers
# SPDX-License-Identifier: Apache-2.0

import base64
import dataclasses
import json
import stat

import pytest
from cloud import AMQP, CERTIFICATES, HA, IDENTITY_SERVICE, PEERS, SHARED_DB, VIPS, complete, state
from machine import Machine, Unit
from ops import testing

import charm
import credentials
import haproxy
import masakari
import monitor
import renewal
import trust
from instance_ha import paths

Context = testing.Context[charm.MasakariCharm]

CA = "-----BEGIN CERTIFICATE-----\nQ0E=\n-----END CERTIFICATE-----\n"
CERTIFICATE = "-----BEGIN CERTIFICATE-----\nVU5JVA==\n-----END CERTIFICATE-----"
KEY = "-----BEGIN PRIVATE KEY-----\nS0VZ\n-----END PRIVATE KEY-----"
VAULT = dataclasses.replace(
    CERTIFICATES,
    remote_units_data={
        0: {"ca": CA, "masakari_0.server.cert": CERTIFICATE, "masakari_0.server.key": KEY}
    },
)


@pytest.fixture(autouse=True)
def _apache_with_tls(machine: Machine) -> None:
    trust._APACHE_SSL.parent.mkdir()
    trust._APACHE_SSL.touch()


def encoded(text: str) -> str:
    return base64.b64encode(text.encode()).decode()


def test_waits_for_the_authority(ctx: Context):
    out = ctx.run(ctx.on.config_changed(), complete(CERTIFICATES))
    assert out.unit_status == testing.WaitingStatus("'certificates' incomplete")
    assert "http://" in out.get_relation(IDENTITY_SERVICE.id).local_unit_data["public_url"]


def test_asks_for_every_name_and_address_of_the_api(ctx: Context):
    wanted = complete(CERTIFICATES, HA, vip=VIPS, os_public_hostname="{service_name}.example.org")
    out = ctx.run(ctx.on.config_changed(), wanted)
    content = out.get_relation(CERTIFICATES.id).local_unit_data
    assert content["unit_name"] == "masakari_0"
    assert content["common_name"] == "juju-1-lxd-0.maas"
    assert set(json.loads(content["sans"])) == {
        *("juju-1-lxd-0.maas", "masakari.example.org", *VIPS.split()),
        *("10.77.0.101", "10.77.1.101", "10.77.2.101", "10.77.3.101"),
    }
    again = ctx.run(ctx.on.config_changed(), out)
    assert again.get_relation(CERTIFICATES.id).local_unit_data == content


def test_serves_what_the_authority_gave_it(ctx: Context):
    out = ctx.run(ctx.on.config_changed(), complete(VAULT))
    assert out.unit_status == testing.ActiveStatus("Unit is ready")
    content = out.get_relation(IDENTITY_SERVICE.id).local_unit_data
    assert content["public_url"] == "https://10.77.1.101:15868/v1/%(tenant_id)s"
    assert credentials.CERTIFICATE.read_text() == f"{CERTIFICATE}\n"
    assert credentials.KEY.read_text() == KEY
    assert stat.S_IMODE(credentials.KEY.stat().st_mode) == 0o600
    site = (masakari._APACHE / "sites-available/instance-ha-masakari.conf").read_text()
    assert "SSLEngine on" in site
    assert "check check-ssl" in haproxy.CONF.read_text()


def test_apache_gets_the_module_for_it(ctx: Context, machine: Machine):
    trust._APACHE_SSL.unlink()
    ctx.run(ctx.on.config_changed(), complete(VAULT))
    assert f"{trust.A2ENMOD} --quiet ssl" in machine.changes


def test_the_machine_trusts_the_authority(ctx: Context):
    ctx.run(ctx.on.config_changed(), complete(VAULT))
    assert [path.read_text() for path in trust._TRUSTED.iterdir()] == [CA]
    assert f"cafile = {paths.AUTHORITIES}" in masakari._CONF.read_text()
    assert f"nova_ca_certificates_file = {paths.AUTHORITIES}" in masakari._CONF.read_text()
    assert json.loads(monitor.CONF.read_text())["cafile"] == paths.AUTHORITIES


def test_a_renewed_certificate_is_taken_up_when_it_is_the_units_turn(
    ctx: Context, machine: Machine
):
    once = ctx.run(ctx.on.config_changed(), complete(VAULT))
    assert "try-reload-or-restart apache2" in machine.changes
    machine.changes.clear()
    renewed = {
        **VAULT.remote_units_data[0],
        "masakari_0.server.cert": CERTIFICATE.replace("V", "W"),
    }
    relation = dataclasses.replace(once.get_relation(VAULT.id), remote_units_data={0: renewed})
    relations = [one for one in once.relations if one.id != VAULT.id]
    ctx.run(
        ctx.on.relation_changed(relation),
        dataclasses.replace(once, relations=[*relations, relation]),
    )
    assert machine.changes == ["daemon-reload", "restart masakari-api-reload"]
    assert "api_reload.py masakari-0\n" in renewal._UNIT_FILE.read_text()
    assert renewal._PROGRAM.exists()


def test_one_that_was_not_taken_up_is_tried_again(ctx: Context, machine: Machine):
    once = ctx.run(ctx.on.config_changed(), complete(VAULT))
    machine.units[renewal.UNIT] = Unit("failed")
    machine.changes.clear()
    ctx.run(ctx.on.update_status(), once)
    assert "restart masakari-api-reload" in machine.changes


def test_other_changes_do_not_wait_for_the_other_units(ctx: Context, machine: Machine):
    once = ctx.run(ctx.on.config_changed(), complete(VAULT))
    machine.changes.clear()
    ctx.run(
        ctx.on.config_changed(),
        dataclasses.replace(once, config={**once.config, "worker-multiplier": 3.0}),
    )
    assert "try-reload-or-restart apache2" in machine.changes


def test_without_the_relation_the_key_is_gone(ctx: Context):
    once = ctx.run(ctx.on.config_changed(), complete(VAULT))
    relations = [one for one in once.relations if one.id != VAULT.id]
    out = ctx.run(ctx.on.config_changed(), dataclasses.replace(once, relations=relations))
    assert not credentials.KEY.exists()
    assert not list(trust._TRUSTED.iterdir())
    assert "http://" in out.get_relation(IDENTITY_SERVICE.id).local_unit_data["public_url"]


def test_the_options_win_over_the_relation(ctx: Context):
    own = CERTIFICATE.replace("V", "X")
    options = {"ssl_cert": encoded(own), "ssl_key": encoded(KEY), "ssl_ca": encoded(CA)}
    ctx.run(ctx.on.config_changed(), complete(VAULT, **options))
    assert credentials.CERTIFICATE.read_text() == f"{own}\n"


@pytest.mark.parametrize(
    "options", [{"ssl_cert": encoded(CERTIFICATE)}, {"ssl_key": encoded(KEY)}]
)
def test_half_a_pair_is_a_mistake(ctx: Context, options: dict[str, str]):
    out = ctx.run(ctx.on.config_changed(), complete(**options))
    assert out.unit_status == testing.BlockedStatus(
        "ssl_cert and ssl_key belong together; one of them is missing"
    )


def test_database_and_broker_are_verified(ctx: Context):
    database = {
        **SHARED_DB.remote_units_data[0],
        "ssl_ca": encoded(CA),
        "ssl_cert": encoded(CERTIFICATE),
        "ssl_key": encoded(KEY),
    }
    broker = {**AMQP.remote_units_data[0], "ssl_port": "5671", "ssl_ca": encoded(CA)}
    shared_db = dataclasses.replace(SHARED_DB, remote_units_data={0: database})
    amqp = dataclasses.replace(AMQP, remote_units_data={0: broker})
    out = ctx.run(ctx.on.config_changed(), state(IDENTITY_SERVICE, shared_db, amqp, PEERS))
    assert out.unit_status == testing.ActiveStatus("Unit is ready")
    text = masakari._CONF.read_text()
    query = f"ssl_ca={credentials.DATABASE_CA}&ssl_cert={credentials.DATABASE_CERTIFICATE}&ssl_key={credentials.DATABASE_KEY}"
    assert text.count(f"/masakari?charset=utf8&{query}\n") == 2
    assert (
        f"backend_url = mysql://masakari:database-password@10.77.3.10:3306/masakari?{query}\n"
        in text
    )
    assert f"ssl = True\nssl_ca_file = {credentials.BROKER_CA}\n" in text
    assert "@10.77.3.10:5671/" in text
    assert credentials.DATABASE_KEY.read_text() == KEY
    assert stat.S_IMODE(credentials.DATABASE_KEY.stat().st_mode) == 0o640


def test_a_broker_that_names_no_authority_is_verified_with_the_machines(ctx: Context):
    broker = {**AMQP.remote_units_data[0], "ssl_port": "5671"}
    amqp = dataclasses.replace(AMQP, remote_units_data={0: broker})
    ctx.run(ctx.on.config_changed(), state(IDENTITY_SERVICE, SHARED_DB, amqp, PEERS))
    assert f"ssl_ca_file = {paths.AUTHORITIES}\n" in masakari._CONF.read_text()


def test_a_second_run_only_looks(ctx: Context, machine: Machine):
    once = ctx.run(ctx.on.config_changed(), complete(VAULT))
    machine.changes.clear()
    ctx.run(ctx.on.config_changed(), once)
    assert machine.changes == []


def test_a_removed_unit_leaves_no_key_behind(ctx: Context):
    once = ctx.run(ctx.on.config_changed(), complete(VAULT))
    ctx.run(ctx.on.remove(), once)
    assert not credentials.KEY.exists()
    assert not list(trust._TRUSTED.iterdir())
