# Copyright 2026 The instance-ha developers
# SPDX-License-Identifier: Apache-2.0

"""Resources: attached by operators, fetched by hooks, and told of by upgrade-charm."""

import json
import stat
from pathlib import Path

import pytest

from lab.juju.bundles import ResourceSpec
from lab.juju.context import HookContext
from lab.juju.tools import ToolError
from lab.tests.juju_stage import Stage, charm
from lab.tests.juju_world import World

METADATA = """resources:
  pages: {type: file, filename: pages.zip, description: What to serve.}
  engine: {type: oci-image}
"""
# Keeps what the tool said, and what is in the file that it named.
SCRIPT = """resource-get pages >path 2>error
echo $? >code
cat "$(cat path)" >content 2>/dev/null || true
"""
PLAIN = charm("plain", resources={"pages": ResourceSpec("pages", filename="pages.zip")})


def written(world: World, text: str, name: str = "pages.zip") -> Path:
    path = world.root / name
    path.write_text(text)
    return path


def seen(world: World, what: str, unit: str = "web/0") -> str:
    return (world.charm_dir(unit) / what).read_text()


@pytest.fixture
def web(world: World) -> World:
    world.juju("deploy", world.charm("web", METADATA, SCRIPT), "-n", "2")
    world.settle()
    return world


@pytest.fixture
def stage() -> Stage:
    found = Stage()
    found.deploy(PLAIN, 1)
    found.settle()
    found.ran.clear()
    return found


def test_what_nobody_attached_is_not_found(web: World) -> None:
    assert seen(web, "code") == "1\n"
    assert seen(web, "path") == ""
    assert 'could not download resource: resource "pages" not found' in seen(web, "error")


def test_a_hook_gets_the_path_of_the_units_own_copy(web: World) -> None:
    web.juju("attach-resource", "web", f"pages={written(web, 'first')}")
    web.settle()
    for unit in ("web/0", "web/1"):
        assert seen(web, "content", unit) == "first"
        path = Path(seen(web, "path", unit))
        assert path == web.charm_dir(unit).parent / "resources/pages/pages.zip"
    assert seen(web, "code") == "0\n"


def test_attaching_runs_upgrade_charm_then_config_changed_with_the_same_charm(web: World) -> None:
    before = web.ran("web/0")
    (web.charm_dir("web/0") / "mine").write_text("")
    web.juju("attach-resource", "web", f"pages={written(web, 'first')}")
    web.settle()
    assert web.ran("web/0")[len(before) :] == ["upgrade-charm", "config-changed"]
    assert web.status()["applications"]["web"]["charm-rev"] == 0
    assert (web.charm_dir("web/0") / "mine").exists()


def test_the_same_content_again_tells_nobody_and_another_replaces_it(web: World) -> None:
    web.juju("attach-resource", "web", f"pages={written(web, 'first')}")
    web.settle()
    before = web.ran("web/0")
    web.juju("attach-resource", "web", f"pages={written(web, 'first', 'same.zip')}")
    web.settle()
    assert web.ran("web/0") == before
    web.juju("attach-resource", "web", f"pages={written(web, 'second')}")
    web.settle()
    assert seen(web, "content") == "second"


def test_a_file_that_changes_after_it_was_attached_is_not_seen(web: World) -> None:
    path = written(web, "first")
    web.juju("attach-resource", "web", f"pages={path}")
    path.write_text("second")
    web.settle()
    assert seen(web, "content") == "first"


def test_what_came_with_the_charm_is_there_at_install_and_no_upgrade(world: World) -> None:
    path = written(world, "first")
    world.juju("deploy", world.charm("web", METADATA, SCRIPT), "--resource", f"pages={path}")
    world.settle()
    assert seen(world, "content") == "first"
    assert "upgrade-charm" not in world.ran("web/0")


def test_a_unit_added_later_has_it_and_no_upgrade(web: World) -> None:
    web.juju("attach-resource", "web", f"pages={written(web, 'first')}")
    web.juju("add-unit", "web")
    web.settle()
    assert seen(web, "content", "web/2") == "first"
    assert "upgrade-charm" not in web.ran("web/2")


def test_a_refresh_with_a_resource_is_one_upgrade(web: World) -> None:
    path = web.charm("web", METADATA, SCRIPT + "touch new\n")
    before = web.ran("web/0")
    web.juju("refresh", "web", "--path", path, "--resource", f"pages={written(web, 'first')}")
    web.settle()
    assert web.ran("web/0")[len(before) :] == ["upgrade-charm", "config-changed"]
    assert seen(web, "content") == "first"
    web.juju("refresh", "web", "--path", path)
    web.settle()
    assert seen(web, "content") == "first"


def test_a_unit_that_was_off_meanwhile_has_it_without_an_upgrade(web: World) -> None:
    # uniter.go, charmState: an agent that starts believes to know what is attached.
    instance = web.model.machines["0"].instance or ""
    web.cloud.power_off(instance)
    web.until(lambda: web.model.machines["0"].status.current == "down")
    before = web.ran("web/0")
    web.juju("attach-resource", "web", f"pages={written(web, 'first')}")
    web.until(lambda: web.ran("web/1")[-1] == "config-changed")
    web.cloud.power_on(instance)
    web.until(lambda: web.ran("web/0") != before)
    web.settle()
    assert web.ran("web/0")[len(before) :] == ["start"]
    assert seen(web, "content") == "first"


def test_resources_outlive_the_stand_in_and_go_with_the_model(web: World) -> None:
    web.juju("attach-resource", "web", f"pages={written(web, 'first')}")
    web.settle()
    web.restart()
    store = web.root / "juju/resources" / web.model.uuid
    assert stat.S_IMODE(store.stat().st_mode) == 0o700
    web.juju("add-unit", "web")
    web.settle()
    assert seen(web, "content", "web/2") == "first"
    web.juju("destroy-model", "world", "--no-prompt")
    assert not store.exists()


def test_resources_are_listed(web: World) -> None:
    web.juju("attach-resource", "web", f"pages={written(web, 'first')}")
    engine, pages = web.juju("resources", "web").splitlines()[1:]
    assert engine.split() == ["engine", "upload", "-"]
    assert pages.split()[:2] == ["pages", "admin"]
    listed = json.loads(web.juju("list-resources", "web", "--format", "json"))["resources"]
    assert [(one["name"], one["used"], one["size"]) for one in listed] == [
        ("engine", False, 0),
        ("pages", True, 5),
    ]
    assert listed[1]["description"] == "What to serve."


def test_a_charm_without_resources_says_so(world: World) -> None:
    world.juju("deploy", world.charm("plain"))
    assert world.run("resources", "plain").errors == "No resources to display.\n"


@pytest.mark.parametrize(
    ("word", "said"),
    [
        ("pages", "expected name=path format"),
        ("=pages.zip", "expected name=path format"),
        ("page=pages.zip", 'unrecognized resource "page"'),
        ("pages=pages.tar", 'incorrect extension on resource upload "pages.tar", expected ".zip"'),
        ("pages=no.zip", "no such file"),
        ("engine=pages.zip", "no resources of type oci-image"),
    ],
)
def test_what_is_no_resource_is_refused_and_changes_nothing(
    web: World, word: str, said: str
) -> None:
    written(web, "first")
    assert said in web.refuses("attach-resource", "web", word)
    assert said in web.refuses("deploy", web.root / "charms/web", "web2", "--resource", word)
    assert list(web.model.applications) == ["web"]
    assert web.model.applications["web"].resources == {}


def test_a_bundle_attaches_files_beside_it(world: World) -> None:
    world.charm("web", METADATA, SCRIPT)
    written(world, "first")
    bundle = world.root / "bundle.yaml"
    bundle.write_text(
        "applications:\n"
        "  web: {charm: ./charms/web, num_units: 1, resources: {pages: ./pages.zip}}\n"
    )
    world.juju("deploy", bundle)
    world.settle()
    assert seen(world, "content") == "first"
    written(world, "second")
    world.juju("deploy", bundle)
    world.settle()
    assert seen(world, "content") == "second"


def test_what_is_attached_while_upgrade_charm_runs_makes_another(stage: Stage) -> None:
    app = stage.model.applications["plain"]

    def attach(_: Stage, context: HookContext) -> None:
        if stage.names().count("plain/0 upgrade-charm") == 1:
            app.modified = 2

    app.modified, stage.body = 1, attach
    stage.settle()
    assert stage.names().count("plain/0 upgrade-charm") == 2


def test_resource_get_wants_a_name_that_the_charm_has(stage: Stage) -> None:
    with pytest.raises(ToolError, match="missing required resource name") as missing:
        stage.tool(stage.context("plain/0"), "resource-get")
    assert missing.value.code == 2
    with pytest.raises(ToolError, match='resource "page" not found') as unknown:
        stage.tool(stage.context("plain/0"), "resource-get", "page")
    assert unknown.value.code == 1
