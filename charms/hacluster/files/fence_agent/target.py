# Copyright 2026 The instance-ha developers
# SPDX-License-Identifier: Apache-2.0

"""What the cluster says of the one host that is to be fenced. All pure."""

from fence_agent.guard import Facts
from fence_agent.names import full_name


def lateness(found: Facts, target: str, *, was_lost: bool = False) -> str:
    """Return why nobody wants a host to be switched off any more, if it is on; empty if somebody may.

    A device that was asked goes on trying when its answer is not waited for any more. Meanwhile another may have
    fenced the host, or an operator said that it is off, and it may have been started again.

    Args:
        found: What the cluster says.
        target: Name of the host.
        was_lost: Whether the cluster called it lost when this device was asked.
    """
    name = full_name(target, found.remotes)
    if name in found.off:
        return "it counts as fenced already: whoever asked does not wait for it any more"
    if was_lost and name in found.well:
        return "it was lost when its fencing was asked for, and is back"
    return ""


def is_lost(found: Facts, target: str) -> bool:
    """Return whether the cluster calls a host lost."""
    return full_name(target, found.remotes) in found.unclean


def last_place(found: Facts, target: str) -> tuple[str, int] | None:
    """Return where a lost host listened, for it to be asked; ``None`` if nothing depends on its answer.

    Somebody who fences a host that the cluster calls well knows why, and so does an operator who has lifted the
    limit.
    """
    return None if found.released else found.missed.get(full_name(target, found.remotes))
