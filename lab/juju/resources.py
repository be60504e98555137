# Copyright 2026 The instance-ha developers
# SPDX-License-Identifier: Apache-2.0

"""Resources: the files that operators attach to applications, kept once and copied to who asks.

What was attached is never changed in the store, so a hook that reads its copy reads one whole file.
"""

import hashlib
import pathlib
import shutil
from collections.abc import Mapping

from lab.juju.assets import Resource
from lab.juju.entities import Application
from lab.juju.model import Model


class ResourceStore:
    """The resources of one lab, one file for each content; for root only: they may hold secrets."""

    def __init__(self, directory: pathlib.Path):
        self._directory = directory

    def attach(self, model: Model, app: Application, files: Mapping[str, pathlib.Path]) -> None:
        """Make files an application's resources; the units learn of it when a content is new.

        See state/resources_persistence_staged.go, Activate.
        """
        for name, source in files.items():
            resource = self._add(model, source)
            known = app.resources.get(name)
            if known is None or known.fingerprint != resource.fingerprint:
                app.modified += 1
            app.resources[name] = resource

    def copy(self, model: Model, resource: Resource, target: pathlib.Path) -> None:
        """Have a file be a resource's content, unless it is already.

        See worker/uniter/runner/context/resources/context.go, DownloadResource.
        """
        if target.is_file() and _fingerprint(target) == resource.fingerprint:
            return
        target.parent.mkdir(parents=True, exist_ok=True)
        partial = target.with_name(f".{target.name}.part")
        shutil.copyfile(self._path(model, resource), partial)
        partial.chmod(0o644)
        partial.replace(target)

    def forget(self, model: Model) -> None:
        """Delete the resources of a model."""
        shutil.rmtree(self._directory / model.uuid, ignore_errors=True)

    def _add(self, model: Model, source: pathlib.Path) -> Resource:
        content = source.read_bytes()
        resource = Resource(hashlib.sha384(content).hexdigest(), len(content))
        path = self._path(model, resource)
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        if not path.exists():
            partial = path.with_suffix(".part")
            partial.write_bytes(content)
            partial.replace(path)
        return resource

    def _path(self, model: Model, resource: Resource) -> pathlib.Path:
        return self._directory / model.uuid / resource.fingerprint


def _fingerprint(path: pathlib.Path) -> str:
    return hashlib.sha384(path.read_bytes()).hexdigest()
