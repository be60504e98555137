# Copyright 2026 The instance-ha developers
# SPDX-License-Identifier: Apache-2.0

"""What goes wrong when an operator asks for something."""


class JujuError(Exception):
    """A request that cannot be met; the message is for the operator.

    ``output`` is what belongs on standard output all the same (a failed action has results).
    """

    def __init__(self, message: str, *, output: str = "", code: int = 1):
        super().__init__(message)
        self.output = output
        self.code = code


class NotFoundError(JujuError):
    """An application, unit, machine, secret ... that does not exist."""

    def __init__(self, kind: str, name: str):
        super().__init__(f'{kind} "{name}" not found')


class UsageError(JujuError):
    """A command line that makes no sense; Juju exits with 2."""

    def __init__(self, message: str):
        super().__init__(message, code=2)
