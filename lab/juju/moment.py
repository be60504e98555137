# Copyright 2026 The instance-ha developers
# SPDX-License-Identifier: Apache-2.0

"""Times as Juju writes them."""

import datetime


def now() -> str:
    """Return the time as RFC 3339 in UTC, to the second, as Juju's JSON has it."""
    return stamp(datetime.datetime.now(datetime.timezone.utc))


def stamp(moment: datetime.datetime) -> str:
    """Return a time with a zone as RFC 3339 in UTC."""
    return moment.astimezone(datetime.timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")
