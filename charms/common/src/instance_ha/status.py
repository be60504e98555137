# Copyright 2026 The instance-ha developers
# SPDX-License-Identifier: Apache-2.0

"""How a missing precondition travels from where it is noticed to the unit's status."""

import ops

PAUSED = ops.MaintenanceStatus("Paused. Use 'resume' action to resume normal service.")
"""Of a unit that the operator has paused; the words of the charms' predecessors."""


class NotReadyError(Exception):
    """A precondition is missing; ``status`` says which, and who must act."""

    def __init__(self, status: ops.StatusBase):
        super().__init__(status.message)
        self.status = status


def blocked(message: str) -> NotReadyError:
    """Return the error of a precondition that the operator must supply."""
    return NotReadyError(ops.BlockedStatus(message))


def waiting(message: str) -> NotReadyError:
    """Return the error of a precondition that somebody else is about to supply."""
    return NotReadyError(ops.WaitingStatus(message))
