# Copyright 2026 The instance-ha developers
# SPDX-License-Identifier: Apache-2.0

"""The relations of a bundle: each with both endpoints found, or a reason.

Source: juju/charm, bundledata.go (verifyRelations, verifyRelation).
"""

import collections
from collections.abc import Iterator, Mapping, Sequence

from lab.juju.bundles import relations
from lab.juju.bundles.bundle import Bundle
from lab.juju.bundles.charm import CharmMetadata
from lab.juju.bundles.errors import Problem
from lab.juju.bundles.marks import Item
from lab.juju.bundles.plan import Relation
from lab.juju.bundles.relations import Spec


def plan_relations(
    bundle: Bundle, charms: Mapping[str, CharmMetadata]
) -> tuple[tuple[Relation, ...], list[Problem]]:
    """Return the relations in the order of the files, and what is wrong with them."""
    problems: list[Problem] = []
    found: list[tuple[Item, Relation]] = []
    seen: set[frozenset[str]] = set()
    for item in bundle.relations:
        specs, faults = _ends(bundle, item)
        problems.extend(faults)
        if faults:
            continue
        key = frozenset(str(spec) for spec in specs)
        if all(spec.application in charms for spec in specs):
            try:
                relation = _match(specs, charms)
            except ValueError as error:
                problems.append(item.problem(str(error)))
                continue
            found.append((item, relation))
            key = frozenset((str(relation.provider), str(relation.requirer)))
        else:
            problems.extend(_unknown_endpoints(item, specs, charms))
        if key in seen:
            problems.append(item.problem(f'relation "{_text(specs)}" is defined more than once'))
        seen.add(key)
    problems.extend(_over_limit(found))
    return tuple(relation for _, relation in found), problems


def _ends(bundle: Bundle, item: Item) -> tuple[list[Spec], list[Problem]]:
    if len(item.items) != 2:
        return [], [item.problem(f"relation has {len(item.items)} endpoint(s), not 2")]
    specs: list[Spec] = []
    problems: list[Problem] = []
    for end in item.items:
        try:
            spec = relations.parse_end(str(end.value))
        except ValueError as error:
            problems.append(end.problem(str(error)))
            continue
        specs.append(spec)
        if spec.application not in bundle.applications:
            problems.append(
                end.problem(
                    f'relation refers to application "{spec.application}" not defined in this'
                    " bundle"
                )
            )
    if len(specs) == 2 and specs[0].application == specs[1].application:
        problems.append(
            item.problem(f'relation "{_text(specs)}" relates an application to itself')
        )
    return specs, problems


def _match(specs: Sequence[Spec], charms: Mapping[str, CharmMetadata]) -> Relation:
    left, right = specs
    return relations.match(left, charms[left.application], right, charms[right.application])


def _unknown_endpoints(
    item: Item, specs: Sequence[Spec], charms: Mapping[str, CharmMetadata]
) -> Iterator[Problem]:
    """Yield what one end's charm says of a relation whose other charm is not at hand."""
    for spec in specs:
        if spec.application not in charms:
            continue
        try:
            relations.candidates(spec, charms[spec.application])
        except ValueError as error:
            yield item.problem(str(error))


def _text(specs: Sequence[Spec]) -> str:
    return " ".join(str(spec) for spec in specs)


def _over_limit(found: Sequence[tuple[Item, Relation]]) -> Iterator[Problem]:
    """Yield the relations beyond an endpoint's limit (juju/juju, enforceMaxRelationLimit)."""
    used: collections.Counter[str] = collections.Counter()
    for item, relation in found:
        for end in (relation.provider, relation.requirer):
            used[str(end)] += 1
            limit = end.endpoint.limit
            if limit is not None and used[str(end)] > limit:
                yield item.problem(
                    f'establishing a new relation for "{end}" would exceed its maximum relation'
                    f" limit of {limit}"
                )
