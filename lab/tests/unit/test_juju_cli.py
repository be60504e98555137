# Copyright 2026 The instance-ha developers
# SPDX-License-Identifier: Apache-2.0

"""The commands, as an operator and jubilant type them."""

import json

import pytest
import yaml

from lab.tests.juju_world import World

CONFIG = """options:
  level: {type: int, default: 3, description: How much.}
  name: {type: string, description: A name.}
  debug: {type: boolean, default: false, description: Talk.}
"""
ACTIONS = """ping:
  description: Answer.
  params: {who: {type: string, default: you}, times: {type: integer, minimum: 1}}
  additionalProperties: false
fail: {description: Fail.}
break: {description: Exit badly.}
tree: {description: Nested results.}
"""
SCRIPT = """case "$JUJU_DISPATCH_PATH" in
actions/ping) action-set hello=$(action-get who); action-log counting; echo out; echo err >&2;;
actions/fail) action-set half=done; action-fail "no way";;
actions/break) exit 3;;
actions/tree) action-set a.b=1 a.c=2 "lines=$(printf 'one\\n  two')"; relation-set -r cluster:0 from=action;;
*) status-set active;;
esac
"""
PEERS = "peers: {cluster: {interface: c}}\n"
WEB = "provides: {http: {interface: http}}\n" + PEERS
PROXY = "requires: {http: {interface: http, limit: 1}}\n"


@pytest.fixture
def app(world: World) -> World:
    world.juju("deploy", world.charm("app", PEERS, SCRIPT, config=CONFIG, actions=ACTIONS))
    world.settle()
    return world


def test_an_unknown_command_is_refused_by_name(world: World) -> None:
    assert '"bootstrap" is not a juju command' in world.refuses("bootstrap")


def test_an_unknown_option_is_refused(world: World) -> None:
    assert "option provided but not defined: --bogus" in world.refuses("deploy", "--bogus", "x")
    assert world.run("deploy", "--bogus", "x").code == 2
    assert "not defined: --channel" in world.refuses("deploy", "--channel", "edge", "x")
    assert "invalid choice" in world.refuses("status", "--format", "oneline")


def test_what_is_not_there_is_named(world: World) -> None:
    assert 'application "no" not found' in world.refuses("config", "no")
    assert 'unit "no/0" not found' in world.refuses("remove-unit", "no/0", "--no-prompt")
    assert 'machine "9" not found' in world.refuses("exec", "--machine", "9", "true")
    assert 'model "no" not found' in world.refuses("status", "-m", "no")
    assert 'secret "no" not found' in world.refuses("show-secret", "no")


def test_an_action_runs_with_its_defaults_and_tells_results(app: World) -> None:
    task = json.loads(app.juju("run", "--format", "json", "app/0", "ping"))["app/0"]
    assert task["status"] == "completed"
    assert task["results"] == {
        "hello": "you", "return-code": 0, "stdout": "out\n", "stderr": "err\n",
    }  # fmt: skip
    assert task["log"][0].endswith("counting")


def test_a_result_of_several_lines_is_shown_as_it_is(app: World) -> None:
    assert "lines: |-\n  one\n    two\n" in app.juju("run", "app/0", "tree")


def test_an_action_runs_on_the_leader(app: World) -> None:
    shown = json.loads(app.juju("run", "app/leader", "ping", "who=me", "--format", "json"))
    assert shown["app/0"]["results"]["hello"] == "me"


def test_parameters_come_from_a_file_too(app: World) -> None:
    path = app.root / "params.yaml"
    path.write_text("who: file\n")
    assert "hello: file" in app.juju("run", "app/0", "ping", "--params", path)


@pytest.mark.parametrize(
    ("word", "reason"),
    [
        ("nobody=1", 'additional property "nobody" is not allowed'),
        ("who=1", "must be of type string"),
        ("times=0", "must be greater than or equal to 1"),
    ],
)
def test_parameters_that_do_not_fit_are_refused(app: World, word: str, reason: str) -> None:
    assert reason in app.refuses("run", "app/0", "ping", word)


def test_a_failed_action_keeps_its_results_and_the_unit_is_no_error(app: World) -> None:
    answer = app.run("run", "app/0", "fail", "--format", "json")
    assert answer.code == 1
    assert "task failed" in answer.errors
    task = json.loads(answer.output)["app/0"]
    assert (task["status"], task["message"]) == ("failed", "no way")
    assert task["results"]["half"] == "done"
    app.refuses("run", "app/0", "break")
    assert not app.model.units["app/0"].failed


def test_an_unknown_action_is_not_found(app: World) -> None:
    assert "(not found)" in app.refuses("run", "app/0", "nothing")


def test_what_an_action_wrote_counts_when_it_succeeded(app: World) -> None:
    shown = json.loads(app.juju("run", "app/0", "tree", "--format", "json"))
    assert shown["app/0"]["results"]["a"] == {"b": "1", "c": "2"}
    assert app.model.relations[0].bags["app/0"]["from"] == "action"


def test_exec_in_a_unit_has_a_hook_context(app: World) -> None:
    answer = app.juju("exec", "--unit", "app/0", "--", "config-get level; pwd")
    assert answer.splitlines() == ["3", str(app.charm_dir("app/0"))]


def test_exec_quotes_several_arguments_and_takes_one_as_a_script(app: World) -> None:
    # cmd/juju/action/exec.go.
    assert app.juju("exec", "--unit", "app/0", "--", "echo", "a  b") == "a  b\n"
    assert app.juju("exec", "--unit", "app/0", "echo a  b") == "a b\n"


def test_exec_flushes_what_it_wrote_only_if_it_succeeded(app: World) -> None:
    app.juju("exec", "--unit", "app/0", "--", "relation-set -r cluster:0 a=1")
    app.refuses("exec", "--unit", "app/0", "--", "relation-set -r cluster:0 b=1; false")
    assert app.model.relations[0].bags["app/0"].get("a") == "1"
    assert "b" not in app.model.relations[0].bags["app/0"]


def test_exec_that_fails_tells_its_code_in_json(app: World) -> None:
    answer = app.run("exec", "--format", "json", "--unit", "app/0", "--", "exit 4")
    assert "task failed" in answer.errors
    assert json.loads(answer.output)["app/0"]["results"]["return-code"] == 4


def test_exec_on_a_machine_needs_no_unit(app: World) -> None:
    assert app.juju("exec", "--machine", "0", "--", "echo hi") == "hi\n"


def test_waiting_has_an_end(app: World) -> None:
    assert "timed out" in app.refuses("exec", "--unit", "app/0", "--wait", "1s", "--", "sleep 2")


def test_options_are_typed_set_shown_and_reset(app: World) -> None:
    app.juju("config", "app", "level=5", "debug=true")
    assert app.juju("config", "app", "level") == "5\n"
    assert app.juju("config", "app", "debug") == "true\n"
    shown = json.loads(app.juju("config", "app", "--format", "json"))["settings"]
    assert shown["level"] == {
        "default": 3, "description": "How much.", "source": "user", "type": "int", "value": 5,
    }  # fmt: skip
    assert shown["name"]["source"] == "unset"
    app.juju("config", "app", "--reset", "level,debug")
    assert app.juju("config", "app", "level") == "3\n"


def test_options_that_are_wrong_change_nothing(app: World) -> None:
    assert 'unknown option "nothing"' in app.refuses("config", "app", "nothing=1", "level=9")
    assert "expected int" in app.refuses("config", "app", "level=many")
    assert app.juju("config", "app", "level") == "3\n"


def test_options_come_from_a_file(app: World) -> None:
    path = app.root / "options.yaml"
    path.write_text(yaml.safe_dump({"app": {"level": 8, "name": "from file"}}))
    app.juju("config", "app", "--file", path)
    assert app.juju("config", "app", "name") == "from file\n"


def test_endpoints_are_bound_anew(app: World) -> None:
    app.juju("bind", "app", "cluster=internal")
    app.settle()
    assert app.ran("app/0")[-1] == "config-changed"
    assert app.model.space("app", "cluster") == "internal"
    app.juju("bind", "app", "admin")
    assert app.model.space("app", "cluster") == "admin"
    assert 'endpoint "no" not found' in app.refuses("bind", "app", "no=internal")
    assert 'space "no" not found' in app.refuses("bind", "app", "no")


def test_deploying_twice_is_refused(app: World) -> None:
    assert "already exists" in app.refuses("deploy", app.root / "charms" / "app")


def test_there_is_no_charmhub(world: World) -> None:
    assert "no Charmhub" in world.refuses("deploy", "postgresql")


def test_relations_are_made_and_removed_by_application_or_endpoint(world: World) -> None:
    world.juju("deploy", world.charm("web", WEB))
    world.juju("deploy", world.charm("proxy", PROXY))
    world.juju("integrate", "web", "proxy")
    assert "already exists" in world.refuses("integrate", "web:http", "proxy:http")
    world.settle()
    world.juju("remove-relation", "proxy:http", "web:http")
    world.until(lambda: len(world.model.relations) == 1)
    assert "not found" in world.refuses("remove-relation", "proxy", "web")


def test_a_limit_of_relations_is_kept(world: World) -> None:
    world.juju("deploy", world.charm("web", WEB))
    world.juju("deploy", world.root / "charms" / "web", "other")
    world.juju("deploy", world.charm("proxy", PROXY))
    world.juju("integrate", "web", "proxy")
    assert "maximum" in world.refuses("integrate", "other", "proxy")


def test_units_come_and_go(app: World) -> None:
    app.juju("add-unit", "app", "-n", "2")
    app.settle()
    assert set(app.model.units) == {"app/0", "app/1", "app/2"}
    # A unit that has only just started may not be seen by its peers yet when all are idle.
    app.until(lambda: "app/1" in app.ran("app/0")[-1] or "app/2" in app.ran("app/0")[-1])
    app.juju("remove-unit", "--no-prompt", "app/1", "app/2")
    app.until(lambda: set(app.model.units) == {"app/0"})
    app.until(lambda: set(app.model.machines) == {"0"})


def test_placement_on_machines_and_into_containers(world: World) -> None:
    world.juju("add-machine", "-n", "2")
    path = world.charm("plain")
    world.juju("deploy", path, "-n", "4", "--to", "1,lxd:0,lxd:0,lxd")
    world.settle()
    machines = [unit.machine for unit in world.model.units_of("plain")]
    assert machines == ["1", "0/lxd/0", "0/lxd/1", "2/lxd/0"]
    world.juju("add-unit", "plain", "--to", "0/lxd/1")
    world.juju("add-unit", "plain", "--to", "plain/0")
    assert [u.machine for u in world.model.units_of("plain")][-2:] == ["0/lxd/1", "1"]
    hosts = {i.id: i.host for i in world.cloud.instances() if i.host}
    assert all(name.startswith("juju-") and "-lxd-" in name for name in hosts)


def test_bad_placement_leaves_nothing_behind(world: World) -> None:
    assert "not found" in world.refuses("deploy", world.charm("plain"), "--to", "7")
    assert world.model.applications == {}
    assert world.model.units == {}


def test_constraints_choose_machines(world: World) -> None:
    world.juju("deploy", world.charm("plain"), "--constraints", "tags=compute")
    world.settle()
    assert (world.model.machines["0"].instance or "").startswith("local-compute")
    assert "unknown constraint" in world.refuses("add-machine", "--constraints", "colour=red")


def test_resolved_retries_or_skips(world: World) -> None:
    script = 'if [ "$JUJU_HOOK_NAME" = install ] && [ ! -e ok ]; then exit 1; fi\n'
    world.juju("deploy", world.charm("plain", script=script))
    world.until(lambda: "plain/0" in world.model.units and world.model.units["plain/0"].failed)
    shown = world.status()["applications"]["plain"]
    assert shown["application-status"]["current"] == "error"
    world.juju("resolved", "plain/0")
    world.until(lambda: world.model.units["plain/0"].retries >= 2)
    (world.charm_dir("plain/0") / "ok").touch()
    world.juju("resolved", "plain/0", "--no-retry")
    world.settle()
    assert world.ran("plain/0")[-2:] == ["config-changed", "start"]
    assert "not in an error state" in world.refuses("resolved", "plain/0")


def test_refresh_runs_upgrade_charm_with_the_new_files_and_keeps_what_the_charm_made(
    app: World,
) -> None:
    (app.charm_dir("app/0") / ".unit-state.db").write_text("mine")
    path = app.charm("app", PEERS, SCRIPT + "touch new\n", config=CONFIG, actions=ACTIONS)
    (path / "extra").write_text("")
    app.juju("refresh", "app", "--path", path)
    app.settle()
    assert app.ran("app/0")[-2:] == ["upgrade-charm", "config-changed"]
    assert (app.charm_dir("app/0") / "new").exists()
    assert (app.charm_dir("app/0") / ".unit-state.db").read_text() == "mine"
    assert app.status()["applications"]["app"]["charm-rev"] == 1
    (path / "extra").unlink()
    app.juju("refresh", "app", "--path", path)
    app.settle()
    assert not (app.charm_dir("app/0") / "extra").exists()


def test_refresh_refuses_another_charm_and_one_without_a_used_endpoint(world: World) -> None:
    world.juju("deploy", world.charm("web", WEB))
    world.juju("deploy", world.charm("proxy", PROXY))
    world.juju("integrate", "web", "proxy")
    assert "different charm" in world.refuses("refresh", "web", "--path", world.charm("proxy"))
    bare = world.charm("web", PEERS)
    assert "would break relation" in world.refuses("refresh", "web", "--path", bare)


def test_a_users_secret_is_added_granted_changed_shown_and_removed(app: World) -> None:
    uri = app.juju("add-secret", "key", "a=b", "--info", "mine").strip()
    app.juju("grant-secret", "key", "app")
    assert app.juju("exec", "--unit", "app/0", "--", f"secret-get {uri}") == "a: b\n"
    app.juju("update-secret", "key", "a=c", "--name", "new")
    app.settle()
    assert app.ran("app/0")[-1] == "secret-changed"
    shown = json.loads(app.juju("show-secret", "new", "--format", "json", "--reveal"))
    found = next(iter(shown.values()))
    assert (found["revision"], found["content"]["Data"]) == (2, {"a": "c"})
    assert "already exists" in app.refuses("add-secret", "new", "a=b")
    app.juju("remove-secret", "new")
    assert app.juju("secrets", "--format", "json") == "{}\n"


def test_a_charms_own_secret_is_not_the_operators_to_change(app: World) -> None:
    app.juju("exec", "--unit", "app/0", "--", "secret-add --label x a=b")
    identifier = next(iter(app.model.secrets))
    assert "permission denied" in app.refuses("update-secret", f"secret:{identifier}", "a=c")


def test_the_log_can_be_limited_and_filtered(app: World) -> None:
    assert len(app.juju("debug-log", "--limit", "2").splitlines()) == 2
    lines = app.juju("debug-log", "--replay", "--include", "app/0", "--level", "INFO").splitlines()
    assert all(line.startswith("unit-app-0: ") for line in lines)
    assert any('ran "install" hook' in line for line in lines)
    assert app.juju("debug-log", "--include", "nobody/0") == ""


def test_debug_lines_of_charms_are_kept_only_when_asked_for(app: World) -> None:
    app.juju("exec", "--unit", "app/0", "--", "juju-log -l DEBUG quiet")
    app.juju("model-config", "logging-config=<root>=INFO;unit=DEBUG")
    app.juju("exec", "--unit", "app/0", "--", "juju-log -l DEBUG loud")
    log = app.juju("debug-log", "--replay")
    assert "loud" in log
    assert "quiet" not in log


def test_models_are_added_switched_and_destroyed(world: World) -> None:
    world.juju("add-model", "other", "--no-switch", "--config", "update-status-hook-interval=1m")
    assert "already exists" in world.refuses("add-model", "other")
    assert json.loads(world.juju("show-model", "other", "--format", "json"))["other"]["short-name"]
    assert world.juju("switch") == "lab:admin/world\n"
    world.juju("switch", "lab:admin/other")
    world.juju("deploy", world.charm("plain"))
    world.settle()
    assert world.cloud.instances() != []
    world.juju("switch", "world")
    assert "--no-prompt" in world.refuses("destroy-model", "other")
    world.juju("destroy-model", "other", "--no-prompt", "--destroy-storage", "--force")
    assert world.cloud.instances() == []
    assert 'model "other" not found' in world.refuses("show-model", "other")


def test_a_model_option_that_means_nothing_is_refused(world: World) -> None:
    assert "means nothing to the lab" in world.refuses("model-config", "proxy=x")
    assert "invalid duration" in world.refuses("model-config", "update-status-hook-interval=soon")


def test_a_subordinate_cannot_be_placed(world: World) -> None:
    path = world.charm(
        "sub", "subordinate: true\nrequires: {up: {interface: juju-info, scope: container}}\n"
    )
    assert "subordinate" in world.refuses("deploy", path, "-n", "2")
    world.juju("deploy", path)
    assert "subordinate" in world.refuses("add-unit", "sub")


def test_show_unit_shows_both_sides_of_its_relations(world: World) -> None:
    world.juju("deploy", world.charm("web", WEB, "[ -z $JUJU_RELATION ] || relation-set a=1\n"))
    world.juju("deploy", world.charm("proxy", PROXY))
    world.juju("integrate", "web", "proxy")
    world.settle()
    shown = json.loads(world.juju("show-unit", "proxy/0", "--format", "json"))["proxy/0"]
    relation = next(r for r in shown["relation-info"] if r["endpoint"] == "http")
    assert relation["related-units"]["web/0"]["data"]["a"] == "1"
    assert relation["local-unit"]["in-scope"] is True


def test_ssh_turns_the_client_into_a_command_in_the_machine(app: World) -> None:
    answer = app.run("ssh", "ubuntu@app/0", "uname", "-n")
    assert list(answer.become)[-1] == "uname -n"
