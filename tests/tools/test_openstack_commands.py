# Copyright 2026 The instance-ha developers
# SPDX-License-Identifier: Apache-2.0

"""What documents tell to type after ``openstack`` is what the client takes, python-masakariclient in it."""

import json
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import pytest

from tests import commands, environment, house

CLIENT = Path(__file__).with_name("openstack_client.py")
Command = tuple[str, ...]


@pytest.fixture(scope="module")
def python() -> Path:
    """A Python that has the client."""
    return environment.make("openstack", Path(sys.executable)) / "bin/python"


def judge(python: Path, told: Sequence[Command]) -> list[str]:
    done = subprocess.run(
        [python, "-W", "ignore", CLIENT],
        input=json.dumps(told),
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def test_the_client_takes_what_documents_tell_to_type(python: Path):
    found = [
        (f"{path.relative_to(house.ROOT)}, {command}", command.words[1:])
        for path in commands.documents(house.ROOT)
        for command in commands.find(path.read_text())
        if command.words[0] == "openstack"
    ]
    assert len(found) > 20
    said = judge(python, [words for _, words in found])
    places = [place for place, _ in found]
    assert [f"{at}: {why}" for at, why in zip(places, said, strict=True) if why] == []


LINES = [
    ("notification list", ""),
    ("segment", ""),
    ("segment ...", ""),
    ("segments", "no such command"),
    ("server create --property a=b ...", ""),
    ("server create --property a ...", "a"),
    ("server show focal-1 -c status -f value", ""),
    ("server show", ""),
    ("server show --colour focal-1", "unrecognized arguments: --colour"),
    ("server create --image I --flavor F --os-compute-api-version 2.74 --host H one", ""),
    ("segment host update --on_maintenance=False S1 virt-node-02.maas", ""),
    ("segment host update --on_maintenance=False S1", "required: "),
    ("compute service set --enable host nova-compute", ""),
]


def test_a_command_line_is_judged_as_the_client_would(python: Path):
    # All at once: it takes the client a second to begin.
    said = judge(python, [tuple(line.split()) for line, _ in LINES])
    for (line, reason), told in zip(LINES, said, strict=True):
        assert reason in told, line
        assert bool(told) == bool(reason), f"{line}: {told}"
