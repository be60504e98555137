# Copyright 2026 The instance-ha developers
# SPDX-License-Identifier: Apache-2.0

"""All models of a lab, and which of them is meant when none is named."""

import logging
import pathlib
import random
import re

from lab.juju import store
from lab.juju.charmstore import CharmStore
from lab.juju.cloud import Cloud
from lab.juju.engine import Engine
from lab.juju.entities import Life
from lab.juju.errors import JujuError, NotFoundError
from lab.juju.model import Model
from lab.juju.resources import ResourceStore

logger = logging.getLogger(__name__)

_NAME = re.compile(r"[a-z0-9]+[a-z0-9-]*")
_CURRENT = "current-model"


class Controller:
    """Holds the engines of all models; they share the lab's machines."""

    def __init__(
        self,
        directory: pathlib.Path,
        cloud: Cloud,
        *,
        agent_view: pathlib.PurePath | None = None,
        seed: int | None = None,
    ):
        """Take up the models that were saved.

        Args:
            directory: Where everything is kept.
            cloud: Where machines come from.
            agent_view: Where machines see their agent directory.
            seed: Seed of the orders in new models; a random one, which is logged, if not given.
        """
        directory.mkdir(parents=True, exist_ok=True)
        self.directory = directory
        self.cloud = cloud
        self._agent_view = agent_view
        self._seed = seed
        self._charms = CharmStore(directory / "charms")
        self._resources = ResourceStore(directory / "resources")
        models = store.load(directory)
        self._give_back(models)
        self._engines = {model.name: self._start(model) for model in models}

    @property
    def models(self) -> list[str]:
        """The names of all models."""
        return sorted(self._engines)

    @property
    def current(self) -> str | None:
        """The model that is meant when none is named."""
        path = self.directory / _CURRENT
        name = path.read_text() if path.exists() else ""
        return name if name in self._engines else None

    def engine(self, reference: str | None) -> Engine:
        """Return the engine of a model, named as ``[controller:][user/]model``, or of the current."""
        if reference is None:
            if self.current is None:
                raise JujuError(
                    'No model in focus.\n\nPlease use "juju models" to see models available to '
                    'you. You can set current model by running "juju switch" or specify any '
                    'model on the command line using the "-m" option.'
                )
            return self._engines[self.current]
        name = short(reference)
        if name not in self._engines:
            raise NotFoundError("model", reference)
        return self._engines[name]

    def add_model(self, name: str, config: dict[str, str], *, switch: bool) -> Engine:
        """Make a model."""
        if not _NAME.fullmatch(name):
            raise JujuError(
                f'"{name}" is not a valid name: model names may only contain lowercase'
                " letters, digits and hyphens"
            )
        if name in self._engines:
            raise JujuError(f'model "{name}" already exists')
        # Only so that two runs differ; a run is repeated by giving its seed.
        seed = self._seed if self._seed is not None else random.randrange(2**31)  # noqa: S311 - an order, not a secret
        engine = self._start(Model(name, seed=seed, config=dict(config)))
        with engine.change(durable=True):
            self._engines[name] = engine
        if switch:
            self.switch(name)
        return engine

    def switch(self, name: str) -> None:
        """Have a model meant when none is named."""
        (self.directory / _CURRENT).write_text(self.engine(name).model.name)

    def destroy_model(self, name: str) -> None:
        """Remove a model and give its machines back, at once and without running hooks.

        Juju would run every unit's stop and remove hooks first unless told to ``--force``; here the
        machines are deleted with the model, so nothing would be left to see of it.
        """
        engine = self.engine(name)
        engine.stop()
        for machine in sorted(engine.model.machines.values(), key=lambda m: m.id, reverse=True):
            machine.life = Life.DEAD
            if machine.instance is not None:
                self.cloud.release(machine.instance)
        self._charms.forget(engine.model)
        self._resources.forget(engine.model)
        store.delete(self.directory, engine.model.name)
        del self._engines[engine.model.name]

    def stop(self) -> None:
        """Stop all models; they go on at the next start."""
        for engine in self._engines.values():
            engine.stop()

    def _give_back(self, models: list[Model]) -> None:
        """Release instances that no model knows: an earlier daemon died while it asked for them."""
        known = {m.instance for model in models for m in model.machines.values()}
        for instance in self.cloud.instances():
            if instance.id not in known and instance.host is None:
                logger.warning("giving %s back: no model knows it", instance.id)
                self.cloud.release(instance.id)

    def _start(self, model: Model) -> Engine:
        stores = (self._charms, self._resources)
        return Engine(self.directory, model, self.cloud, *stores, self._agent_view)


def short(reference: str) -> str:
    """Return the model's name in ``[controller:][user/]model``."""
    return reference.rpartition(":")[2].rpartition("/")[2]
