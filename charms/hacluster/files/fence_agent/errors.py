# Copyright 2026 The instance-ha developers
# SPDX-License-Identifier: Apache-2.0

"""What can go wrong in an agent, short of the storm guard's refusal. All pure."""

RETRY_SECONDS = 2.0


class OptionError(Exception):
    """An option is missing or cannot mean anything."""


class SwitchError(Exception):
    """The way to the power switch did not do as asked.

    ``retry`` says whether the same call may succeed later, ``after`` how many seconds later;
    ``open`` that an action may have been carried out, or still be, although it was not confirmed.
    """

    def __init__(
        self,
        reason: str,
        *,
        retry: bool = False,
        after: float = RETRY_SECONDS,
        open: bool = False,  # noqa: A002 (reads best where it is used)
    ):
        super().__init__(reason)
        self.retry = retry
        self.after = after
        self.open = open
