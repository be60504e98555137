# Copyright 2026 The instance-ha developers
# SPDX-License-Identifier: Apache-2.0

"""YAML whose values remember the file and the line they were written on."""

import dataclasses
import pathlib
from typing import Any, cast

import yaml

from lab.juju.bundles.errors import Problem


def _is(value: object, kind: type) -> bool:
    return isinstance(value, kind)


@dataclasses.dataclass(frozen=True)
class Item:
    """A value and its place; for a value in a mapping, the place of its key.

    ``value`` is a scalar, ``None``, a ``dict[str, Item]`` or a ``list[Item]``.
    """

    value: Any
    file: str
    line: int

    @property
    def mapping(self) -> dict[str, "Item"]:
        """Return the entries; none if this is not a mapping."""
        return cast("dict[str, Item]", self.value) if _is(self.value, dict) else {}

    @property
    def items(self) -> list["Item"]:
        """Return the elements; none if this is not a sequence."""
        return cast("list[Item]", self.value) if _is(self.value, list) else []

    def get(self, *path: str) -> "Item | None":
        """Return what lies under a path of keys, or ``None``."""
        here: Item | None = self
        for key in path:
            here = here.mapping.get(key) if here else None
        return here

    def scalar(self, *path: str) -> Any:
        """Return the plain value under a path of keys; ``None`` if there is none."""
        found = self.get(*path)
        return None if found is None else found.value

    def plain(self) -> Any:
        """Return the value without places, all the way down."""
        if _is(self.value, dict):
            return {key: item.plain() for key, item in self.mapping.items()}
        if _is(self.value, list):
            return [item.plain() for item in self.items]
        return self.value

    def problem(self, reason: str) -> Problem:
        """Return a fault found here."""
        return Problem(self.file, self.line, reason)


class _Loader(yaml.SafeLoader):
    """A SafeLoader that leaves dates alone: what looks like one is text to Juju."""


_Loader.add_constructor("tag:yaml.org,2002:timestamp", lambda _, node: str(node.value))


def read(path: pathlib.Path) -> tuple[list[Item], list[Problem]]:
    """Return the documents of a file, and what is wrong with its syntax."""
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        return [], [Problem(str(path), 0, f"cannot be read: {getattr(error, 'strerror', error)}")]
    return parse(text, str(path))


def parse(text: str, file: str) -> tuple[list[Item], list[Problem]]:
    """Return the documents of a text, and what is wrong with its syntax.

    ``file`` is only a name for messages. Documents before a syntax error are returned.
    """
    documents: list[Item] = []
    problems: list[Problem] = []
    loader = _Loader(text)
    try:
        while loader.check_node():
            node = loader.get_node()
            if node is not None:
                documents.append(_item(loader, node, file, _line(node), problems))
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        line = mark.line + 1 if mark else 0
        reason = " ".join(part for part in (error.context, error.problem) if part)
        problems.append(Problem(file, line, f"not YAML: {reason}"))
    except yaml.YAMLError as error:
        problems.append(Problem(file, 0, f"not YAML: {error}"))
    finally:
        loader.dispose()
    return [document for document in documents if document.value is not None], problems


def _scalar(loader: _Loader, node: yaml.Node) -> Any:
    return loader.construct_object(node)  # pyright: ignore[reportUnknownMemberType]  # no stub


def _line(node: yaml.Node) -> int:
    return node.start_mark.line + 1


def _item(loader: _Loader, node: yaml.Node, file: str, line: int, problems: list[Problem]) -> Item:
    if isinstance(node, yaml.MappingNode):
        return Item(_entries(loader, node, file, problems), file, line)
    if isinstance(node, yaml.SequenceNode):
        children = [_item(loader, child, file, _line(child), problems) for child in node.value]
        return Item(children, file, line)
    return Item(_scalar(loader, node), file, line)


def _entries(
    loader: _Loader, node: yaml.MappingNode, file: str, problems: list[Problem]
) -> dict[str, Item]:
    own = {id(key) for key, _ in node.value}
    loader.flatten_mapping(node)  # "<<: *anchor"; merged keys come first, so own ones win
    entries: dict[str, Item] = {}
    seen: set[str] = set()
    for key, value in node.value:
        # The key as written, since Juju's maps have text for keys: 0 and '0' are one machine.
        name = str(key.value)
        if id(key) in own and name in seen:
            problems.append(Problem(file, _line(key), f'key "{name}" is given twice'))
        if id(key) in own:
            seen.add(name)
        entries[name] = _item(loader, value, file, _line(key), problems)
    return entries
