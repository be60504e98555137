# Copyright 2026 The instance-ha developers
# SPDX-License-Identifier: Apache-2.0

"""How a missing precondition travels from where it is noticed to the unit's status."""

import shutil
import socket
import time

import ops


class NotReadyError(Exception):
    """A precondition is missing; ``status`` says which, and who must act."""

    def __init__(self, status: ops.StatusBase):
        super().__init__(status.message)
        self.status = status


def waiting(message: str) -> NotReadyError:
    """Return the error of a precondition that somebody else is about to supply."""
    return NotReadyError(ops.WaitingStatus(message))


def has_program(program: str) -> bool:
    """Return whether the machine has a program."""
    return shutil.which(program, path="/usr/sbin:/usr/bin") is not None


def require_program(program: str, layer: str) -> None:
    """Refuse a machine that was not built from the layer that carries this charm's payload."""
    if not has_program(program):
        raise NotReadyError(
            ops.BlockedStatus(f"{program} is missing: needs a machine of layer {layer}")
        )


def related(charm: ops.CharmBase, endpoint: str) -> ops.Relation:
    """Return the one relation of an endpoint, or refuse because it is missing."""
    for relation in charm.model.relations[endpoint]:
        return relation
    raise NotReadyError(ops.BlockedStatus(f"Missing relation: {endpoint}"))


def port_answers(port: int, timeout: float) -> bool:
    """Wait until something listens on a port of this machine. Return whether it came to that."""
    deadline = time.monotonic() + timeout
    while True:
        try:
            with socket.create_connection(("127.0.0.1", port), timeout=1):
                return True
        except OSError:
            if time.monotonic() > deadline:
                return False
        time.sleep(0.1)
