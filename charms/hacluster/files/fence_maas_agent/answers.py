# Copyright 2026 The instance-ha developers
# SPDX-License-Identifier: Apache-2.0

"""What an answer of MAAS means: success, try again, or give up. Nothing here does anything.

Source: MAAS 3.x (maasserver/middleware.py for the codes and Retry-After) and Django's redirects.
"""

import dataclasses
import json
from collections.abc import Mapping
from typing import Any

from fence_agent.errors import RETRY_SECONDS, SwitchError

_LONGEST_RETRY_SECONDS = 15.0


class MaasError(SwitchError):
    """MAAS did not do as asked."""


@dataclasses.dataclass(frozen=True)
class Answer:
    """An HTTP response."""

    status: int
    body: str
    headers: Mapping[str, str] = dataclasses.field(default_factory=dict[str, str])


def value_of(answer: Answer) -> Any:
    """Return the JSON value of an answer; ``None`` is MAAS' way to say that it did nothing.

    Raises:
        MaasError: It is a refusal, or no JSON.
    """
    error = error_of(answer)
    if error is not None:
        raise error
    try:
        return json.loads(answer.body)
    except ValueError:
        # Some proxy's page, most likely.
        raise MaasError(f"the answer is not JSON: {_excerpt(answer)}", retry=True) from None


def error_of(answer: Answer) -> MaasError | None:
    """Return what an answer refuses; ``None`` if it is a success."""
    status = answer.status
    if 200 <= status < 300:
        return None
    if 300 <= status < 400:
        place = answer.headers.get("location", "elsewhere")
        return MaasError(f"MAAS redirects to {place} ({status}); correct the url")
    if status == 401:
        return MaasError(f"MAAS refused the API key (401): {_excerpt(answer)}")
    if status == 403:
        return MaasError(
            "MAAS does not allow it (403): the machine is locked, or the API key's user may not"
            f" control it: {_excerpt(answer)}"
        )
    if status == 404:
        return MaasError(f"MAAS knows no such machine (404): {_excerpt(answer)}")
    if status == 410:
        return MaasError("this MAAS does not speak API 2.0 (410)")
    if status == 409 and "allocated" in answer.body:
        return MaasError(f"MAAS cannot switch it on (409): {_excerpt(answer)}")
    if status in (408, 409, 425, 429) or status >= 500:
        reason = f"MAAS could not answer ({status}): {_excerpt(answer)}"
        return MaasError(reason, retry=True, after=_after(answer), open=status in (502, 504))
    return MaasError(f"MAAS rejected the request ({status}): {_excerpt(answer)}")


def _after(answer: Answer) -> float:
    try:
        wanted = float(answer.headers.get("retry-after", ""))
    except ValueError:
        return RETRY_SECONDS
    return min(max(wanted, 0.0), _LONGEST_RETRY_SECONDS)


def _excerpt(answer: Answer) -> str:
    text = " ".join(answer.body.split())
    return text[:200] or "(no text)"
