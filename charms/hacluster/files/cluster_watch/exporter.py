# Copyright 2026 The instance-ha developers
# SPDX-License-Identifier: Apache-2.0

"""Metrics of this member on a local port, asked of the cluster when they are asked for."""

import http.server
import json
import logging
import subprocess
import sys
import threading
import time
import xml.etree.ElementTree as ET

from cluster_watch import metrics
from cluster_watch.state import COMMAND, State, parse

logger = logging.getLogger(__name__)

PORT = 15870
_CMAP = "/usr/sbin/corosync-cmapctl"
_CIB = ("/usr/sbin/cibadmin", "--query", "--local")
_AGENT = "/usr/sbin/fence_maas"
_DEVICE = "configuration/resources//primitive[@id='st-maas']/instance_attributes/nvpair"
_ORDER = "configuration/crm_config//nvpair[@name='instance-ha-fencing-hold']"
_TIMEOUT = 20  # seconds
_FRESH = 5.0  # seconds that an answer serves whoever asks

_lock = threading.Lock()
_kept: list[tuple[float, str]] = []


def collect() -> str:
    """Return the metrics, asked of the cluster at most every few seconds."""
    with _lock:
        if not _kept or time.monotonic() - _kept[0][0] > _FRESH:
            _kept[:] = [(time.monotonic(), _collect())]
        return _kept[0][1]


def _collect() -> str:
    state = _state()
    held = _held(state) if state is not None else None
    ring = (_output(_CMAP) or "") + (_output(_CMAP, "-m", "stats") or "")
    return metrics.render([*metrics.of_cluster(state, held=held), *metrics.of_ring(ring)])


def _state() -> State | None:
    text = _output(*COMMAND)
    try:
        return None if text is None else parse(text)
    except ValueError as error:
        logger.warning("%s", error)
        return None


def _held(state: State) -> bool | None:
    text = _output(*_CIB)
    configuration = ET.fromstring(text) if text else None
    if configuration is None:
        return None
    if configuration.find(_ORDER) is not None:
        return True
    if not any(node.unclean for node in state.nodes if node.kind == "remote"):
        return False
    # The guard itself says; the agent knows how to ask it.
    pairs = configuration.iterfind(_DEVICE)
    told = {pair.get("name", ""): pair.get("value", "") for pair in pairs}
    lines = [f"{name}={value}" for name, value in told.items() if not name.startswith("pcmk_")]
    answer = _output(_AGENT, stdin="\n".join([*lines, "action=guard", ""])) if told else None
    try:
        return None if answer is None else bool(json.loads(answer)["refusal"])
    except (ValueError, KeyError):
        return None


def _output(*argv: str, stdin: str = "") -> str | None:
    try:
        done = subprocess.run(
            argv, input=stdin, capture_output=True, text=True, timeout=_TIMEOUT, check=False
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        logger.warning("%s: %s", argv[0], error)
        return None
    return done.stdout if done.returncode == 0 else None


class Handler(http.server.BaseHTTPRequestHandler):
    """Answers /metrics."""

    def do_GET(self) -> None:
        """Answer."""
        if self.path != "/metrics":
            self.send_error(404)
            return
        body = collect().encode()
        self.send_response(200)
        self.send_header("Content-Type", "text/plain; version=0.0.4; charset=utf-8")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 (its name there)
        """Say nothing of requests that went well."""


def main() -> int:
    """Serve until somebody ends it."""
    logging.basicConfig(format="%(message)s")
    http.server.ThreadingHTTPServer(("127.0.0.1", PORT), Handler).serve_forever()
    return 0


if __name__ == "__main__":
    sys.exit(main())
