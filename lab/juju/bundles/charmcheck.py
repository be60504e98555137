# Copyright 2026 The instance-ha developers
# SPDX-License-Identifier: Apache-2.0

"""Juju's rules for charms that charmcraft lets pass, and the stricter ones of this collection.

Source: juju/charm, meta.go (Meta.Check, ifaceSchema), config.go (ReadConfig), actions.go
(ReadActionsYaml), resource/meta.go (Validate). Verified with charmcraft 4.5: it takes an unknown
option type, a default of the wrong type, an unknown scope and an endpoint without interface
without a word.
"""

import dataclasses
from collections.abc import Iterator

from lab.juju.bundles import options
from lab.juju.bundles.charm import Option, Role, Scope
from lab.juju.bundles.errors import Problem
from lab.juju.bundles.marks import Item
from lab.juju.bundles.placement import APPLICATION_NAME, ENDPOINT_NAME


@dataclasses.dataclass(frozen=True)
class Documents:
    """The three parts of a charm's description, as written."""

    metadata: Item
    config: Item
    actions: Item


def check(documents: Documents) -> Iterator[Problem]:
    """Yield every reason for which Juju would refuse the charm."""
    yield from _check_name(documents.metadata)
    yield from _check_endpoints(documents.metadata)
    yield from _check_subordinate(documents.metadata)
    yield from _check_resources(documents.metadata)
    yield from _check_options(documents.config)
    yield from _check_actions(documents.actions)


def house_rules(documents: Documents) -> Iterator[Problem]:
    """Yield what this collection asks of its charms beyond Juju.

    Every endpoint says whether it is optional, because operators read it; every action says
    whether it takes unknown parameters, because Juju 3 and 4 differ in what they assume.
    """
    for role, name, item in _endpoint_items(documents.metadata):
        if role is not Role.PEER and item.get("optional") is None:
            yield item.problem(f'endpoint "{name}" does not say whether it is optional')
    for name, item in documents.actions.mapping.items():
        if item.scalar("additionalProperties") is not False:
            yield item.problem(f'action "{name}" lacks "additionalProperties: false"')
    section = documents.config.get("options")
    for name, item in section.mapping.items() if section else ():
        if not item.scalar("description"):
            yield item.problem(f'option "{name}" has no description')


def _check_name(metadata: Item) -> Iterator[Problem]:
    name = metadata.get("name")
    if name is None or not APPLICATION_NAME.fullmatch(str(name.value)):
        found = name or metadata
        yield found.problem(f'"{metadata.scalar("name")}" is no name for a charm')


def _endpoint_items(metadata: Item) -> Iterator[tuple[Role, str, Item]]:
    for role in Role:
        section = metadata.get(role.value)
        for name, item in section.mapping.items() if section else ():
            yield role, name, item


def _check_endpoints(metadata: Item) -> Iterator[Problem]:
    seen: set[str] = set()
    for role, name, item in _endpoint_items(metadata):
        if name in seen:
            yield item.problem(f'duplicated relation name "{name}"')
        seen.add(name)
        if not ENDPOINT_NAME.fullmatch(name):
            yield item.problem(f'"{name}" is no name for an endpoint')
        yield from _check_endpoint(role, name, item, bool(metadata.scalar("subordinate")))


def _check_endpoint(role: Role, name: str, item: Item, subordinate: bool) -> Iterator[Problem]:
    interface = item.scalar("interface") if item.mapping else item.value
    scope = Scope.GLOBAL.value if item.scalar("scope") is None else item.scalar("scope")
    if not isinstance(interface, str) or not interface:
        yield item.problem(f'endpoint "{name}" has no interface')
        interface = ""
    if scope not in {each.value for each in Scope}:
        yield item.problem(f'endpoint "{name}" has scope "{scope}", not "global" or "container"')
    # Subordinates may require what Juju itself provides, such as juju-info.
    exempt = subordinate and role is Role.REQUIRER and scope == Scope.CONTAINER.value
    if _is_reserved(name) and not exempt:
        yield item.problem(f'endpoint "{name}" uses a name that is reserved for Juju')
    if role is not Role.REQUIRER and _is_reserved(interface):
        yield item.problem(
            f'endpoint "{name}" uses interface "{interface}", which is reserved for Juju'
        )
    limit = item.scalar("limit")
    if limit is not None and (not isinstance(limit, int) or isinstance(limit, bool)):
        yield item.problem(f'limit of endpoint "{name}" must be a whole number')
    if not isinstance(item.scalar("optional") or False, bool):
        yield item.problem(f'"optional" of endpoint "{name}" must be true or false')


def _check_subordinate(metadata: Item) -> Iterator[Problem]:
    flag = metadata.get("subordinate")
    if flag is None:
        return
    if not isinstance(flag.value, bool):
        yield flag.problem('"subordinate" must be true or false')
    requires = metadata.get(Role.REQUIRER.value)
    scopes = [item.scalar("scope") for item in requires.mapping.values()] if requires else []
    if flag.value and Scope.CONTAINER.value not in scopes:
        yield flag.problem('subordinate charm lacks a "requires" endpoint with container scope')


def _check_resources(metadata: Item) -> Iterator[Problem]:
    section = metadata.get("resources")
    for name, item in section.mapping.items() if section else ():
        kind, filename = item.scalar("type") or "file", str(item.scalar("filename") or "")
        if kind not in ("file", "oci-image"):
            yield item.problem(f'resource "{name}" has unknown type "{kind}"')
        elif kind == "file" and not filename:
            yield item.problem(f'resource "{name}" is missing its filename')
        if "/" in filename:
            yield item.problem(f'filename "{filename}" of resource "{name}" cannot contain "/"')


def _check_options(config: Item) -> Iterator[Problem]:
    section = config.get("options")
    for name, item in section.mapping.items() if section else ():
        kind = item.scalar("type")
        if kind not in options.TYPES:
            yield item.problem(f'option "{name}" has unknown type "{kind}"')
            continue
        default = item.get("default")
        if default is None or default.value == "":
            continue
        try:
            options.coerce(Option(name, str(kind)), default.value)
        except options.OptionError as error:
            yield default.problem(f"invalid default: {error}")


def _check_actions(actions: Item) -> Iterator[Problem]:
    for name, item in actions.mapping.items():
        if _is_reserved(name):
            yield item.problem(f'action "{name}" uses a name that is reserved for Juju')
        params = item.get("params")
        names = set(params.mapping) if params else set[str]()
        required = item.get("required")
        for each in required.items if required else ():
            if each.value not in names:
                yield each.problem(f'action "{name}" requires "{each.value}", which it lacks')


def _is_reserved(name: str) -> bool:
    return name == "juju" or name.startswith("juju-")
