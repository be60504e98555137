# Copyright 2026 The instance-ha developers
# SPDX-License-Identifier: Apache-2.0

"""Policy overrides: rules that an operator attaches hold at the API, and go with the option."""

import json
from collections.abc import Callable, Iterator

import jubilant
import pytest

from lab.story.openstack import OpenStack
from lab.story.stage import Stage
from tests.cloud import settled
from tests.guide.policies import IN_USE, OPTION, RESOURCE, say, zipped

_RULE = "os_masakari_api:segments:"
_CREATE = ("segment", "create", "S1", "auto", "COMPUTE")
_UPDATE = (
    *("segment", "update", "--recovery_method", "rh_priority", "--service_type", "COMPUTE"),
    "S1",
)
# haproxy gives each call to another unit when none is at work; more than there are units.
_CALLS = 4


@pytest.fixture(scope="module", autouse=True)
def given_back(stage: Stage, fresh: None) -> Iterator[None]:
    yield
    stage.juju.config("masakari", reset=OPTION)
    settled(stage.juju)


@pytest.fixture(scope="module")
def attach(stage: Stage, tmp_path_factory: pytest.TempPathFactory) -> Callable[[bytes], None]:
    """Return what attaches a content as the resource."""
    path = tmp_path_factory.mktemp("policy") / "overrides.zip"

    def attach(content: bytes) -> None:
        path.write_bytes(content)
        stage.juju.cli("attach-resource", "masakari", f"{RESOURCE}={path}")

    return attach


def forbidding(what: str) -> bytes:
    """Return overrides by which nobody may do something to segments, not even an administrator."""
    return zipped(segments=f'"{_RULE}{what}": "!"\n')


def refused(openstack: OpenStack, what: str, *words: str, calls: int = 1) -> None:
    """Have a call be refused by whichever unit gets it, and by the rule that was overridden."""
    for _ in range(calls):
        with pytest.raises(jubilant.TaskError) as failed:
            openstack.run(*words)
        said = failed.value.task.stdout + failed.value.task.stderr
        assert "403" in said
        assert f"{_RULE}{what}" in said


def segments(openstack: OpenStack) -> list[str]:
    return [row["name"] for row in openstack.list("segment", "list")]


def overrides(stage: Stage, unit: str) -> list[str]:
    """Return the files of overrides that a unit has from the charm."""
    listed = stage.juju.exec("ls", "/etc/masakari/policy.d", unit=unit).stdout.split()
    return [name for name in listed if name.startswith("charm-")]


def test_without_the_resource_every_unit_says_what_to_do(
    stage: Stage, openstack: OpenStack, attach: Callable[[bytes], None]
) -> None:
    listed = json.loads(stage.juju.cli("resources", "masakari", "--format", "json"))["resources"]
    if any(one["used"] for one in listed):
        # By an earlier run on this lab; Juju cannot take it away, but an empty one counts as none.
        attach(b"")
    stage.juju.config("masakari", {OPTION: True})
    say(stage, f"blocked: {RESOURCE}: attach the resource {RESOURCE}")
    assert segments(openstack) == []


def test_an_attached_rule_holds_and_the_others_do_as_before(
    stage: Stage, openstack: OpenStack, attach: Callable[[bytes], None]
) -> None:
    began = stage.note("test", "a rule is attached")
    attach(forbidding("create"))
    say(stage, IN_USE)
    at = stage.note("test", "it is in use on every unit")
    print(f"\nin use on every unit {at - began:.0f} s after it was attached")
    refused(openstack, "create", *_CREATE, calls=_CALLS)
    assert segments(openstack) == []


@pytest.mark.parametrize(
    ("content", "why"),
    [
        (b"PK no zip", "not a zip"),
        (zipped(), "no YAML file in the zip"),
        (zipped(segments="{"), "segments.yaml is not YAML"),
        (zipped(segments="- create"), "segments.yaml is not a mapping of rules"),
        (zipped(segments=f'"{_RULE}index": 5\n'), f"segments.yaml: rule {_RULE}index is not text"),
    ],
)
def test_what_cannot_be_used_is_named_and_the_rules_stay(
    stage: Stage,
    openstack: OpenStack,
    attach: Callable[[bytes], None],
    content: bytes,
    why: str,
) -> None:
    attach(content)
    say(stage, f"blocked: {RESOURCE}: {why}")
    refused(openstack, "create", *_CREATE)
    assert segments(openstack) == []


def test_another_zip_takes_the_place_of_the_one_before(
    stage: Stage, openstack: OpenStack, attach: Callable[[bytes], None]
) -> None:
    attach(forbidding("update"))
    say(stage, IN_USE)
    openstack.run(*_CREATE)
    refused(openstack, "update", *_UPDATE, calls=_CALLS)
    assert openstack.show("segment", "show", "S1")["recovery_method"] == "auto"


def test_without_the_option_the_rules_are_gone(stage: Stage, openstack: OpenStack) -> None:
    stage.juju.config("masakari", reset=OPTION)
    say(stage, "active: Unit is ready", without="policy overrides")
    for unit in stage.juju.status().get_units("masakari"):
        assert overrides(stage, unit) == []
    for _ in range(_CALLS):
        openstack.run(*_UPDATE)
    assert openstack.show("segment", "show", "S1")["recovery_method"] == "rh_priority"
    openstack.run("segment", "delete", "S1")
    assert segments(openstack) == []
