# Copyright 2026 The instance-ha developers
# SPDX-License-Identifier: Apache-2.0
"""What can go wrong with machines, in one family."""


class CloudError(Exception):
    """The cloud could not do what it was asked; the message says why."""


class CommandError(CloudError):
    """A command of the host failed; the message has its end, not its input."""


class ImageError(CloudError):
    """The image could not be built or is not there; the message says where the log is."""


class NoMachineError(CloudError):
    """No machine is left that has the tags asked for, or no number for one more container."""


class UnknownMachineError(CloudError):
    """The cloud has handed out no machine of this name."""


class MachineOffError(CloudError):
    """The machine is off, so nothing can run in it."""
