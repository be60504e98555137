# Copyright 2026 The instance-ha developers
# SPDX-License-Identifier: Apache-2.0

"""Masakari's API asked again and again, from another unit, each time over a new connection."""

import dataclasses
import json
import urllib.parse

import jubilant

from lab.story.openstack import OpenStack

_CLIENT = "nova-cloud-controller/0"
_ASK = """
import json, ssl, sys, time, urllib.request
url, authority, seconds = sys.argv[1], sys.argv[2] or None, float(sys.argv[3])
context = ssl.create_default_context(cafile=authority)
end, waits, failures = time.time() + seconds, [], []
while not waits or time.time() < end:
    begun = time.time()
    try:
        urllib.request.urlopen(url, timeout=30, context=context).read()
    except OSError as error:
        failures.append(str(error))
    waits.append(round(time.time() - begun, 2))
    time.sleep(0.2)
print(json.dumps({"asked": len(waits), "failures": failures, "waits": sorted(waits)[-5:]}))
"""


@dataclasses.dataclass(frozen=True)
class Answers:
    """What came of it: how often it was asked, what failed, the longest waits in seconds."""

    asked: int
    failures: list[str]
    waits: list[float]

    def __str__(self) -> str:
        longest = ", ".join(f"{wait:.1f}" for wait in self.waits)
        return f"{self.asked} requests, {len(self.failures)} failed; the longest took {longest} s"


def health(openstack: OpenStack) -> str:
    """Return where the API says without a token whether it is well."""
    (endpoint,) = openstack.list(
        "endpoint", "list", "--service", "instance-ha", "--interface", "public"
    )
    parts = urllib.parse.urlsplit(str(endpoint["URL"]))
    return f"{parts.scheme}://{parts.netloc}/healthcheck"


def ask(juju: jubilant.Juju, url: str, authority: str = "", seconds: float = 0.0) -> Answers:
    """Ask for a while, at least once.

    Args:
        juju: The model.
        url: What to ask for.
        authority: The file, on the asking unit, of whom to trust; empty is whom its machine trusts.
        seconds: How long.
    """
    arguments = ("/usr/bin/python3", "-c", _ASK, url, authority, str(seconds))
    said = juju.exec(*arguments, unit=_CLIENT, wait=seconds + 120).stdout
    return Answers(**json.loads(said))
