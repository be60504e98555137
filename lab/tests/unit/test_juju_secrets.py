# Copyright 2026 The instance-ha developers
# SPDX-License-Identifier: Apache-2.0

"""Secrets: apiserver/common/secrets, state/secrets.go, uniter/secrets/resolver.go."""

import json
from typing import Any

import pytest

from lab.juju import commit, lifecycle, secrets
from lab.juju.assets import Secret
from lab.juju.tools import ToolError
from lab.tests.juju_stage import Stage, charm

WEB = charm("web", provides={"http": "http"})
PROXY = charm("proxy", requires={"http": "http"})


@pytest.fixture
def stage() -> Stage:
    found = Stage()
    found.deploy(WEB, 2)
    found.deploy(PROXY, 2)
    found.relate("web", "proxy")
    found.settle()
    found.ran.clear()
    return found


def leader(stage: Stage) -> str:
    return stage.model.applications["web"].leader or ""


def follower(stage: Stage) -> str:
    return next(u.name for u in stage.model.units_of("web") if u.name != leader(stage))


def call(stage: Stage, unit: str, *words: str) -> str:
    """Call a tool in a hook of its own that succeeds."""
    context = stage.context(unit)
    answer = stage.tool(context, *words)
    commit.flush(context)
    return answer.strip()


def read(stage: Stage, unit: str, *words: str) -> Any:
    return json.loads(call(stage, unit, "secret-get", "--format=json", *words))


def shared(stage: Stage) -> str:
    uri = call(stage, leader(stage), "secret-add", "--label", "key", "password=one")
    call(stage, leader(stage), "secret-grant", "--relation", "http:0", uri)
    return uri


def test_ids_look_like_jujus() -> None:
    found = {secrets.fresh_id() for _ in range(100)}
    assert len(found) == 100
    assert all(len(i) == 20 and set(i) <= set("0123456789abcdefghijklmnopqrstuv") for i in found)


def test_an_applications_secret_is_its_leaders_to_make(stage: Stage) -> None:
    with pytest.raises(ToolError, match="not the leader"):
        call(stage, follower(stage), "secret-add", "--owner", "application", "a=b")
    assert call(stage, follower(stage), "secret-add", "--owner", "unit", "a=b").startswith(
        "secret:"
    )


def test_a_secret_can_be_read_by_label_in_the_hook_that_made_it(stage: Stage) -> None:
    context = stage.context(leader(stage))
    stage.tool(context, "secret-add", "--label", "key", "a=b")
    assert json.loads(stage.tool(context, "secret-get", "--format=json", "--label", "key")) == {
        "a": "b"
    }
    assert stage.model.secrets == {}


def test_all_units_of_the_owner_may_read_and_others_need_a_grant(stage: Stage) -> None:
    uri = call(stage, leader(stage), "secret-add", "a=b")
    assert read(stage, follower(stage), uri) == {"a": "b"}
    with pytest.raises(ToolError, match="permission denied"):
        read(stage, "proxy/0", uri)


def test_a_grant_is_for_the_application_at_the_other_end(stage: Stage) -> None:
    uri = shared(stage)
    assert read(stage, "proxy/0", uri) == {"password": "one"}
    assert read(stage, "proxy/1", uri) == {"password": "one"}


def test_a_grant_can_be_for_one_unit(stage: Stage) -> None:
    uri = call(stage, leader(stage), "secret-add", "a=b")
    call(stage, leader(stage), "secret-grant", "--relation", "http:0", "--unit", "proxy/1", uri)
    assert read(stage, "proxy/1", uri) == {"a": "b"}
    with pytest.raises(ToolError, match="permission denied"):
        read(stage, "proxy/0", uri)


def test_a_grant_ends_with_its_relation(stage: Stage) -> None:
    uri = shared(stage)
    lifecycle.destroy_relation(stage.model, stage.model.relations[0])
    stage.settle()
    with pytest.raises(ToolError, match="permission denied"):
        read(stage, "proxy/0", uri)


def test_a_grant_can_be_taken_back(stage: Stage) -> None:
    uri = shared(stage)
    call(stage, leader(stage), "secret-revoke", "--relation", "http:0", uri)
    with pytest.raises(ToolError, match="permission denied"):
        read(stage, "proxy/0", uri)


def test_a_reader_follows_a_revision_until_it_refreshes(stage: Stage) -> None:
    uri = shared(stage)
    read(stage, "proxy/0", uri, "--label", "pw")
    call(stage, leader(stage), "secret-set", uri, "password=two")
    assert read(stage, "proxy/0", "--label", "pw") == {"password": "one"}
    assert read(stage, "proxy/0", uri, "--peek") == {"password": "two"}
    assert read(stage, "proxy/0", uri) == {"password": "one"}
    assert read(stage, "proxy/0", uri, "--refresh") == {"password": "two"}


def test_followers_are_told_of_a_new_revision_once_with_their_label(stage: Stage) -> None:
    uri = shared(stage)
    read(stage, "proxy/0", uri, "--label", "pw")
    call(stage, leader(stage), "secret-set", uri, "password=two")
    stage.settle()
    assert stage.names() == ["proxy/0 secret-changed"]
    assert stage.ran[0][1].label == "pw"


def test_equal_content_makes_no_revision(stage: Stage) -> None:
    uri = shared(stage)
    call(stage, leader(stage), "secret-set", uri, "password=one")
    assert stage.model.secrets[uri.removeprefix("secret:")].latest == 1


def test_the_owner_is_told_of_a_revision_that_nobody_follows_any_more(stage: Stage) -> None:
    uri = shared(stage)
    read(stage, "proxy/0", uri)
    call(stage, leader(stage), "secret-set", uri, "password=two")
    stage.settle()
    assert "secret-remove" not in " ".join(stage.names())
    read(stage, "proxy/0", uri, "--refresh")
    stage.settle()
    assert stage.names()[-1] == f"{leader(stage)} secret-remove"
    assert stage.ran[-1][1].revision == 1


def test_a_revision_or_a_whole_secret_can_be_removed(stage: Stage) -> None:
    uri = shared(stage)
    call(stage, leader(stage), "secret-set", uri, "password=two")
    call(stage, leader(stage), "secret-remove", uri, "--revision", "1")
    assert list(stage.model.secrets[uri.removeprefix("secret:")].revisions) == [2]
    call(stage, leader(stage), "secret-remove", uri)
    with pytest.raises(ToolError, match="not found"):
        read(stage, "proxy/0", uri)


def test_only_a_manager_may_change_or_inspect(stage: Stage) -> None:
    uri = shared(stage)
    for words in (("secret-set", uri, "a=b"), ("secret-remove", uri), ("secret-info-get", uri)):
        with pytest.raises(ToolError, match="permission denied"):
            call(stage, "proxy/0", *words)
    info = json.loads(call(stage, leader(stage), "secret-info-get", "--format=json", uri))
    assert info[uri.removeprefix("secret:")]["label"] == "key"


def test_a_label_is_used_once_by_an_owner(stage: Stage) -> None:
    shared(stage)
    with pytest.raises(ToolError, match="already exists"):
        call(stage, leader(stage), "secret-add", "--label", "key", "a=b")


def test_a_users_secret_is_read_by_a_granted_application(stage: Stage) -> None:
    secret = Secret(secrets.fresh_id(), "model")
    secrets.revise(secret, {"api-key": "x"})
    stage.model.secrets[secret.id] = secret
    with pytest.raises(ToolError, match="permission denied"):
        read(stage, "web/0", f"secret:{secret.id}")
    secret.grants["web"] = ""
    assert read(stage, "web/0", f"secret:{secret.id}") == {"api-key": "x"}
    secrets.revise(secret, {"api-key": "y"})
    stage.settle()
    assert stage.names() == ["web/0 secret-changed"]


def test_an_applications_secrets_go_with_it(stage: Stage) -> None:
    shared(stage)
    lifecycle.destroy_application(stage.model, stage.model.applications["web"])
    stage.settle()
    assert stage.model.secrets == {}


def test_a_secret_never_shows_its_content_in_an_error(stage: Stage) -> None:
    with pytest.raises(ToolError) as raised:
        call(stage, leader(stage), "secret-add", "hunter2")
    assert "hunter2=" not in str(raised.value)
