# Copyright 2026 The instance-ha developers
# SPDX-License-Identifier: Apache-2.0

"""Which endpoints of two applications a relation means, and whether they fit.

Source: juju/charm, bundledata.go (inferEndpoints, verifyRelation).
"""

import dataclasses

from lab.juju.bundles.charm import JUJU_INFO, CharmMetadata, Endpoint, Role
from lab.juju.bundles.placement import APPLICATION_NAME, ENDPOINT_NAME
from lab.juju.bundles.plan import End, Relation


@dataclasses.dataclass(frozen=True)
class Spec:
    """One end as written: an application, and its endpoint unless that is left open."""

    application: str
    endpoint: str | None = None

    def __str__(self) -> str:
        """Return ``application`` or ``application:endpoint``."""
        return f"{self.application}:{self.endpoint}" if self.endpoint else self.application


def parse_end(text: str) -> Spec:
    """Return one end of a relation.

    Raises:
        ValueError: The text is neither ``application`` nor ``application:endpoint``.
    """
    application, colon, endpoint = text.partition(":")
    if not APPLICATION_NAME.fullmatch(application):
        raise ValueError(f'invalid relation syntax "{text}"')
    if colon and not ENDPOINT_NAME.fullmatch(endpoint):
        raise ValueError(f'invalid relation syntax "{text}"')
    return Spec(application, endpoint or None)


def match_endpoints(
    left: str, left_charm: CharmMetadata, right: str, right_charm: CharmMetadata
) -> Relation:
    """Return the relation that two ends mean (``juju integrate left right``).

    Raises:
        ValueError: They do not fit, or could mean several relations.
    """
    return match(parse_end(left), left_charm, parse_end(right), right_charm)


def match(
    left: Spec, left_charm: CharmMetadata, right: Spec, right_charm: CharmMetadata
) -> Relation:
    """Return the relation that two parsed ends mean.

    Raises:
        ValueError: They do not fit, or could mean several relations.
    """
    if left.application == right.application:
        raise ValueError(f'relation "{left} {right}" relates an application to itself')
    lefts, rights = candidates(left, left_charm), candidates(right, right_charm)
    pairs = [(a, b) for a in lefts for b in rights if _fit(a.endpoint, b.endpoint)]
    if left.endpoint and right.endpoint and not pairs:
        raise ValueError(_misfit(lefts[0], rights[0]))
    if not pairs:
        raise ValueError(f"cannot infer endpoint between {left} and {right}: no relations found")
    if len(pairs) > 1:
        # An endpoint that a charm declares is meant before the implicit one.
        pairs = [pair for pair in pairs if all(end.endpoint != JUJU_INFO for end in pair)] or pairs
    if len(pairs) > 1:
        choices = "; ".join(sorted(f'"{a} {b}"' for a, b in pairs))
        raise ValueError(f"ambiguous relation: {left} {right} could refer to {choices}")
    first, second = pairs[0]
    provides = first.endpoint.role is Role.PROVIDER
    return Relation(first, second) if provides else Relation(second, first)


def candidates(spec: Spec, charm: CharmMetadata) -> list[End]:
    """Return the ends that a parsed end can mean.

    Raises:
        ValueError: The charm has no such endpoint.
    """
    if spec.endpoint is None:
        endpoints = [*charm.endpoints.values()]
        if JUJU_INFO.name not in charm.endpoints:
            endpoints.append(JUJU_INFO)
        return [End(spec.application, endpoint) for endpoint in endpoints]
    endpoint = charm.endpoint(spec.endpoint)
    if endpoint is None:
        raise ValueError(
            f'charm "{charm.name}" used by application "{spec.application}" does not define'
            f' relation "{spec.endpoint}"'
        )
    return [End(spec.application, endpoint)]


def _fit(left: Endpoint, right: Endpoint) -> bool:
    roles = {left.role, right.role}
    return roles == {Role.PROVIDER, Role.REQUIRER} and left.interface == right.interface


def _misfit(left: End, right: End) -> str:
    roles = (left.endpoint.role, right.endpoint.role)
    if Role.PEER in roles:
        peer = left if roles[0] is Role.PEER else right
        return f'"{peer}" is a peer relation: its application makes it by itself'
    if roles[0] is roles[1]:
        word = "provider" if roles[0] is Role.PROVIDER else "requirer"
        return f'relation "{left}" to "{right}" relates {word} to {word}'
    return (
        f'mismatched interface between "{left}" and "{right}"'
        f' ("{left.endpoint.interface}" vs "{right.endpoint.interface}")'
    )
