# Copyright 2026 The instance-ha developers
# SPDX-License-Identifier: Apache-2.0

"""Whether a virtual address answers, asked from outside several times a second."""

from __future__ import annotations

import subprocess
import threading
import time

from lab.settings import Lab


class Probe:
    """Asks all the time, and keeps the longest time without an answer."""

    INTERVAL = 0.2

    def __init__(self, lab: Lab, address: str) -> None:
        url = f"http://{address}/"
        self._argv = ["ip", "netns", "exec", lab.switch,
                      "curl", "--silent", "--fail", "--max-time", "1", url]  # fmt: skip
        self._stopped = threading.Event()
        self._thread = threading.Thread(target=self._run, name="probe", daemon=True)
        self.longest = 0.0
        """Seconds between two answers."""
        self.answers: set[str] = set()
        self.misses = 0

    def __enter__(self) -> Probe:
        """Begin to ask."""
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        """Ask no more."""
        self._stopped.set()
        self._thread.join()

    def _run(self) -> None:
        last = time.monotonic()
        while not self._stopped.wait(self.INTERVAL):
            done = subprocess.run(self._argv, capture_output=True, text=True, check=False)
            now = time.monotonic()
            if done.returncode == 0:
                self.answers.add(done.stdout.strip())
                self.longest = max(self.longest, now - last)
                last = now
            else:
                self.misses += 1
        self.longest = max(self.longest, time.monotonic() - last)
