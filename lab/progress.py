# Copyright 2026 The instance-ha developers
# SPDX-License-Identifier: Apache-2.0

"""What people see while a lab is brought up: phases, the time since the start, and the split."""

from __future__ import annotations

import contextlib
import sys
import time
from collections.abc import Callable, Generator
from pathlib import Path
from typing import TextIO


class Progress:
    """Prints what happens with the elapsed time, and keeps it in one log for each phase.

    Attributes:
        times: Seconds that each finished phase took.
        current: The phase that runs, or the last that ran.
    """

    def __init__(
        self, logs: Path, out: TextIO = sys.stdout, clock: Callable[[], float] = time.monotonic
    ):
        self.times: dict[str, float] = {}
        self.current = ""
        self._logs = logs
        self._out = out
        self._clock = clock
        self._start = clock()

    @property
    def log(self) -> Path:
        """The log of the current phase."""
        return self._logs / f"{self.current or 'lab'}.log"

    def say(self, text: str) -> None:
        """Tell a detail: to the reader indented, to the log of the phase with its time."""
        self._print(f"    {text}")

    @contextlib.contextmanager
    def phase(self, name: str, title: str) -> Generator[Callable[[str], None]]:
        """Run a phase; what it yields takes its outcome in a few words."""
        self.current = name
        begun = self._clock()
        outcome = ""

        def done(text: str) -> None:
            nonlocal outcome
            outcome = text

        self._print(f"{name}: {title}")
        yield done
        self.times[name] = round(self._clock() - begun, 1)
        self._print(f"{name}: {outcome} ({self.times[name]:.1f} s)")

    def split(self) -> str:
        """Return where the time went."""
        total = sum(self.times.values())
        rows = [f"  {name:<10} {seconds:8.1f} s" for name, seconds in self.times.items()]
        return "\n".join([*rows, f"  {'in all':<10} {total:8.1f} s"])

    def _print(self, text: str) -> None:
        line = f"{self._clock() - self._start:7.1f} s  {text}"
        print(line, file=self._out, flush=True)
        # The directory goes when the lab goes, and a phase may be the one that ends it.
        with contextlib.suppress(OSError):
            self._logs.mkdir(parents=True, exist_ok=True)
            with self.log.open("a") as log:
                log.write(f"{time.strftime('%Y-%m-%dT%H:%M:%S%z')} {text}\n")
