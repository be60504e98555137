# Copyright 2026 The instance-ha developers
# SPDX-License-Identifier: Apache-2.0

"""A ``juju`` command line judged by the lab's parser, and by the charms of this repository."""

from __future__ import annotations

import argparse
import dataclasses
import functools
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from lab.juju import params
from lab.juju.bundles import (
    CharmMetadata,
    load_charm,
    match_endpoints,
    parse_option,
    resource_fault,
)
from lab.juju.bundles.lint import lint
from lab.juju.cli import COMMANDS
from lab.juju.cli.command import parse, settings
from lab.juju.errors import JujuError
from lab.packing import charms

# Commands of Juju 3.6 that documents name and the lab does not have.
_ONLY_JUJU = frozenset({"consume", "export-bundle", "help", "info", "spaces"})

Open = Callable[[str], bool]


class WrongError(Exception):
    """A command line that would not do what the document says."""


@dataclasses.dataclass(frozen=True)
class Judge:
    """What a command line is judged by.

    Attributes:
        root: The checkout, in which the document tells people to be.
        is_open: Whether a word stands for something that only the reader knows.
    """

    root: Path
    is_open: Open

    def charm(self, name: str) -> CharmMetadata | None:
        """Return a charm of this collection by its name, which its application has, too, or by its file.

        Raises:
            LookupError: It is the file of another charm.
        """
        return _charm(name, self.root)


@functools.cache
def _charm(name: str, root: Path) -> CharmMetadata | None:
    found = charms.named(name, root)
    return load_charm(found.directory) if found else None


@functools.cache
def _every_charm(root: Path) -> list[CharmMetadata]:
    return [load_charm(charm.directory) for charm in charms.find(root=root)]


def fault(words: Sequence[str], root: Path, is_open: Open) -> str:
    """Return what is wrong with the words after ``juju``, or nothing."""
    name, *rest = words
    if is_open(name) or name in _ONLY_JUJU:
        return ""
    if name not in COMMANDS:
        return f"juju has no {name}, or the lab does not"
    if not rest or any("[" in word for word in rest):
        return ""  # the command's name in a sentence, or a synopsis
    try:
        options = parse(name, COMMANDS[name], rest)
        if name in _JUDGES:
            _JUDGES[name](Judge(root, is_open), options)
    except (JujuError, WrongError, LookupError, ValueError) as error:
        return str(error)
    return ""


def _attach(judge: Judge, options: argparse.Namespace) -> None:
    charm = judge.charm(options.name)
    if charm is not None:
        _resources(judge, charm, [options.resource])


def _resources(judge: Judge, charm: CharmMetadata, words: Sequence[str]) -> None:
    for name, path in settings(words).items():
        if judge.is_open(name) or judge.is_open(path):
            continue
        if reason := resource_fault(charm, name, Path(path)):
            raise WrongError(reason)


def _config(judge: Judge, options: argparse.Namespace) -> None:
    charm = judge.charm(options.name)
    if charm is not None:
        _options(judge, charm, settings([word for word in options.words if "=" in word]))


def _options(judge: Judge, charm: CharmMetadata, texts: Mapping[str, str]) -> None:
    for key, text in texts.items():
        if judge.is_open(key):
            continue
        if key not in charm.options:
            raise WrongError(f"{charm.name} has no option {key}")
        if not judge.is_open(text) and not text.startswith("@"):
            parse_option(charm.options[key], text)


def _run(judge: Judge, options: argparse.Namespace) -> None:
    unit, action, *words = options.words
    charm = judge.charm(unit.partition("/")[0])
    asked = [charm] if charm else _every_charm(judge.root) if judge.is_open(unit) else []
    specs = [each.actions[action] for each in asked if action in each.actions]
    if asked and not specs:
        raise WrongError(f"there is no action {action}")
    for spec in specs:
        given = params.from_words(words)
        of_reader = {key for key, value in given.items() if judge.is_open(str(value))}
        if unknown := of_reader - spec.params.keys():
            raise WrongError(f"{action} has no parameter {', '.join(unknown)}")
        told = {key: value for key, value in given.items() if key not in of_reader}
        params.complete(dataclasses.replace(spec, required=spec.required - of_reader), told)


def _integrate(judge: Judge, options: argparse.Namespace) -> None:
    ends = (options.left, options.right)
    left, right = (judge.charm(end.partition(":")[0]) for end in ends)
    if left and right and not any(map(judge.is_open, ends)):
        match_endpoints(options.left, left, options.right, right)
    for end, charm in zip(ends, (left, right), strict=True):
        endpoint = end.partition(":")[2]
        if charm and endpoint and not judge.is_open(end) and endpoint not in charm.bindings:
            raise WrongError(f"{charm.name} has no endpoint {endpoint}")


def _deploy(judge: Judge, options: argparse.Namespace) -> None:
    if options.charm.endswith(".yaml"):
        _deploy_bundle(judge, [options.charm, *options.overlay])
        return
    charm = judge.charm(options.charm)
    if charm is None:
        return
    if charm.name == options.charm:
        raise WrongError(f"Charmhub's {charm.name} is the predecessor: name a packed file")
    _options(judge, charm, settings(options.config))
    _resources(judge, charm, options.resource)
    _bindings(charm, (options.bind or "").split())


def _bind(judge: Judge, options: argparse.Namespace) -> None:
    charm = judge.charm(options.name)
    if charm is not None:
        _bindings(charm, options.words)


def _bindings(charm: CharmMetadata, words: Sequence[str]) -> None:
    for word in words:
        endpoint = word.partition("=")[0] if "=" in word else ""
        if endpoint and endpoint not in charm.bindings:
            raise WrongError(f"{charm.name} has no binding {endpoint}")


def _deploy_bundle(judge: Judge, names: Sequence[str]) -> None:
    paths = [judge.root / name for name in names]
    ours = [path for path in paths if path.parent.name in ("bundles", "overlays")]
    if missing := [path.name for path in ours if not path.exists()]:
        raise WrongError(f"there is no {', '.join(missing)}")
    # What is laid over a bundle of the reader's cannot be judged without it.
    if paths[0] in ours and (problems := lint(ours, judge.charm)):
        raise WrongError("; ".join(map(str, problems)))


def _refresh(judge: Judge, options: argparse.Namespace) -> None:
    if judge.is_open(options.name) or judge.is_open(options.path or ""):
        return
    charm = judge.charm(options.path or options.name)
    if options.path is None or charm is None or charm.name != options.name:
        raise WrongError(f"that is no file of {options.name}")


def _add_unit(judge: Judge, options: argparse.Namespace) -> None:
    charm = judge.charm(options.name)
    if charm and charm.subordinate:
        raise WrongError(f"{charm.name} is a subordinate: units come with the principal's")


_JUDGES: Mapping[str, Callable[[Judge, argparse.Namespace], None]] = {
    "add-unit": _add_unit,
    "attach-resource": _attach,
    "bind": _bind,
    "config": _config,
    "deploy": _deploy,
    "integrate": _integrate,
    "refresh": _refresh,
    "run": _run,
}
