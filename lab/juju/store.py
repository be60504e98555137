# Copyright 2026 The instance-ha developers
# SPDX-License-Identifier: Apache-2.0

"""Files of a lab's models: written whole to a new file, then renamed, so that none is ever half."""

import os
import pathlib

from lab.juju import records
from lab.juju.model import Model


def save(directory: pathlib.Path, model: Model) -> None:
    """Write a model.

    Without fsync: the file must outlive the process, not the host.
    """
    target = _path(directory, model.name)
    replace(target, records.dump(model))


def load(directory: pathlib.Path) -> list[Model]:
    """Return every model that was saved."""
    paths = sorted(directory.glob("model-*.json"))
    return [records.parse(Model, path.read_text()) for path in paths]


def delete(directory: pathlib.Path, name: str) -> None:
    """Forget a model."""
    _path(directory, name).unlink(missing_ok=True)


def replace(target: pathlib.Path, text: str) -> None:
    """Write a file that only its owner may read (a model holds secrets) in one step."""
    partial = target.with_suffix(".part")
    handle = os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(handle, "w") as file:
        file.write(text)
    partial.replace(target)


def _path(directory: pathlib.Path, name: str) -> pathlib.Path:
    return directory / f"model-{name}.json"
