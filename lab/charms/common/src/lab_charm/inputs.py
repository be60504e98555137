# Copyright 2026 The instance-ha developers
# SPDX-License-Identifier: Apache-2.0

"""What each charm of Nova's programs asks of others, and gets: the message queue, an operator's flags."""

import ops

from lab_charm import ini, nova, ready

_USER, _VHOST = "nova", "openstack"


def ask_for_queue(charm: ops.CharmBase) -> None:
    """Ask RabbitMQ for a user and a virtual host, which all of Nova's programs share."""
    for relation in charm.model.relations["amqp"]:
        relation.data[charm.unit].update({"username": _USER, "vhost": _VHOST})


def queue(charm: ops.CharmBase) -> str:
    """Return the URL of the message queue.

    Raises:
        NotReadyError: There is no relation, or no answer yet.
    """
    relation = ready.related(charm, "amqp")
    for unit in relation.units:
        url = nova.transport_url(relation.data[unit], _USER, _VHOST)
        if url:
            return url
    raise ready.waiting("Waiting for a message queue")


def flags(charm: ops.CharmBase) -> dict[str, dict[str, str]]:
    """Return the option ``config-flags`` by sections.

    Raises:
        NotReadyError: It cannot be read.
    """
    try:
        return ini.parse_flags(str(charm.config["config-flags"]))
    except ValueError as error:
        raise ready.NotReadyError(ops.BlockedStatus(str(error))) from None
