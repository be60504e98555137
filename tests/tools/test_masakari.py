# Copyright 2026 The instance-ha developers
# SPDX-License-Identifier: Apache-2.0

"""masakari and masakari-monitors: their whole files, judged by the programs that will read them.

The files are those that the unit tests compare what is rendered with.
"""

import pathlib
import shutil
import subprocess
import sys

import pytest

CHARMS = pathlib.Path(__file__).parents[2] / "charms"
MASAKARI = CHARMS / "masakari/tests/unit/data"
MONITORS = CHARMS / "masakari-monitors/tests/unit/data"
MASAKARI_OPTIONS = (
    "masakari.conf",
    "customized_recovery_flow_opts",
    "keystonemiddleware.auth_token",
    "oslo.db",
    "oslo.log",
    "oslo.messaging",
    "oslo.middleware.http_proxy_to_wsgi",
)
# What the judge cannot know: an option of Masakari 22 where the distribution's is older, and one of
# keystoneauth that the monitors register and do not list.
UNLISTED = {
    "masakari-everything.conf": ("notification_delay_max",),
    "masakarimonitors.conf": ("cafile",),
}
APACHE = """
ServerRoot /etc/apache2
ServerName localhost
DefaultRuntimeDir {directory}
PidFile {directory}/apache2.pid
ErrorLog {directory}/error.log
LoadModule mpm_event_module /usr/lib/apache2/modules/mod_mpm_event.so
LoadModule authz_core_module /usr/lib/apache2/modules/mod_authz_core.so
LoadModule socache_shmcb_module /usr/lib/apache2/modules/mod_socache_shmcb.so
LoadModule ssl_module /usr/lib/apache2/modules/mod_ssl.so
LoadModule wsgi_module /usr/lib/apache2/modules/mod_wsgi.so
LogFormat "%h" combined
Include {site}
"""


def judge(*argv: str | pathlib.Path) -> None:
    program = shutil.which(argv[0])
    if program is None:
        pytest.skip(f"{argv[0]} is not installed")
    done = subprocess.run(
        [program, *map(str, argv[1:])], capture_output=True, text=True, timeout=60, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr


def test_haproxy_accepts_its_configuration():
    judge("haproxy", "-c", "-f", MASAKARI / "haproxy.cfg")


@pytest.mark.parametrize("name", ["apache.conf", "apache-tls.conf"])
def test_apache_accepts_the_site(tmp_path: pathlib.Path, name: str):
    if not pathlib.Path("/usr/lib/apache2/modules/mod_wsgi.so").exists():
        pytest.skip("mod_wsgi is not installed")
    site = tmp_path / name
    # Apache looks at the certificate, too, and here there is none where the charm puts it.
    site.write_text(
        (MASAKARI / name).read_text().replace("/etc/apache2/ssl/masakari", str(tmp_path))
    )
    if name == "apache-tls.conf":
        judge(
            *("openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256"),
            *("-nodes", "-subj", "/CN=test", "-days", "1"),
            *("-keyout", tmp_path / "key.pem", "-out", tmp_path / "certificate.pem"),
        )
    conf = tmp_path / "apache2.conf"
    conf.write_text(APACHE.format(directory=tmp_path, site=site))
    judge("apache2", "-t", "-f", conf)


@pytest.mark.parametrize(
    ("conf", "namespaces"),
    [
        pytest.param(
            MASAKARI / "masakari.conf",
            MASAKARI_OPTIONS,
            id="masakari.conf",
        ),
        pytest.param(
            MASAKARI / "masakari-everything.conf",
            MASAKARI_OPTIONS,
            id="masakari.conf with every option",
        ),
        pytest.param(
            MONITORS / "masakarimonitors.conf",
            ("masakarimonitors.conf", "oslo.log"),
            id="masakarimonitors.conf",
        ),
    ],
)
def test_every_option_is_known_to_the_service(
    tmp_path: pathlib.Path, conf: pathlib.Path, namespaces: tuple[str, ...]
):
    options = [word for namespace in namespaces for word in ("--namespace", namespace)]
    known = tmp_path / conf.name
    skipped = UNLISTED.get(conf.name, ())
    lines = (line for line in conf.read_text().splitlines() if not line.startswith(skipped))
    known.write_text("\n".join(lines))
    judge("oslo-config-validator", "--input-file", known, *options)


def test_the_wsgi_entry_is_python():
    text = (CHARMS / "masakari/src/templates/masakari-api.wsgi").read_text()
    compile(text, "masakari-api.wsgi", "exec", dont_inherit=True)
    assert sys.version_info >= (3, 10)
