# Copyright 2026 The instance-ha developers
# SPDX-License-Identifier: Apache-2.0

"""Bundles judged without being deployed, as far as the charms they name are at hand.

``juju deploy`` of the lab refuses what it has no charm for. A bundle for a real cloud takes most of
its charms from Charmhub, and everything else about it can be judged all the same, by the same rules.
"""

import pathlib
from collections.abc import Callable, Sequence

from lab.juju.bundles import bundle as bundles
from lab.juju.bundles import planner
from lab.juju.bundles.charm import CharmMetadata
from lab.juju.bundles.charms import check_charmhub
from lab.juju.bundles.errors import Problem

Source = Callable[[str], CharmMetadata | None]


def lint(paths: Sequence[pathlib.Path], source: Source) -> list[Problem]:
    """Return every reason for which Juju would refuse a bundle with overlays.

    Args:
        paths: The bundle's file, then the overlays'.
        source: Returns the metadata of a charm by the words with which a bundle names it, such as
            ``ch:keystone`` or a path, and ``None`` for a charm that is not at hand: its options,
            its bindings and its ends of relations are then believed.
    """
    bundle, problems = bundles.compose(paths)
    if bundle is None:
        return problems
    charms: dict[str, CharmMetadata] = {}
    for name, application in bundle.applications.items():
        if bundle.charm_path(name) is None:
            problems.extend(check_charmhub(name, application))
        charm = source(str(application.scalar("charm")))
        if charm is not None:
            charms[name] = charm
    return list(dict.fromkeys([*problems, *planner.problems(bundle, charms)]))
