# Copyright 2026 The instance-ha developers
# SPDX-License-Identifier: Apache-2.0

"""Dataclasses to JSON and back, by their annotations."""

import dataclasses
import enum
import functools
import json
import types
import typing
from typing import Any, TypeVar, Union

T = TypeVar("T")


def dump(value: Any) -> str:
    """Return a tree of dataclasses, containers and plain values as JSON."""
    return json.dumps(value, default=_plain, separators=(",", ":"))


def parse(kind: type[T], text: str) -> T:
    """Return what ``dump`` wrote as a value of ``kind``."""
    return _build(kind, json.loads(text))


def _plain(value: Any) -> Any:
    if isinstance(value, enum.Enum):
        return value.value
    if dataclasses.is_dataclass(value):
        return vars(value)
    raise TypeError(f"{type(value).__name__} has no form in JSON")


@functools.cache
def _hints(kind: type[Any]) -> dict[str, Any]:
    return typing.get_type_hints(kind)


def _build(kind: Any, data: Any) -> Any:
    origin, arguments = typing.get_origin(kind), typing.get_args(kind)
    if origin in (Union, types.UnionType):
        return _build_optional(arguments, data)
    if origin is list:
        return [_build(arguments[0], item) for item in data]
    if origin is tuple:
        return tuple(_build(arguments[0], item) for item in data)
    if origin is dict:
        key, item = arguments
        return {key(name): _build(item, value) for name, value in data.items()}
    if isinstance(kind, type) and dataclasses.is_dataclass(kind):
        hints = _hints(kind)
        # A field of an older file that is no longer known is dropped: the lab is short-lived.
        return kind(**{k: _build(hints[k], v) for k, v in data.items() if k in hints})
    if isinstance(kind, type) and issubclass(kind, enum.Enum):
        return kind(data)
    return data


def _build_optional(arguments: tuple[Any, ...], data: Any) -> Any:
    """Build ``X | None``; a union of plain types needs no building."""
    structured = [a for a in arguments if a is not type(None)]
    if data is None or len(structured) != 1:
        return data
    return _build(structured[0], data)
