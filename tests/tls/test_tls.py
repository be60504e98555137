# Copyright 2026 The instance-ha developers
# SPDX-License-Identifier: Apache-2.0

"""Everything over TLS and verified: the API, what it stands on, a recovery, and certificates that are renewed."""

import jubilant
import pytest

from lab.story import acts
from lab.story import stage as stages
from lab.story.openstack import OpenStack, wait_for
from lab.story.stage import Stage
from tests import asking

# On the unit that asks, for the lab's own programs; the machine itself does not trust it.
AUTHORITY = "/etc/ssl/lab-ca.pem"
CONF = "/etc/masakari/masakari.conf"
CERTIFICATE = "/etc/apache2/ssl/masakari/certificate.pem"
# What apache itself has in use, not what lies there.
SERVED = (
    "openssl s_client -connect 127.0.0.1:15858 < /dev/null 2> /dev/null"
    " | openssl x509 -noout -fingerprint -sha256"
)
RENEWAL = 300.0  # seconds; three units take turns of about twenty, on a busy machine of forty


def units(juju: jubilant.Juju) -> list[str]:
    return sorted(juju.status().get_units("masakari"))


def on_each(juju: jubilant.Juju, *argv: str) -> dict[str, str]:
    """Run a command on every unit of masakari and return what each printed."""
    return {unit: juju.exec(*argv, unit=unit).stdout.strip() for unit in units(juju)}


@pytest.fixture(scope="module")
def versions(openstack: OpenStack) -> str:
    """What anybody may ask of the API."""
    return asking.versions(openstack)


def test_the_whole_catalogue_is_https(openstack: OpenStack) -> None:
    urls = [str(row["URL"]) for row in openstack.list("endpoint", "list")]
    assert urls
    assert [url for url in urls if not url.startswith("https://")] == []


def test_the_api_is_verified_with_the_authority_and_refused_without(
    juju: jubilant.Juju, versions: str
) -> None:
    assert asking.ask(juju, versions, AUTHORITY).failures == []
    (failure,) = asking.ask(juju, versions).failures
    assert "CERTIFICATE_VERIFY_FAILED" in failure


def test_keystone_nova_database_and_messaging_are_verified(juju: jubilant.Juju) -> None:
    # Only the names of the options, for the file holds passwords.
    connections = r"s/^(\w+) = .*(https:|ssl_ca=).*$/\1 \2/p"
    shown = ("sed", "-nE", "-e", connections, "-e", r"s/^(ssl|ssl_ca_file) = .*$/\1/p", CONF)
    for said in on_each(juju, *shown).values():
        lines = set(said.splitlines())
        assert {"auth_url https:", "os_privileged_user_auth_url https:"} <= lines
        assert {"connection ssl_ca=", "ssl", "ssl_ca_file"} <= lines
    connected = ("ss", "-Htn", "state", "established", "dport", "=", ":5671")
    assert all(on_each(juju, *connected).values())


def test_a_host_is_recovered_over_tls_and_comes_back(stage: Stage) -> None:
    host = stages.make_segment(stage)[0]
    guests = stages.boot(stage, ("tls-1", "tls-2"), host)
    acts.lose_hypervisor(stage, host, guests)
    acts.return_hypervisor(stage, host)


def test_certificates_are_renewed_without_a_request_refused(
    juju: jubilant.Juju, versions: str
) -> None:
    process = ("systemctl", "show", "--property=MainPID", "masakari-engine")
    fingerprint = ("openssl", "x509", "-noout", "-fingerprint", "-sha256", "-in", CERTIFICATE)
    before, engines = on_each(juju, *fingerprint), on_each(juju, *process)
    reload = ("systemctl", "show", "--property=ActiveState", "masakari-api-reload")
    # From before the first turn until the last is over, however long hooks take.
    with asking.asked(juju, versions, AUTHORITY) as answers:
        juju.run("vault/0", "reissue-certificates", wait=300)
        wait_for(
            "new certificates on every unit",
            lambda: not set(before.values()) & set(on_each(juju, *fingerprint).values()),
            timeout=RENEWAL,
        )
        wait_for(
            "every unit's turn to be over, and taken",
            lambda: (
                set(on_each(juju, *reload).values()) == {"ActiveState=inactive"}
                and on_each(juju, "sh", "-c", SERVED) == on_each(juju, *fingerprint)
            ),
            timeout=RENEWAL,
        )
    print(f"\n{answers}")
    assert answers.failures == []
    assert on_each(juju, *process) == engines
    juju.wait(jubilant.all_active, error=jubilant.any_error, timeout=300)
