# Copyright 2026 The instance-ha developers
# SPDX-License-Identifier: Apache-2.0

"""The monitors' user with a role that may report and do nothing else, by the steps of the charm's README."""

import shlex
from collections.abc import Iterator
from pathlib import Path

import jubilant
import pytest

from lab.story import acts
from lab.story import stage as stages
from lab.story.openstack import OpenStack
from lab.story.stage import Stage
from tests.cloud import settled
from tests.guide.policies import IN_USE, OPTION, RESOURCE, say, zipped
from tests.guide.tables import NODE_01, NODE_02, NODE_10, segment

ROLE = "ha_reporter"
_GRANT = (
    *("--user", "masakari-monitors", "--user-domain", "service_domain"),
    *("--project", "services", "--project-domain", "service_domain"),
)
_RULE = f'"os_masakari_api:notifications:create": "rule:admin_api or role:{ROLE}"\n'
_CONF = "/etc/masakarimonitors/masakarimonitors.conf"
_OPENRC = "/root/reporter-openrc"
_NAMES = {
    "username": "OS_USERNAME",
    "password": "OS_PASSWORD",
    "project_name": "OS_PROJECT_NAME",
    "user_domain_name": "OS_USER_DOMAIN_NAME",
    "project_domain_name": "OS_PROJECT_DOMAIN_NAME",
}


def roles(openstack: OpenStack) -> list[str]:
    """Return the roles that the monitors' user has."""
    rows = openstack.list("role", "assignment", "list", "--names", *_GRANT)
    return [str(row["Role"]) for row in rows]


@pytest.fixture(scope="module", autouse=True)
def by_reporter(
    stage: Stage, fresh: None, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[None]:
    """Take the README's three steps, and go back afterwards."""
    path: Path = tmp_path_factory.mktemp("policy") / "overrides.zip"
    path.write_bytes(zipped(reporter=_RULE))
    stage.juju.cli("attach-resource", "masakari", f"{RESOURCE}={path}")
    stage.juju.config("masakari", {OPTION: True})
    say(stage, IN_USE)
    stage.juju.config("masakari-monitors", {"keystone-role": ROLE})
    settled(stage.juju)
    # The lab's administrator is called "admin", the real charm's "Admin".
    former = [name for name in roles(stage.openstack) if name != ROLE]
    for name in former:
        stage.openstack.run("role", "remove", *_GRANT, name)
    segment(stage.openstack, "S1", "auto", NODE_01, NODE_02, NODE_10)
    yield
    for name in former:
        stage.openstack.run("role", "add", *_GRANT, name)
    stage.juju.config("masakari-monitors", reset="keystone-role")
    stage.juju.config("masakari", reset=OPTION)
    settled(stage.juju)


@pytest.fixture(scope="module")
def reader(stage: Stage, by_reporter: None) -> OpenStack:
    """The cloud as it is to somebody who has read the monitors' password on a hypervisor."""
    unit = stages.unit_on(stage, "masakari-monitors", NODE_01)
    lines = stage.juju.exec("cat", _CONF, unit=unit).stdout.splitlines()
    read = dict(line.split(" = ", 1) for line in lines if " = " in line)
    exports = [f"export {_NAMES[name]}={shlex.quote(read[name])}" for name in _NAMES]
    text = "\n".join([f". {stage.openstack.openrc}", *exports, ""])
    script = f"umask 077; cat > {_OPENRC} <<'END'\n{text}END"
    stage.juju.exec("bash", "-c", script, unit=stage.openstack.unit)
    return OpenStack(stage.juju, openrc=_OPENRC)


def test_the_user_has_that_role_and_no_other(openstack: OpenStack) -> None:
    assert roles(openstack) == [ROLE]


def test_a_dead_instance_is_reported_and_runs_again(stage: Stage) -> None:
    guests = stages.boot(stage, ("focal-1",), NODE_01)
    acts.lose_instance(stage, "focal-1", guests["focal-1"])


@pytest.mark.parametrize(
    "words",
    [
        ("segment", "list"),
        ("notification", "list"),
        ("segment", "create", "S9", "auto", "COMPUTE"),
        ("server", "list", "--all-projects"),
        ("server", "delete", "focal-1"),
        ("compute", "service", "list"),
        ("user", "list"),
    ],
    ids=" ".join,
)
def test_whoever_has_its_password_can_do_nothing_else(
    reader: OpenStack, words: tuple[str, ...]
) -> None:
    with pytest.raises(jubilant.TaskError) as failed:
        reader.run(*words)
    said = failed.value.task.stdout + failed.value.task.stderr
    # An instance of another project is not even there for it.
    assert any(word in said for word in ("403", "not allowed", "No Server found")), said
