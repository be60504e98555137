# Copyright 2026 The instance-ha developers
# SPDX-License-Identifier: Apache-2.0

"""Names of hosts, as people, MAAS and the cluster use them."""


def same_host(one: str, other: str) -> bool:
    """Return whether two names are one host's; people and MAAS leave out the domain."""
    shorter, longer = sorted((one.lower(), other.lower()), key=len)
    return shorter == longer or longer.partition(".")[0] == shorter


def full_name(target: str, remotes: frozenset[str]) -> str:
    """Return the remote that is meant; people and MAAS leave out the domain."""
    if target in remotes:
        return target
    short = target.partition(".")[0].lower()
    known = [name for name in remotes if name.partition(".")[0].lower() == short]
    return known[0] if len(known) == 1 else target
