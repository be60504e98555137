# Copyright 2026 The instance-ha developers
# SPDX-License-Identifier: Apache-2.0

"""Whether hosts answer where the cluster would connect to them."""

import concurrent.futures
import socket
from collections.abc import Sequence

from remotes import Watched

_PORT = 3121  # pacemaker_remoted(8)
_TIMEOUT = 3.0  # seconds
_PARALLEL = 32


def answering(hosts: Sequence[Watched]) -> frozenset[str]:
    """Return the names of those that this member can open a connection to."""
    with concurrent.futures.ThreadPoolExecutor(_PARALLEL) as pool:
        found = pool.map(_answers, hosts)
        return frozenset(host.name for host, answers in zip(hosts, found, strict=True) if answers)


def _answers(host: Watched) -> bool:
    try:
        socket.create_connection((host.address, _PORT), timeout=_TIMEOUT).close()
    except OSError:
        return False
    return True
