# Copyright 2026 The instance-ha developers
# SPDX-License-Identifier: Apache-2.0

"""The action ``purge-notifications``: what Masakari's tables keep and nobody needs any more."""

import json
from typing import Annotated

import pydantic

import database
from action import Action, ActionError, Results
from instance_ha.command import CommandError


class PurgeNotifications(pydantic.BaseModel):
    """Parameters of purge-notifications; the monitor looks for former reports in the last two days."""

    age: Annotated[int, pydantic.Field(ge=3, le=3650)] = 30
    limit: Annotated[int, pydantic.Field(ge=1)] | None = None


def purge_notifications(params: PurgeNotifications, _: frozenset[str]) -> Results:
    """Delete what has ended or was deleted long ago, and tell how much it was."""
    try:
        counts = database.purge(params.age, params.limit)
    except CommandError as error:
        raise ActionError(str(error))
    found = [f"{count} {table.replace('_', ' ')}" for table, count in counts.items() if count]
    outcome = f"deleted {', '.join(found) or 'nothing'}, older than {params.age} days"
    if params.limit is not None and sum(counts.values()) >= params.limit:
        outcome += "; the limit is reached, there may be more"
    return {"outcome": outcome, "counts": json.dumps(counts)}


ACTIONS = {"purge-notifications": Action(PurgeNotifications, purge_notifications)}
