# Copyright 2026 The instance-ha developers
# SPDX-License-Identifier: Apache-2.0

"""The switch: power actions and power queries, on real machines and with the faults in between."""

import threading
import time
from collections.abc import Callable

from lab.maas.events import EventLog
from lab.maas.faults import Faults
from lab.maas.machines import Cloud, Record


class PowerError(Exception):
    """A machine could not be switched (MAAS: PowerActionFail)."""


class Switch:
    """Switches machines one action at a time each, all machines in parallel."""

    def __init__(
        self,
        cloud: Cloud,
        faults: Faults,
        log: EventLog,
        failures: tuple[type[Exception], ...] = (),
    ) -> None:
        self._cloud = cloud
        self._faults = faults
        self._log = log
        self._failures = (OSError, *failures)
        self._locks: dict[str, threading.Lock] = {}
        self._guard = threading.Lock()

    def off(self, record: Record, comment: str = "") -> None:
        """Cut a machine's power; returns when its BMC says that it is off, as MAAS does since 3.5.

        Raises:
            PowerError: The BMC was told, and the machine is still on.
        """
        self._turn(record, "off", self._cloud.power_off, comment)

    def on(self, record: Record, comment: str = "") -> None:
        """Give a machine power.

        Raises:
            PowerError: The BMC was told, and the machine is still off.
        """
        self._turn(record, "on", self._cloud.power_on, comment)

    def query(self, record: Record) -> str:
        """Return what the BMC says now: on, off, unknown or error."""
        time.sleep(self._faults.number("query-latency", record.hostname))
        state = self._faults.text("query-state", record.hostname)
        if state == "live":
            state = "on" if self._cloud.is_on(record.hostname) else "off"
        record.power_state = state
        self._log.write("query", machine=record.hostname, system_id=record.system_id, state=state)
        return state

    def _turn(
        self, record: Record, action: str, effect: Callable[[str], None], comment: str
    ) -> None:
        with self._lock(record.system_id):
            self._note(record, action, "begin", comment=comment)
            time.sleep(self._faults.number("power-latency", record.hostname))
            try:
                if self._faults.text("switch", record.hostname) == "stuck":
                    raise PowerError("the BMC does not switch")
                if self._cloud.is_on(record.hostname) != (action == "on"):
                    effect(record.hostname)
                if action == "off" and self._faults.text("switch", record.hostname) == "bounce":
                    self._bounce(record)
            except (PowerError, *self._failures) as error:
                self._note(record, action, "failed", reason=str(error))
                raise PowerError(f"Unable to turn {action} {record.hostname}: {error}") from error
            record.power_state = action
            self._note(record, action, "end")

    def _bounce(self, record: Record) -> None:
        # As a BMC whose policy is to restore power, or a colleague in front of the rack.
        after = self._faults.number("bounce-after", record.hostname)
        timer = threading.Timer(after, self._cloud.power_on, (record.hostname,))
        timer.daemon = True
        timer.start()

    def _lock(self, system_id: str) -> threading.Lock:
        with self._guard:
            return self._locks.setdefault(system_id, threading.Lock())

    def _note(self, record: Record, action: str, phase: str, **more: str) -> None:
        self._log.write(
            "power",
            machine=record.hostname,
            system_id=record.system_id,
            action=action,
            phase=phase,
            **more,
        )
