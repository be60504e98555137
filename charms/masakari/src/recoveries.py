# Copyright 2026 The instance-ha developers
# SPDX-License-Identifier: Apache-2.0

"""Whether an engine is at work, so that nobody takes it away in the middle."""

import datetime
import logging
from typing import Any

import api

logger = logging.getLogger(__name__)

# A notification that nobody has touched for so long is stuck, and its engine gone: Masakari itself would
# call it running for a day.
_STUCK = datetime.timedelta(hours=1)


def running() -> list[str]:
    """Return what the engines of all units recover now, in words; nothing if nobody can be asked.

    A cloud that does not answer is none that recovers, and a new password may be what it waits for.
    """
    try:
        (said,) = api.call(api.Call("GET", "/notifications?status=running"))
    except api.ApiError as error:
        logger.warning("whether a recovery runs is not known: %s", error)
        return []
    now = datetime.datetime.now(datetime.timezone.utc).replace(tzinfo=None)
    return [_name(row) for row in said["notifications"] if now - _touched(row) < _STUCK]


def _name(row: dict[str, Any]) -> str:
    return f"{row['type']} {row['notification_uuid']}"


def _touched(row: dict[str, Any]) -> datetime.datetime:
    text: str = row.get("updated_at") or row["generated_time"]
    return datetime.datetime.fromisoformat(text.split(".")[0])
