# Copyright 2026 The instance-ha developers
# SPDX-License-Identifier: Apache-2.0

"""The commands that documents tell people to type: found, and judged without being carried out.

``juju`` is judged by the lab's command line and by the charms that it is about (``juju_commands``);
the checkout's own programs by the parsers that they use. ``openstack`` is only found here: its parsers are
not in this environment, and judge it in tests/tools/test_openstack_commands.py. Programs on a unit are typed
by the tests on the lab.
"""

from __future__ import annotations

import configparser
import contextlib
import dataclasses
import functools
import importlib.util
import io
import itertools
import re
import shlex
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from lab import cli
from lab.maas import __main__ as maas
from lab.machines import __main__ as machines
from lab.packing import __main__ as packing
from tests import house, juju_commands, links, stages

_FENCE = re.compile(r"^ *```[a-z]*\n(.*?)^ *```$", re.DOTALL | re.MULTILINE)
_CODE = re.compile(r"`([^`\n]+(?:\n[^`\n]+)?)`")
# A block of Markdown, or an example in a comment of YAML.
_INDENTED = re.compile(r"^(?: {4,}|# {3,})(\S.*)$", re.MULTILINE)
_CONTINUED = re.compile(r" *\\\n#? *")
# What stands for something else: NAME, "...", and the brackets and bars of a synopsis.
_OPEN = re.compile(r"[A-Z]{2,}|\.\.\.|…|[\[\]|<>]")
_ASSIGNMENT = re.compile(r"\w+=\S*")
# Other ways to call the same: from the environment of the checkout, with uv, by another name.
_SAME = {
    "lab/bin/juju": "juju",
    "python3": "python",
    ".venv/bin/python": "python",
    ".venv/bin/tox": "tox",
    ".venv/bin/pytest": "pytest",
}
_LOADER = ("uvx", "--with", "tox-uv")
_PARSERS: dict[str, Callable[[Sequence[str]], object]] = {
    "./demo": cli.parse,
    "./check": stages.parse,
    ".ci/run": stages.parse,
    "lab": cli.parse,
    "lab.machines": machines.parse,
    "lab.maas": maas.parse,
    "lab.packing": packing.parse,
}


@dataclasses.dataclass(frozen=True)
class Command:
    """A command line of a document."""

    line: int
    words: tuple[str, ...]

    def __str__(self) -> str:
        return f"line {self.line}: {' '.join(self.words)}"


def documents(root: Path) -> list[Path]:
    """Return the files that tell people what to type."""
    examples = [*root.glob("overlays/*.yaml"), *root.glob("bundles/*.yaml")]
    return [*links.documents(root), *sorted(examples)]


def find(text: str) -> Iterator[Command]:
    """Yield the command lines of a document: of its blocks, and those named in a sentence."""
    found = [
        (match.start(1) + start, line)
        for match in _FENCE.finditer(text)
        for start, line in _lines(match[1])
    ]
    prose = _FENCE.sub(lambda match: re.sub(r"[^\n]", " ", match[0]), text)
    joined = _CONTINUED.sub(lambda match: " " * len(match[0]), prose)
    found += [(match.start(1), match[1]) for match in _INDENTED.finditer(joined)]
    found += [(match.start(1), match[1].replace("\\|", "|")) for match in _CODE.finditer(prose)]
    for start, line in sorted(found):
        if words := _words(line):
            yield Command(text.count("\n", 0, start) + 1, words)


def _lines(block: str) -> Iterator[tuple[int, str]]:
    start = 0
    for line in _CONTINUED.sub(lambda match: " " * len(match[0]), block).splitlines(keepends=True):
        yield start, line.strip()
        start += len(line)


def _words(line: str) -> tuple[str, ...]:
    """Return the words of a command that can be judged, from the program's name on."""
    try:
        words = shlex.split(line.strip("` "), comments=True)
    except ValueError:  # prose with a single quote
        return ()
    words = list(itertools.dropwhile(_ASSIGNMENT.fullmatch, words))
    if tuple(words[: len(_LOADER)]) == _LOADER:
        words = words[len(_LOADER) :]
    program, *rest = words or [""]
    program = _SAME.get(program, program)
    # The program's name alone, in a sentence, tells nobody what to type.
    alone = not rest and not program.startswith("./")
    return (program, *rest) if program in _JUDGES and not alone else ()


def fault(words: Sequence[str], root: Path = house.ROOT) -> str:
    """Return what is wrong with a command, or nothing."""
    program, *rest = words
    return _JUDGES[program](program, rest, root)


def is_open(word: str) -> bool:
    """Whether the reader has to put something of his own in the place of a word, or of a part of it."""
    return bool(_OPEN.search(word))


def _own(program: str, words: Sequence[str], _: Path) -> str:
    # A synopsis: as far as it is the same for everybody.
    fixed = list(itertools.takewhile(lambda word: not is_open(word), words))
    if len(fixed) < len(words):
        fixed = [*(word for word in fixed if not word.startswith("-")), "--help"]
    complaint = io.StringIO()
    try:
        with contextlib.redirect_stderr(complaint), contextlib.redirect_stdout(io.StringIO()):
            _PARSERS[program](fixed)
    except SystemExit as error:
        return complaint.getvalue().strip() if error.code else ""
    return ""


def _python(_: str, words: Sequence[str], root: Path) -> str:
    if words[:1] != ["-m"] or not words[1:]:
        return ""
    module, *rest = words[1:]
    if module in _PARSERS and rest:
        return _own(module, rest, root)
    if next(root.glob(f"charms/*/src/{module}/__main__.py"), None):
        return ""
    try:
        return "" if importlib.util.find_spec(module) else f"there is no module {module}"
    except ModuleNotFoundError as error:
        return str(error)


def _tox(_: str, words: Sequence[str], root: Path) -> str:
    if words[:1] != ["-e"] or not words[1:]:
        return ""
    known = environments(root)
    if unknown := [name for name in words[1].split(",") if name not in known]:
        return f"tox.ini has no {', '.join(unknown)}"
    rest = [*words[3:]] if words[2:3] == ["--"] else []
    return _own("lab.packing", rest, root) if words[1] == "pack" else _paths("", rest, root)


def _paths(_: str, words: Sequence[str], root: Path) -> str:
    paths = [word for word in words if "/" in word and not word.startswith("-")]
    missing = [path for path in paths if not is_open(path) and not (root / path).exists()]
    return f"there is no {', '.join(missing)}" if missing else ""


@functools.cache
def environments(root: Path) -> frozenset[str]:
    """Return the environments of tox.ini, ``unit-3.{10,12}`` written out."""
    parser = configparser.RawConfigParser()
    parser.read(root / "tox.ini")
    names = [section.partition(":")[2] for section in parser.sections()]
    return frozenset(itertools.chain.from_iterable(map(_written_out, names)))


def _written_out(name: str) -> list[str]:
    before, brace, rest = name.partition("{")
    inside, _, after = rest.partition("}")
    return [f"{before}{each}{after}" for each in inside.split(",")] if brace else [name]


_JUDGES: dict[str, Callable[[str, Sequence[str], Path], str]] = {
    "./demo": _own,
    "./check": _own,
    ".ci/run": _own,
    "python": _python,
    "tox": _tox,
    "pytest": _paths,
    "juju": lambda _, words, root: juju_commands.fault(words, root, is_open),
    "openstack": lambda _program, _words, _root: "",
}
