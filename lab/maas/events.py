# Copyright 2026 The instance-ha developers
# SPDX-License-Identifier: Apache-2.0

"""What happened, in the order in which it happened: one JSON object per line.

Every record has ``time`` (UTC, microseconds) and ``event``:

=========  ====================================================================================
request    ``id client user method path op comment`` (never a header: it has the key)
reply      ``id status seconds``
power      ``machine system_id action (on|off) phase (begin|end|failed) reason``
query      ``machine system_id state``: the answer of a live power query
knob       ``knob machine value``
=========  ====================================================================================
"""

import datetime
import json
import pathlib
import threading
from typing import Any


class EventLog:
    """Appends records to a file, whole lines only, and keeps them for ``events/?op=query``."""

    def __init__(self, path: pathlib.Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        self._file = path.open("a", encoding="utf-8")
        self._lock = threading.Lock()
        self._records: list[dict[str, Any]] = []

    def write(self, event: str, **fields: object) -> None:
        """Append one record, stamped inside the lock so that the file is in order of time."""
        with self._lock:
            record = {"time": _now(), "event": event, **fields}
            self._records.append(record)
            self._file.write(json.dumps(record) + "\n")
            self._file.flush()

    def records(self, event: str) -> list[dict[str, Any]]:
        """Return the records of one kind, oldest first."""
        with self._lock:
            return [record for record in self._records if record["event"] == event]

    def close(self) -> None:
        """Write no more."""
        self._file.close()


def _now() -> str:
    now = datetime.datetime.now(datetime.timezone.utc)
    return now.isoformat(timespec="microseconds").replace("+00:00", "Z")
