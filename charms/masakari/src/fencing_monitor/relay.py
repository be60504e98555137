# Copyright 2026 The instance-ha developers
# SPDX-License-Identifier: Apache-2.0

"""The monitor's metrics on every unit: those of one that runs here, or that none does. An edge.

The cluster runs the monitor on one unit and moves it. An agent that asks where nobody listens calls the
unit down, so that somebody has to answer everywhere: ``python3 -m fencing_monitor.relay``.
"""

import http.client
import threading
import urllib.request

from fencing_monitor.server import Server

PORT = 15871
_MONITOR = "http://127.0.0.1:15869/metrics"  # settings.py, listen_port
_KIND = "text/plain; version=0.0.4"
_NOT_HERE = (
    "# TYPE masakari_fencing_monitor_here gauge\nmasakari_fencing_monitor_here 0\n"  # timeline.py
)
_TIMEOUT = 5.0  # seconds; a monitor that hangs is none


def page(monitor: str = _MONITOR) -> tuple[int, str, str]:
    """Return what the monitor on this unit tells, or that there is none."""
    try:
        with urllib.request.urlopen(monitor, timeout=_TIMEOUT) as answer:  # noqa: S310 (fixed)
            return 200, _KIND, answer.read().decode()
    except (OSError, http.client.HTTPException):
        return 200, _KIND, _NOT_HERE


def main() -> None:
    """Serve until systemd ends the process."""
    Server("127.0.0.1", PORT, {"/metrics": page}).start()
    threading.Event().wait()


if __name__ == "__main__":
    main()
