# Copyright 2026 The instance-ha developers
# SPDX-License-Identifier: Apache-2.0

"""The charms that a bundle names, read once each."""

import pathlib
import re
from collections.abc import Iterator

from lab.juju.bundles.bundle import Bundle
from lab.juju.bundles.charm import CharmMetadata
from lab.juju.bundles.charmfile import load_charm
from lab.juju.bundles.errors import BundleError, CharmError, Problem
from lab.juju.bundles.marks import Item

# juju/charm, url.go, reduced to what Charmhub takes; "cs:" went away with Juju 3.
_CHARMHUB = re.compile(
    r"(?:ch:)?(?:[a-z0-9]+/){0,2}[a-z][a-z0-9]*(?:-[a-z0-9]*[a-z][a-z0-9]*)*(?P<revision>-[0-9]+)?"
)


def load_charms(bundle: Bundle) -> dict[str, CharmMetadata]:
    """Return the metadata of each application's charm.

    Raises:
        BundleError: A charm is missing, comes from Charmhub, or breaks Juju's rules.
    """
    charms, problems = find_charms(bundle)
    if problems:
        raise BundleError(problems)
    return charms


def find_charms(bundle: Bundle) -> tuple[dict[str, CharmMetadata], list[Problem]]:
    """Return what ``load_charms`` does, as far as it gets, and the problems."""
    charms: dict[str, CharmMetadata] = {}
    problems: list[Problem] = []
    read: dict[pathlib.Path, CharmMetadata | None] = {}
    for name, application in bundle.applications.items():
        charm = application.get("charm")
        path = bundle.charm_path(name)
        if charm is None or path is None:
            problems.append(_unusable(name, application))
            continue
        if not path.exists():
            problems.append(
                charm.problem(f'charm path in application "{name}" does not exist: {path}')
            )
            continue
        if path not in read:
            read[path] = _read(path, charm, problems)
        found = read[path]
        if found is not None:
            charms[name] = found
    return charms, problems


def _read(path: pathlib.Path, named: Item, problems: list[Problem]) -> CharmMetadata | None:
    try:
        return load_charm(path)
    except CharmError as error:
        problems.append(named.problem(f"charm {path} cannot be used:"))
        problems.extend(error.problems)
        return None


def check_charmhub(name: str, application: Item) -> Iterator[Problem]:
    """Yield what is wrong with how an application names a charm that is no local file.

    Source: juju/charm, bundledata.go (verifyApplications).
    """
    charm = application.get("charm")
    if charm is None or not charm.value:
        yield application.problem(f'application "{name}" names no charm')
        return
    found = _CHARMHUB.fullmatch(str(charm.value))
    if found is None:
        yield charm.problem(f'invalid charm URL in application "{name}": "{charm.value}"')
        return
    if found["revision"]:
        yield charm.problem(f'cannot specify revision in "{charm.value}", please use revision')
    revision = application.get("revision")
    if revision is None or revision.value is None:
        return
    if not application.scalar("channel"):
        yield revision.problem(
            f'application "{name}" with a revision requires a channel for future upgrades, please'
            " use channel"
        )
    if revision.value < 0:
        yield revision.problem(f'the revision for application "{name}" must be zero or greater')


def _unusable(name: str, application: Item) -> Problem:
    for problem in check_charmhub(name, application):
        return problem
    charm = application.mapping["charm"]
    return charm.problem(
        f'application "{name}" takes "{charm.value}" from Charmhub, which the lab does not have:'
        " name a packed file, as overlays/local-charms.yaml does"
    )
