# Copyright 2026 The instance-ha developers
# SPDX-License-Identifier: Apache-2.0

"""Policy overrides: what a zip may hold, and what is written of it."""

import dataclasses
import io
import pathlib
import zipfile
from unittest.mock import Mock

import ops
import pytest
from cloud import complete
from ops import testing

import charm
import inputs
import policy
from config import Config

Context = testing.Context[charm.MasakariCharm]
RULE = '"os_masakari_api:notifications:create": "rule:admin_api or role:ha_reporter"\n'


def zipped(**files: str) -> bytes:
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as archive:
        for name, text in files.items():
            archive.writestr(name.replace("__", "/") + ".yaml", text)
    return content.getvalue()


def spoilt(content: bytes) -> bytes:
    """Say of the only file that it is packed in a way that nobody knows (PKWARE's APPNOTE, 4.4.5)."""
    method = 99
    local, central = content.index(b"PK\3\4") + 8, content.index(b"PK\1\2") + 10
    changed = bytearray(content)
    changed[local] = changed[central] = method
    return bytes(changed)


def test_rules_are_read_by_the_names_of_their_files():
    assert policy.read(zipped(reporter=RULE)) == {"reporter.yaml": RULE}


def test_a_directory_in_a_name_leads_nowhere():
    assert list(policy.read(zipped(**{"..__..__etc__passwd": RULE}))) == ["passwd.yaml"]


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"no zip", "not a zip"),
        (zipped(a="{"), "a.yaml is not YAML"),
        (zipped(a="[1]"), "a.yaml is not a mapping of rules"),
        (zipped(a='"x": 5'), "a.yaml: rule x is not text"),
        (zipped(a='"x":'), "a.yaml: rule x is not text"),
        (zipped(a='5: "!"'), "a.yaml: rule 5 is not text"),
        (zipped(), "no YAML file in the zip"),
        (b"", "attach the resource policyd-override"),
        (spoilt(zipped(a=RULE)), "cannot be unpacked"),
        (zipped(a__x=RULE, b__x=RULE), "two files of the same name"),
    ],
)
def test_what_cannot_be_used_is_named(content: bytes, said: str):
    with pytest.raises(policy.PolicyError, match=said):
        policy.read(content)


def test_without_the_resource_the_unit_says_what_to_do():
    model = Mock()
    model.resources.fetch.side_effect = ops.ModelError("no such resource")
    with pytest.raises(policy.PolicyError, match="attach the resource policyd-override"):
        inputs.policies(model, Config(use_policyd_override=True))
    assert inputs.policies(model, Config()) == {}


def test_what_cannot_be_used_leaves_the_rules_in_place(ctx: Context, tmp_path: pathlib.Path):
    path = tmp_path / "overrides.zip"
    path.write_bytes(zipped(reporter=RULE))
    resource = testing.Resource(name=policy.RESOURCE, path=path)
    given = dataclasses.replace(complete(use_policyd_override=True), resources={resource})
    out = ctx.run(ctx.on.config_changed(), given)
    path.write_bytes(b"no zip")
    out = ctx.run(ctx.on.upgrade_charm(), out)
    assert out.unit_status == testing.BlockedStatus("policyd-override: not a zip")
    assert (policy.DIRECTORY / "charm-reporter.yaml").read_text() == RULE


def test_overrides_come_and_go_with_the_option(ctx: Context, tmp_path: pathlib.Path):
    path = tmp_path / "overrides.zip"
    path.write_bytes(zipped(reporter=RULE))
    given = complete(use_policyd_override=True)
    resource = testing.Resource(name=policy.RESOURCE, path=path)
    out = ctx.run(ctx.on.config_changed(), dataclasses.replace(given, resources={resource}))
    assert out.unit_status == testing.ActiveStatus("Unit is ready; policy overrides are in use")
    assert (policy.DIRECTORY / "charm-reporter.yaml").read_text() == RULE
    foreign = policy.DIRECTORY / "operators.yaml"
    foreign.write_text("{}")
    config = {key: value for key, value in out.config.items() if "policyd" not in key}
    ctx.run(ctx.on.config_changed(), dataclasses.replace(out, config=config))
    assert [path.name for path in policy.DIRECTORY.iterdir()] == [foreign.name]
