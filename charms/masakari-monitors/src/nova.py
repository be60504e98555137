# Copyright 2026 The instance-ha developers
# SPDX-License-Identifier: Apache-2.0

"""What nova-compute on this machine calls the hypervisor."""

import configparser
import logging
import pathlib
import socket

logger = logging.getLogger(__name__)

# nova-compute of Debian and Ubuntu reads both, the second over the first, and then the directories.
CONFS = (pathlib.Path("/etc/nova/nova.conf"), pathlib.Path("/etc/nova/nova-compute.conf"))
DIRECTORIES = (
    pathlib.Path("/etc/nova/nova.conf.d"),
    pathlib.Path("/etc/nova/nova-compute.conf.d"),
)


def host() -> str:
    """Return the name under which nova, Masakari and the cluster know this hypervisor.

    Taken from nova-compute's own configuration; they are lost to each other if one letter differs.
    Before nova-compute is configured it is the name that the nova-compute charm will give it.
    """
    # Options may stand there twice (strict) and hold percent signs (interpolation).
    parser = configparser.ConfigParser(strict=False, interpolation=None)
    further = (path for directory in DIRECTORIES for path in sorted(directory.glob("*.conf")))
    for path in (*CONFS, *further):
        try:
            parser.read_string(path.read_text())
        except FileNotFoundError:
            continue
        except (configparser.Error, UnicodeDecodeError) as error:
            logger.warning("%s: %s", path, error)
    return parser.defaults().get("host", "").strip() or socket.getfqdn()
