#!/usr/bin/env python3
# Copyright 2026 The instance-ha developers
# SPDX-License-Identifier: Apache-2.0

"""The fencing device external/maas, as cluster-glue calls such programs: ``maas ACTION [HOST]``.

It does what the predecessor's does, and no more: whatever MAAS answers to an order, the host counts as
switched. Parameters come in the environment. cluster-glue's README.external tells of the calls.
"""

import json
import os
import sys
import time
import urllib.parse
import urllib.request
import uuid
from typing import Any

_PARAMETERS = ("hostnames", "url", "apikey")
_INFO = {
    "getinfo-devid": "external/maas",
    "getinfo-devname": "MAAS",
    "getinfo-devdescr": "Power of machines through MAAS",
    "getinfo-devurl": "https://maas.io",
    "getinfo-xml": "<parameters>"
    + "".join(f'<parameter name="{n}"><content type="string"/></parameter>' for n in _PARAMETERS)
    + "</parameters>",
}


def _parameter(name: str) -> str:
    return os.environ[name]


def _authorization() -> str:
    consumer, token, secret = _parameter("apikey").split(":")
    fields = {
        "oauth_version": "1.0",
        "oauth_signature_method": "PLAINTEXT",
        "oauth_consumer_key": consumer,
        "oauth_token": token,
        "oauth_signature": f"%26{secret}",
        "oauth_nonce": uuid.uuid4().hex,
        "oauth_timestamp": str(int(time.time())),
    }
    return "OAuth " + ", ".join(f'{key}="{value}"' for key, value in fields.items())


def _call(path: str, form: dict[str, str] | None = None) -> Any:  # noqa: ANN401 (JSON)
    request = urllib.request.Request(  # noqa: S310 (the operator's own URL)
        f"{_parameter('url').rstrip('/')}/api/2.0/{path}",
        data=None if form is None else urllib.parse.urlencode(form).encode(),
        headers={"Authorization": _authorization()},
    )
    with urllib.request.urlopen(request, timeout=20) as answer:  # noqa: S310
        return json.loads(answer.read() or b"null")


def _machine(host: str) -> str:
    short = urllib.parse.quote(host.partition(".")[0])
    (found,) = _call(f"machines/?hostname={short}")
    return str(found["system_id"])


def _power(action: str, host: str) -> None:
    machine = _machine(host)
    if action in ("off", "reset"):
        _call(f"machines/{machine}/?op=power_off", {"stop_mode": "hard"})
    if action in ("on", "reset"):
        _call(f"machines/{machine}/?op=power_on", {})


def main(words: list[str]) -> int:
    """Do one thing."""
    action, host = words[0], (words[1:] or [""])[0]
    if action == "getconfignames":
        print("\n".join(_PARAMETERS))
    elif action in _INFO:
        print(_INFO[action])
    elif action == "gethosts":
        print("\n".join(_parameter("hostnames").split()))
    elif action == "status":
        _call("version/")
    elif action in ("on", "off", "reset"):
        _power(action, host)
    else:
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
