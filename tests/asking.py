# Copyright 2026 The instance-ha developers
# SPDX-License-Identifier: Apache-2.0

"""Masakari's API asked again and again, from another unit, each time over a new connection."""

import contextlib
import dataclasses
import json
import threading
import urllib.parse
from collections.abc import Generator

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
print(json.dumps({"waits": waits, "failures": failures}))
"""
_AT_A_TIME = 20.0  # seconds; between two there is a moment in which nobody asks


@dataclasses.dataclass
class Answers:
    """What came of it: how long each request took, in seconds, and what failed."""

    waits: list[float] = dataclasses.field(default_factory=list[float])
    failures: list[str] = dataclasses.field(default_factory=list[str])

    def __str__(self) -> str:
        longest = ", ".join(f"{wait:.1f}" for wait in sorted(self.waits)[-5:])
        count = len(self.waits)
        return f"{count} requests, {len(self.failures)} failed; the longest took {longest} s"


def versions(openstack: OpenStack) -> str:
    """Return where the API tells its versions, to anybody.

    Not its health: a unit that is about to reload denies that, for haproxy to send it nothing more.
    """
    (endpoint,) = openstack.list(
        "endpoint", "list", "--service", "instance-ha", "--interface", "public"
    )
    parts = urllib.parse.urlsplit(str(endpoint["URL"]))
    return f"{parts.scheme}://{parts.netloc}/"


def ask(juju: jubilant.Juju, url: str, authority: str = "", seconds: float = 0.0) -> Answers:
    """Ask for a while, at least once.

    Args:
        juju: The model.
        url: What to ask for.
        authority: The file, on the asking unit, of whom to trust; empty is whom its machine trusts.
        seconds: How long.
    """
    arguments = ("/usr/bin/python3", "-c", _ASK, url, authority, str(seconds))
    return Answers(**json.loads(juju.exec(*arguments, unit=_CLIENT, wait=seconds + 120).stdout))


@contextlib.contextmanager
def asked(juju: jubilant.Juju, url: str, authority: str = "") -> Generator[Answers]:
    """Ask as long as this lasts; the answers are all there afterwards."""
    answers, over = Answers(), threading.Event()

    def go_on() -> None:
        while not over.is_set():
            some = ask(juju, url, authority, _AT_A_TIME)
            answers.waits += some.waits
            answers.failures += some.failures

    thread = threading.Thread(target=go_on, name="asking")
    thread.start()
    try:
        yield answers
    finally:
        over.set()
        thread.join()
