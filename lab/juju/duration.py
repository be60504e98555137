# Copyright 2026 The instance-ha developers
# SPDX-License-Identifier: Apache-2.0

"""Durations as Go writes them: ``5m``, ``1h30m``, ``90s``."""

import re

_SECONDS = {"ms": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0}
_PART = re.compile(r"(\d+(?:\.\d+)?)(ms|s|m|h)")


def parse_duration(text: str) -> float:
    """Return seconds.

    Raises:
        ValueError: It is no duration.
    """
    parts = _PART.findall(text)
    if not parts or "".join(number + unit for number, unit in parts) != text:
        raise ValueError(f'invalid duration "{text}"')
    return sum(float(number) * _SECONDS[unit] for number, unit in parts)
