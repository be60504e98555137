# Copyright 2026 The instance-ha developers
# SPDX-License-Identifier: Apache-2.0

"""When a lost member counts as off."""

import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor

from fence_member_agent import cluster, silence
from fence_member_agent.cluster import RefusedError

# Seconds from the moment at which a lost member knows that it is alone until it has stopped what it
# ran: it chooses itself for coordinator (1.4) and removes its address (0.7).
WAIT = 2

# How often none of its addresses may have answered in a row until they count as given up, and for how
# many seconds that is waited for.
LOOKS = 2
GRACE = 6.0


def off(target: str, wait: float) -> None:
    """Return once a lost member must have stopped what it ran.

    Raises:
        RefusedError: We have no quorum, it is in contact with us or came back, or it is no member.
    """
    # Side by side: what lasts longer than a host's connection takes to move to another member is
    # overtaken by it, and then Pacemaker begins anew, with a second's sleep.
    with ThreadPoolExecutor() as pool:
        asked = pool.submit(cluster.load, target)
        require(pool, target, "is in contact with this member; its power cannot be cut")
        load = asked.result()
    left = remaining(wait, cluster.since_change())
    if not left and not load.addresses:
        return  # each question costs a busy machine a second, and these have just been answered
    if load.other or not load.addresses or not silence.is_gone(load.addresses):
        await_stop(load.addresses, wait)
    with ThreadPoolExecutor() as pool:
        require(pool, target, "is back")


def require(pool: ThreadPoolExecutor, target: str, otherwise: str) -> None:
    """Refuse if this part of the cluster has no quorum, or the target is in contact with it."""
    quorum = pool.submit(cluster.require_quorum)
    if not cluster.is_lost(target):
        raise RefusedError(f"{target} {otherwise}")
    quorum.result()


def await_stop(addresses: Sequence[str], wait: float) -> None:
    """Return when the time is over, and no address answers any more or has been waited for for long enough."""
    left = remaining(wait, cluster.since_change())
    # The looks at the addresses fill the rest of the wait.
    time.sleep(max(0.0, left - LOOKS * silence.ANSWER) if addresses else left)
    end = time.monotonic() + GRACE
    silent = 0
    while addresses and silent < LOOKS and time.monotonic() < end:
        if silence.answers(addresses):
            silent = 0
            time.sleep(0.1)
        else:
            silent += 1


def remaining(wait: float, passed: float) -> float:
    """Return how much of a wait is left; all of it if the clock has been moved."""
    return wait - passed if 0 <= passed <= wait else 0.0 if passed > wait else wait
