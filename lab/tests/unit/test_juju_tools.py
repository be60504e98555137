# Copyright 2026 The instance-ha developers
# SPDX-License-Identifier: Apache-2.0

"""The hook tools, each as ops calls it; and what internal/worker/uniter/runner/jujuc refuses."""

import json
from typing import Any

import pytest

from lab.juju.bundles import Option
from lab.juju.cloud import LocalInstance
from lab.juju.context import HookContext
from lab.juju.entities import Hook
from lab.juju.network import Network
from lab.juju.tools import ToolError
from lab.tests.juju_stage import Stage, charm

OPTIONS = {
    "level": Option("level", "int", 3),
    "name": Option("name", "string"),
    "on": Option("on", "boolean", False),
}
WEB = charm("web", provides={"http": "http"}, peers={"cluster": "c"}, options=OPTIONS)
PROXY = charm("proxy", requires={"http": "http"})


@pytest.fixture
def stage() -> Stage:
    found = Stage()
    found.deploy(WEB, 2)
    found.deploy(PROXY, 1)
    found.relate("web", "proxy")
    found.settle()
    return found


def ask(stage: Stage, unit: str, *words: str) -> Any:
    return json.loads(stage.tool(stage.context(unit), *words))


def leader(stage: Stage) -> str:
    return stage.model.applications["web"].leader or ""


def follower(stage: Stage) -> str:
    return next(u.name for u in stage.model.units_of("web") if u.name != leader(stage))


def test_config_get_leaves_out_options_without_a_value(stage: Stage) -> None:
    assert ask(stage, "web/0", "config-get", "--format=json") == {"level": 3, "on": False}
    assert ask(stage, "web/0", "config-get", "--format=json", "name") is None


def test_config_stays_as_it_was_for_the_whole_hook(stage: Stage) -> None:
    context = stage.context("web/0")
    stage.tool(context, "config-get", "level")
    stage.model.applications["web"].config["level"] = 9
    assert stage.tool(context, "config-get", "level") == "3\n"


def test_is_leader_answers_for_each_unit(stage: Stage) -> None:
    assert ask(stage, leader(stage), "is-leader", "--format=json") is True
    assert ask(stage, follower(stage), "is-leader", "--format=json") is False


def test_status_set_and_get(stage: Stage) -> None:
    stage.tool(stage.context("web/0"), "status-set", "--application=False", "blocked", "no", "db")
    shown = ask(
        stage, "web/0", "status-get", "--include-data", "--format=json", "--application=false"
    )
    assert shown == {"status": "blocked", "message": "no db", "status-data": {}}


def test_the_applications_status_is_the_leaders_to_set(stage: Stage) -> None:
    context = stage.context(follower(stage))
    with pytest.raises(ToolError, match="not the leader"):
        stage.tool(context, "status-set", "--application=True", "active", "")
    stage.tool(stage.context(leader(stage)), "status-set", "--application=True", "active", "x")
    shown = ask(
        stage, leader(stage), "status-get", "--include-data", "--format=json", "--application=true"
    )
    assert shown["application-status"]["message"] == "x"
    assert set(shown["units"]) == {"web/0", "web/1"}


def test_a_charm_cannot_set_error(stage: Stage) -> None:
    with pytest.raises(ToolError, match="invalid status"):
        stage.tool(stage.context("web/0"), "status-set", "error", "x")


def test_relation_ids_and_list(stage: Stage) -> None:
    identifiers = ask(stage, "proxy/0", "relation-ids", "http", "--format=json")
    assert identifiers == ["http:1"]
    listed = ask(stage, "proxy/0", "relation-list", "--format=json", "-r", "http:1")
    assert listed == ["web/0", "web/1"]
    assert ask(stage, "proxy/0", "relation-list", "--format=json", "--app", "-r", "1") == "web"


def test_an_unknown_relation_is_not_found(stage: Stage) -> None:
    with pytest.raises(ToolError, match="relation not found"):
        stage.tool(stage.context("web/0"), "relation-list", "-r", "http:99")


def test_relation_set_reads_json_and_is_seen_by_the_same_hook_only(stage: Stage) -> None:
    context = stage.context("web/0")
    content = json.dumps({"port": "080", "up": "yes"})
    stage.tool(context, "relation-set", "-r", "http:1", "--file", "-", stdin=content)
    own = stage.tool(context, "relation-get", "--format=json", "-r", "http:1", "-", "web/0")
    assert json.loads(own)["port"] == "080"
    other = ask(stage, "proxy/0", "relation-get", "--format=json", "-r", "http:1", "-", "web/0")
    assert "port" not in other


def test_an_empty_value_deletes_the_key(stage: Stage) -> None:
    context = stage.context("web/0")
    stage.tool(context, "relation-set", "-r", "http:1", "private-address=")
    own = stage.tool(context, "relation-get", "--format=json", "-r", "http:1", "-", "web/0")
    assert "private-address" not in json.loads(own)


def test_one_key_and_its_absence(stage: Stage) -> None:
    words = ("relation-get", "--format=json", "-r", "http:1")
    assert ask(stage, "proxy/0", *words, "private-address", "web/0") == "10.77.0.10"
    assert ask(stage, "proxy/0", *words, "nothing", "web/0") is None


def test_relation_tools_in_a_relation_hook_need_no_names(stage: Stage) -> None:
    hook = Hook("http-relation-changed", "relation-changed", 1, "web/0", "web")
    context = stage.context("proxy/0", hook)
    assert stage.tool(context, "relation-get", "private-address") == "10.77.0.10\n"
    assert stage.tool(context, "relation-ids") == "http:1\n"


def test_what_others_wrote_stays_as_it_was_first_read(stage: Stage) -> None:
    context = stage.context("proxy/0")
    words = ("relation-get", "--format=json", "-r", "http:1", "-", "web/0")
    before = stage.tool(context, *words)
    stage.model.relations[1].write("web/0", {"port": "1"})
    assert stage.tool(context, *words) == before


def test_the_applications_data_is_written_by_its_leader_alone(stage: Stage) -> None:
    with pytest.raises(ToolError, match="cannot write relation settings"):
        stage.tool(stage.context(follower(stage)), "relation-set", "-r", "http:1", "--app", "a=b")
    context = stage.context(leader(stage))
    stage.tool(context, "relation-set", "-r", "http:1", "--app", "a=b")
    words = ("relation-get", "--format=json", "-r", "http:1", "--app", "-", "web")
    assert json.loads(stage.tool(context, *words)) == {"a": "b"}


def test_a_follower_may_read_its_own_applications_data_only_among_peers(stage: Stage) -> None:
    context = stage.context(follower(stage))
    with pytest.raises(ToolError, match="permission denied"):
        stage.tool(context, "relation-get", "-r", "http:1", "--app", "-", "web")
    assert (
        stage.tool(context, "relation-get", "--format=json", "-r", "0", "--app", "-", "web")
        == "{}\n"
    )


def test_units_of_the_own_application_are_read_only_among_peers(stage: Stage) -> None:
    with pytest.raises(ToolError, match="permission denied"):
        stage.tool(stage.context("web/0"), "relation-get", "-r", "http:1", "-", "web/1")
    assert ask(stage, "web/0", "relation-get", "--format=json", "-r", "0", "-", "web/1")


def test_network_get_answers_for_the_space_of_the_binding(stage: Stage) -> None:
    stage.model.applications["web"].bindings = {"": "internal", "http": "public"}
    shown = ask(stage, "web/0", "network-get", "--format=json", "http")
    assert shown["bind-addresses"][0]["interface-name"] == "eth1"
    assert shown["bind-addresses"][0]["addresses"][0]["value"] == "10.77.1.10"
    assert shown["ingress-addresses"] == ["10.77.1.10"]
    other = ask(stage, "web/0", "network-get", "--format=json", "cluster")
    assert other["bind-addresses"][0]["addresses"][0]["cidr"] == "10.77.3.0/24"


def test_network_get_tells_both_families_where_there_are_two() -> None:
    both = LocalInstance(
        "m0", "", {"oam": "fd00:770::10"}, {"oam": "eth0"}, None, {"oam": "10.77.0.10"}
    )
    shown = Network(both).describe("oam")
    (interface,) = shown["bind-addresses"]
    assert [each["cidr"] for each in interface["addresses"]] == ["fd00:770::/64", "10.77.0.0/24"]
    assert shown["ingress-addresses"] == ["fd00:770::10", "10.77.0.10"]
    assert shown["egress-subnets"] == ["fd00:770::10/128"]


def test_an_endpoint_without_binding_is_in_the_default_space(stage: Stage) -> None:
    shown = ask(stage, "web/0", "network-get", "--format=json", "http")
    assert shown["ingress-addresses"] == ["10.77.0.10"]


def test_network_get_refuses_what_the_charm_does_not_declare(stage: Stage) -> None:
    with pytest.raises(ToolError, match="no network config found"):
        stage.tool(stage.context("web/0"), "network-get", "nothing")


def test_ports_open_and_close(stage: Stage) -> None:
    context = stage.context("web/0")
    for port in ("80", "443/tcp", "1000-1010/udp", "icmp"):
        stage.tool(context, "open-port", port)
    stage.tool(context, "close-port", "80/tcp")
    shown = json.loads(stage.tool(context, "opened-ports", "--format=json"))
    assert shown == ["1000-1010/udp", "443/tcp", "icmp"]
    with pytest.raises(ToolError, match="invalid port"):
        stage.tool(context, "open-port", "99999/tcp")


def test_goal_state_counts_all_units_that_there_will_be(stage: Stage) -> None:
    stage.add_unit("web")
    shown = ask(stage, "proxy/0", "goal-state", "--format=json")
    assert set(shown["units"]) == {"proxy/0"}
    assert set(shown["relations"]["http"]) == {"web", "web/0", "web/1", "web/2"}


def test_juju_log_names_the_relation_in_its_hooks(stage: Stage) -> None:
    hook = Hook("http-relation-changed", "relation-changed", 1, "web/0", "web")
    stage.tool(stage.context("proxy/0", hook), "juju-log", "--log-level", "INFO", "--", "-hello")
    assert stage.logged == ["INFO unit.proxy/0.juju-log http:1: -hello"]


def test_an_unknown_option_is_refused(stage: Stage) -> None:
    with pytest.raises(ToolError, match="option provided but not defined: --bogus"):
        stage.tool(stage.context("web/0"), "config-get", "--bogus")


def test_action_tools_work_in_actions_only(stage: Stage) -> None:
    with pytest.raises(ToolError, match="not running an action"):
        stage.tool(stage.context("web/0"), "action-get")


def test_storage_is_empty_and_state_is_kept(stage: Stage) -> None:
    context = stage.context("web/0")
    assert stage.tool(context, "storage-list", "--format=json") == "[]\n"
    stage.tool(context, "state-set", "--file", "-", stdin='{"a": "1"}')
    assert stage.tool(context, "state-get", "a") == "1\n"
    stage.tool(context, "state-delete", "a")
    assert json.loads(stage.tool(context, "state-get", "--format=json")) == {}


def test_every_answer_in_a_hook_context_counts(stage: Stage) -> None:
    context: HookContext = stage.context("web/0")
    assert context.leads is (leader(stage) == "web/0")
