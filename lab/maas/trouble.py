# Copyright 2026 The instance-ha developers
# SPDX-License-Identifier: Apache-2.0

"""What a MAAS in trouble answers, with the codes, texts and headers of the real one.

Source: MAAS 3.x, maasserver/middleware.py (APIErrorsMiddleware) and its error classes; the codes of
gateways are those of whatever proxy stands before it.
"""

from collections.abc import Mapping

from lab.maas.exchange import Reply, Request, as_json, as_text

HANG_UP = 0
"""The status of a reply that is none: the connection is closed without a word."""

TROUBLES: Mapping[str, Reply] = {
    "redirect": as_text("", 302, Location="/MAAS/accounts/login/"),
    "bad-request": as_text("Unrecognised signature: method=POST op=power_off", 400),
    "unauthorized": as_text(
        "Authorization Error: Invalid API key.", 401, WWW_Authenticate='OAuth realm="OAuth"'
    ),
    "forbidden": as_text("You are not allowed to perform this operation.", 403),
    "not-found": as_text("No Machine matches the given query.", 404),
    "conflict": as_text("Conflict error. Try your request again.", 409, Retry_After="5"),
    "gone": as_text("The 1.0 API is no longer available. Please use 2.0.", 410),
    "throttled": as_text("Too many requests.", 429, Retry_After="5"),
    "failure": as_text("Failed to power off: the BMC answered with an error.", 500),
    "bad-gateway": as_text("<h1>502 Bad Gateway</h1>", 502),
    "no-rack": as_text(
        "Unable to connect to any rack controller; no connections available.",
        503,
        Retry_After="10",
    ),
    "timeout": as_text("Timed out waiting for the rack controller.", 504),
    # The action is carried out, and whoever asked for it never hears of it.
    "lost-answer": as_text("<h1>504 Gateway Time-out</h1>", 504),
    "page": as_text("<!doctype html><title>Log in</title>", 200),
    "another-shape": as_json(["nothing", "of", "use"]),
    "hang-up": Reply(HANG_UP, b""),
}


def concerns(calls: str, request: Request) -> bool:
    """Return whether a request is of a kind: all, reads, queries (of power) or actions."""
    kind = (
        "actions"
        if request.method != "GET"
        else "queries"
        if request.op == "query_power_state"
        else "reads"
    )
    return calls in ("all", kind)


def reply(name: str, retry_after: float) -> Reply:
    """Return the reply of a trouble.

    Args:
        name: Which.
        retry_after: Seconds to ask for in its stead, if it asks for some; 0 leaves it as it is.
    """
    found = TROUBLES[name]
    if retry_after and "Retry-After" in found.headers:
        headers = {**found.headers, "Retry-After": f"{retry_after:g}"}
        return Reply(found.status, found.body, found.content_type, headers)
    return found
