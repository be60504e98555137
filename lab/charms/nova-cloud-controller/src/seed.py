# Copyright 2026 The instance-ha developers
# SPDX-License-Identifier: Apache-2.0

"""What a user of the lab needs at once: a flavour and an image."""

import logging

import guest
from lab_charm import api

logger = logging.getLogger(__name__)

FLAVOUR = "tiny"
IMAGE = "heartbeat"


def ensure(session: api.Session) -> None:
    """Make the flavour and the image unless they are there."""
    compute, glance = session.endpoint("compute"), f"{session.endpoint('image')}/v2"
    if FLAVOUR not in [
        flavour["name"] for flavour in session.get(f"{compute}/flavors")["flavors"]
    ]:
        new = {"name": FLAVOUR, "ram": 32, "vcpus": 1, "disk": 1}
        session.send("POST", f"{compute}/flavors", {"flavor": new})
    found = session.get(f"{glance}/images?name={IMAGE}")["images"]
    if not any(image["status"] == "active" for image in found):
        new = {
            "name": IMAGE,
            "disk_format": "raw",
            "container_format": "bare",
            "visibility": "public",
        }
        image = session.send("POST", f"{glance}/images", new)
        session.upload(f"{glance}/images/{image['id']}/file", guest.image())
        logger.info("uploaded the image %s", IMAGE)
