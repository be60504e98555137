# Copyright 2026 The instance-ha developers
# SPDX-License-Identifier: Apache-2.0

"""In which order machines ask the cloud, so that machine 1 gets the first name and 2 the second.

Juju promises no such order, but people read a status more easily, and figures of two runs compare.
"""

import threading
import time

from lab.juju.model import Model

# How long a cloud may take to choose a machine, before it boots it; then the next may ask.
_CHOOSING_SECONDS = 0.2


class Turns:
    """Lets machines ask one after the other, by number, and boot together."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._asked: dict[str, float] = {}

    def take(self, machine: str, model: Model) -> bool:
        """Return whether it is a machine's turn; containers are not held up by machines.

        Args:
            machine: The machine that would ask now.
            model: The model; machines before it that have asked, or have their instance, are no
                longer waited for.
        """
        with self._lock:
            for other in list(model.machines.values()):
                if other.id == machine:
                    break
                asked = self._asked.get(other.id)
                waiting = other.instance is None and "/" not in other.id
                if waiting and (asked is None or time.monotonic() - asked < _CHOOSING_SECONDS):
                    return "/" in machine
            self._asked[machine] = time.monotonic()
            return True
