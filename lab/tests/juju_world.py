# Copyright 2026 The instance-ha developers
# SPDX-License-Identifier: Apache-2.0

"""A whole stand-in on a cloud of directories, and charms made of a few lines of shell."""

import json
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from lab.juju import cli, records
from lab.juju.cli.command import Answer, Request
from lab.juju.cloud import LocalCloud
from lab.juju.controller import Controller
from lab.juju.engine import Engine
from lab.juju.model import Model

SHELL = """#!/bin/sh
echo "$JUJU_HOOK_NAME$JUJU_ACTION_NAME $JUJU_REMOTE_UNIT" >> "$JUJU_CHARM_DIR/ran"
"""

_QUIET_LOOKS = 8
_QUIET_SECONDS = 0.15


class World:
    """A controller with one model, driven as an operator would."""

    def __init__(self, root: Path, seed: int = 1):
        self.root = root
        self.cloud = LocalCloud(root / "machines")
        self.seed = seed
        self.controller = Controller(root / "juju", self.cloud, seed=seed)
        self.controller.add_model("world", {}, switch=True)

    @property
    def engine(self) -> Engine:
        return self.controller.engine(None)

    @property
    def model(self) -> Model:
        return self.engine.model

    def charm(self, name: str, metadata: str = "", script: str = "", **files: str) -> Path:
        """Write a charm; ``files`` are config, actions ... without their suffix."""
        directory = self.root / "charms" / name
        directory.mkdir(parents=True, exist_ok=True)
        head = f"name: {name}\nsummary: s\ndescription: d\n"
        (directory / "metadata.yaml").write_text(head + metadata)
        (directory / "dispatch").write_text(SHELL + script)
        (directory / "dispatch").chmod(0o755)
        for part, text in files.items():
            (directory / f"{part}.yaml").write_text(text)
        return directory

    def run(self, *words: object) -> Answer:
        """Run a command line and return its answer, good or bad."""
        return cli.run(self.controller, Request([str(word) for word in words], self.root))

    def juju(self, *words: object) -> str:
        """Run a command line that must succeed; return its output."""
        answer = self.run(*words)
        assert answer.code == 0, answer.errors
        return answer.output

    def refuses(self, *words: object) -> str:
        """Run a command line that must fail; return what it says."""
        answer = self.run(*words)
        assert answer.code != 0, answer.output
        return answer.errors

    def status(self) -> dict[str, Any]:
        return json.loads(self.juju("status", "--format", "json"))

    def until(self, ready: Callable[[], object], seconds: float = 60.0) -> None:
        """Wait until something holds."""
        deadline = time.monotonic() + seconds
        while not ready():
            assert time.monotonic() < deadline, (
                self.juju("status") + self.juju("debug-log")[-3000:]
            )
            time.sleep(0.01)

    def settle(self, seconds: float = 60.0) -> None:
        """Wait until nothing has changed for a while and no hook is running.

        Looks are counted, not only seconds: on a busy machine a single sleep may take longer than
        the whole while, and the agents have not had their turn by then.
        """
        before, looks, since = "", 0, time.monotonic()
        deadline = since + seconds
        while looks < _QUIET_LOOKS or time.monotonic() - since < _QUIET_SECONDS:
            assert time.monotonic() < deadline, (
                self.juju("status") + self.juju("debug-log")[-3000:]
            )
            with self.engine.condition:
                now, quiet = records.dump(self.model), self._is_all_quiet()
            if now == before and quiet:
                looks += 1
            else:
                before, looks, since = now, 0, time.monotonic()
            time.sleep(0.01)

    def ran(self, unit: str) -> list[str]:
        """Return the hooks that a unit's charm has really run, with their remote units."""
        machine = self.model.units[unit].machine
        path = self.charm_dir(unit, machine) / "ran"
        return [line.strip() for line in path.read_text().splitlines()]

    def hook_log(self) -> list[dict[str, Any]]:
        """Return the lines of the hooks' log."""
        text = (self.root / "juju" / "hooks.jsonl").read_text()
        return [json.loads(line) for line in text.splitlines()]

    def charm_dir(self, unit: str, machine: str | None = None) -> Path:
        """Return a unit's charm directory."""
        machine = machine or self.model.units[unit].machine
        instance = self.model.machines[machine].instance or ""
        return (
            self.cloud.agent_dir(instance) / "agents" / f"unit-{unit.replace('/', '-')}" / "charm"
        )

    def restart(self) -> None:
        """Stop the stand-in and start it again on the same files."""
        self.controller.stop()
        self.controller = Controller(self.root / "juju", self.cloud, seed=self.seed)

    def close(self) -> None:
        self.controller.stop()

    def _is_all_quiet(self) -> bool:
        return all(self._is_quiet(name) for name in self.model.units) and all(
            machine.instance for machine in self.model.machines.values()
        )

    def _is_quiet(self, name: str) -> bool:
        unit = self.model.units[name]
        machine = self.model.machines[unit.machine]
        return machine.status.current == "down" or unit.agent.current == "idle"
