# Copyright 2026 The instance-ha developers
# SPDX-License-Identifier: Apache-2.0

"""What the documents tell people to type is what the programs and the charms take."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests import commands, house

DOCUMENTS = commands.documents(house.ROOT)


@pytest.mark.parametrize(
    "path", DOCUMENTS, ids=[str(path.relative_to(house.ROOT)) for path in DOCUMENTS]
)
def test_every_command_of_a_document_would_be_taken(path: Path):
    found = [
        (command, commands.fault(command.words)) for command in commands.find(path.read_text())
    ]
    assert not [f"{command}: {reason}" for command, reason in found if reason]


def test_commands_are_found_in_the_documents():
    found = {
        command.words[:2] for path in DOCUMENTS for command in commands.find(path.read_text())
    }
    assert {("juju", "deploy"), ("juju", "run"), ("./demo", "status"), ("tox", "-e")} <= found


TEXT = """\
# Title

Run `juju status` or `juju`, see `build/x` and `it's`; `juju run UNIT
pause`.

    juju config app a=1 \\
        b=2      # why

```sh
export X=1
INSTANCE_HA_LAB=lab lab/bin/juju status
uvx --with tox-uv tox -e pack -- --real
```

| `.venv/bin/python -m lab.maas set [a\\|b]` | `./demo` |
"""


def test_a_command_is_found_with_its_line_wherever_it_stands():
    assert list(commands.find(TEXT)) == [
        commands.Command(3, ("juju", "status")),
        commands.Command(3, ("juju", "run", "UNIT", "pause")),
        commands.Command(6, ("juju", "config", "app", "a=1", "b=2")),
        commands.Command(11, ("juju", "status")),
        commands.Command(12, ("tox", "-e", "pack", "--", "--real")),
        commands.Command(15, ("python", "-m", "lab.maas", "set", "[a|b]")),
        commands.Command(15, ("./demo",)),
    ]


def test_a_command_in_a_comment_of_an_example_is_found():
    text = (
        "# Lay it over:\n#\n#   juju deploy ./x.yaml \\\n#       --overlay y.yaml\n#\n# a juju z\n"
    )
    assert list(commands.find(text)) == [
        commands.Command(3, ("juju", "deploy", "./x.yaml", "--overlay", "y.yaml"))
    ]


PACKED = "./build/charms/hacluster_ubuntu@24.04-amd64.charm"
LAID_OVER = "--overlay overlays/masakari.yaml --overlay overlays/local-charms.yaml"


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ("juju status", ""),
        ("juju sttaus", "juju has no sttaus"),
        ("juju status --colour", "--colour"),
        ("juju spaces", ""),
        ("juju config masakari vip=10.0.0.1 debug=true", ""),
        ("juju config masakari vips=10.0.0.1", "masakari has no option vips"),
        ("juju config masakari evacuation-delay=soon", "soon"),
        ("juju config masakari segments=@segments.yaml", ""),
        ("juju config APPLICATION OPTION=...", ""),
        ("juju attach-resource masakari policyd-override=rules.zip", ""),
        ("juju attach-resource masakari policyd-override=FILE", ""),
        ("juju attach-resource masakari policy-override=rules.zip", "unrecognized resource"),
        ("juju attach-resource masakari policyd-override=rules.tar", "incorrect extension"),
        ("juju attach-resource keystone anything=1", ""),
        ("juju config keystone anything=1", ""),
        ("juju run masakari/leader resume-host host=NAME", ""),
        ("juju run masakari/leader resume-host", '"host" property is missing'),
        ("juju run masakari/leader resume-host node=NAME", "no parameter node"),
        ("juju run masakari/leader resume-host host=a wait=1", '"wait" is not allowed'),
        ("juju run masakari/leader resume", ""),
        ("juju run masakari/leader resumes", "there is no action resumes"),
        ("juju run UNIT pause", ""),
        ("juju run UNIT paws", "there is no action paws"),
        ("juju run hacluster/0 release-fencing duration=long", "must be of type integer"),
        ("juju integrate masakari:ha hacluster:ha", ""),
        ("juju integrate masakari:ha hacluster:hanode", "is a peer relation"),
        ("juju integrate keystone:x masakari:identity", "masakari has no endpoint identity"),
        ("juju integrate masakari:... ...", ""),
        ("juju deploy hacluster", "Charmhub's hacluster is the predecessor"),
        ("juju deploy ubuntu", ""),
        (f"juju deploy {PACKED} --bind 'internal ring1=storage'", ""),
        (f"juju deploy {PACKED} --bind 'internal ring9=storage'", "has no binding ring9"),
        ("juju bind hacluster ring1=storage", ""),
        ("juju bind hacluster ring9=storage", "has no binding ring9"),
        (f"juju deploy {PACKED} --config cluster_size=3", "has no option cluster_size"),
        ("juju deploy ./build/charms/hacluster_ubuntu@20.04-amd64.charm", "is packed into"),
        (f"juju deploy ./my.yaml {LAID_OVER}", ""),
        ("juju deploy ./my.yaml --overlay overlays/masakri.yaml", "there is no masakri.yaml"),
        (f"juju deploy ./bundles/lab.yaml {LAID_OVER}", ""),
        ("juju deploy ./bundles/openstack-minimal.yaml --overlay overlays/tls.yaml", "vault"),
        (f"juju refresh hacluster --path {PACKED}", ""),
        (f"juju refresh masakari --path {PACKED}", "no file of masakari"),
        ("juju refresh hacluster", "no file of hacluster"),
        ("juju add-unit masakari --to lxd:4", ""),
        ("juju add-unit hacluster", "hacluster is a subordinate"),
        ("./demo up --until image", ""),
        ("./demo up --until dawn", "dawn"),
        ("./demo [up|down] [--name NAME]", ""),
        ("./demo dance HARD", "dance"),
        ("./check unit lint", ""),
        ("./check units", "units"),
        ("tox -e unit-3.12,lint", ""),
        ("tox -e unit-3.14", "tox.ini has no unit-3.14"),
        ("tox -e unit -- charms/hacluster -k ring", ""),
        ("tox -e unit -- charms/hacluster2", "there is no charms/hacluster2"),
        ("tox -e pack -- --base ubuntu@22.04 --real", ""),
        ("tox -e pack -- --base ubuntu@20.04", "ubuntu@20.04"),
        ("python -m tests.house", ""),
        ("python -m tests.hose", "there is no module tests.hose"),
        ("python -m nothing.here", "nothing"),
        ("python -m lab.machines nic virt-node-01 oam down", ""),
        ("python -m lab.machines nic virt-node-01 oam sideways", "sideways"),
        ("python -m fencing_monitor explain", ""),
    ],
)  # fmt: skip
def test_a_command_is_judged_by_what_will_read_it(line: str, reason: str):
    [command] = commands.find(f"    {line}\n")
    said = commands.fault(command.words)
    assert reason in said
    assert bool(said) == bool(reason)


@pytest.mark.parametrize("program", ["./demo", "./check", ".ci/run"])
def test_the_programs_that_everybody_begins_with_explain_themselves(program: str):
    done = subprocess.run(
        [house.ROOT / program, "--help"], capture_output=True, text=True, timeout=300, check=False
    )
    assert done.returncode == 0, done.stderr
    assert "usage:" in done.stdout


def test_what_an_operator_types_on_a_unit_explains_itself():
    done = subprocess.run(
        [sys.executable, "-m", "fencing_monitor", "explain", "--help"],
        env={**os.environ, "PYTHONPATH": str(house.ROOT / "charms/masakari/src")},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
