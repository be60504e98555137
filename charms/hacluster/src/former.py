# Copyright 2026 The instance-ha developers
# SPDX-License-Identifier: Apache-2.0

"""Members that have left, and what this one remembers of them."""

import logging
from collections.abc import Iterator

import pacemaker
from instance_ha import command
from instance_ha.command import CommandError

logger = logging.getLogger(__name__)


def forget() -> None:
    """Forget here who is no member any more by the cluster's configuration.

    Pacemaker 2.1 has only the member that is asked forget a node. The others remember it, and whichever of them
    becomes coordinator puts it into the configuration again (seen with 2.1.5).
    """
    try:
        lost = [name for name, state in _remembered() if state == "lost"]
        if not lost:
            return  # as nearly always, and the whole configuration need not be read
        nodes = pacemaker.configuration().iterfind("configuration/nodes/node")
        for name in sorted(set(lost) - {node.get("uname") for node in nodes}):
            logger.info("member %s has left, and is forgotten here as well", name)
            command.run(pacemaker.CRM_NODE, "--force", "--remove", name)
    except CommandError as error:
        logger.warning("members that have left may still be remembered here: %s", error)


def _remembered() -> Iterator[tuple[str, str]]:
    """Yield the members that this one remembers, by name, each with its state."""
    for row in command.run(pacemaker.CRM_NODE, "--list").splitlines():
        _, name, state = (*row.split(), "", "", "")[:3]
        yield name, state
