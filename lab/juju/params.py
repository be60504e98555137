# Copyright 2026 The instance-ha developers
# SPDX-License-Identifier: Apache-2.0

"""Parameters of actions: typed on the command line, checked against the action's schema (pure)."""

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import yaml

from lab.juju.bundles import ActionSpec
from lab.juju.errors import JujuError

_TYPES: Mapping[str, tuple[type, ...]] = {
    "array": (list,),
    "boolean": (bool,),
    "integer": (int,),
    "number": (int, float),
    "object": (dict,),
    "string": (str,),
}


def from_words(words: Sequence[str], *, strings: bool = False) -> dict[str, Any]:
    """Return ``key.inner=value`` words as a tree; values are YAML unless ``strings``."""
    found: dict[str, Any] = {}
    for word in words:
        key, equals, text = word.partition("=")
        if not equals or not all(key.split(".")):
            raise JujuError(f'argument "{word}" must be of the form key.key.key...=value', code=2)
        *path, last = key.split(".")
        place = found
        for step in path:
            place = place.setdefault(step, {})
        place[last] = text if strings else yaml.safe_load(text)
    return found


def complete(spec: ActionSpec, given: Mapping[str, Any]) -> dict[str, Any]:
    """Return an action's parameters with defaults.

    Raises:
        JujuError: They do not fit the schema; the message has every reason.
    """
    defaults = {
        name: schema["default"] for name, schema in spec.params.items() if "default" in schema
    }
    values = {**defaults, **given}
    reasons = list(_check(spec, values))
    if reasons:
        raise JujuError(f"validation failed: {'; '.join(reasons)}")
    return values


def _check(spec: ActionSpec, values: Mapping[str, Any]) -> Iterator[str]:
    for name in sorted(spec.required - values.keys()):
        yield f'(root) : "{name}" property is missing and required, given {dict(values)}'
    for name, value in values.items():
        if name in spec.params:
            yield from _fits(f"(root).{name}", spec.params[name], value)
        elif not spec.additional:
            yield f'(root) : additional property "{name}" is not allowed, given {dict(values)}'


def _fits(path: str, schema: Mapping[str, Any], value: Any) -> Iterator[str]:
    """Yield what is wrong with a value; the words of JSON schema that charms use."""
    kinds = schema.get("type", [])
    kinds = [kinds] if isinstance(kinds, str) else kinds
    if kinds and not any(_is(kind, value) for kind in kinds):
        yield f"{path} : must be of type {' or '.join(kinds)}, given {value!r}"
        return
    if "enum" in schema and value not in schema["enum"]:
        yield f"{path} : must match one of the enum values {schema['enum']}, given {value!r}"
    if isinstance(value, int | float) and not isinstance(value, bool):
        yield from _number_fits(path, schema, value)
    elif isinstance(value, str):
        yield from _text_fits(path, schema, value)
    else:
        yield from _parts_fit(path, schema, value)


def _parts_fit(path: str, schema: Mapping[str, Any], value: Any) -> Iterator[str]:
    if isinstance(value, list):
        for index, item in enumerate(value):  # pyright: ignore[reportUnknownVariableType, reportUnknownArgumentType] - free-form
            yield from _fits(f"{path}.{index}", schema.get("items", {}), item)
    if isinstance(value, dict):
        for name, inner in schema.get("properties", {}).items():
            if name in value:
                yield from _fits(f"{path}.{name}", inner, value[name])


def _number_fits(path: str, schema: Mapping[str, Any], value: float) -> Iterator[str]:
    if value < schema.get("minimum", value):
        yield f"{path} : must be greater than or equal to {schema['minimum']}, given {value}"
    if value > schema.get("maximum", value):
        yield f"{path} : must be less than or equal to {schema['maximum']}, given {value}"


def _text_fits(path: str, schema: Mapping[str, Any], value: str) -> Iterator[str]:
    if len(value) < schema.get("minLength", 0):
        yield f"{path} : must have at least {schema['minLength']} characters, given {value!r}"
    if len(value) > schema.get("maxLength", len(value)):
        yield f"{path} : must have at most {schema['maxLength']} characters, given {value!r}"
    if "pattern" in schema and not re.search(schema["pattern"], value):
        yield f"{path} : does not match pattern {schema['pattern']!r}, given {value!r}"


def _is(kind: str, value: Any) -> bool:
    if isinstance(value, bool):
        return kind == "boolean"
    return isinstance(value, _TYPES.get(kind, (object,)))
