# Copyright 2026 The instance-ha developers
# SPDX-License-Identifier: Apache-2.0

"""Whether a file may become a resource of a charm."""

import pathlib

from lab.juju.bundles.charm import CharmMetadata


def fault(charm: CharmMetadata, name: str, path: pathlib.PurePath) -> str:
    """Return why Juju would refuse a file as a charm's resource, or nothing.

    The suffix has to be that of the file that the charm declares (juju/juju, apiserver,
    resources handler, readResource).
    """
    spec = charm.resources.get(name)
    if spec is None:
        return f'unrecognized resource "{name}"'
    if spec.type != "file":
        return f"the lab has no resources of type {spec.type}"
    wanted = pathlib.PurePath(spec.filename).suffix
    if path.suffix != wanted:
        return f'incorrect extension on resource upload "{path.name}", expected "{wanted}"'
    return ""
