# Copyright 2026 The instance-ha developers
# SPDX-License-Identifier: Apache-2.0

"""Asking MAAS which machines the hosts are that want to be fenced."""

import bmc
import fencing
import maas
import matching
import pacemaker
from access import Access
from config import Config
from instance_ha.command import CommandError
from instance_ha.interfaces.pacemaker_remote import Remote


def ask(config: Config, access: Access, hosts: tuple[Remote, ...]) -> matching.Report:
    """Return which machines the hosts are that ask for fencing."""
    names = sorted(host.fencing_name for host in hosts if host.fencing_name)
    entries = bmc.match(access.bmcs, [host.hostname for host in hosts]).entries
    # Who has a BMC of which we know can be powered off without MAAS.
    otherwise = {host.fencing_name for host in hosts if host.hostname in entries}
    if not (config.maas_url and access.maas_key):
        needed = "maas_url and maas_credentials must be set"
        return matching.Report({}, (needed,) if set(names) - otherwise else ())
    if not names:
        return matching.Report({})
    try:
        where = maas.Place(config.maas_url, maas.Key.parse(access.maas_key), access.maas_ca)
        found = maas.find(where, [name.partition(".")[0] for name in names])
    except ValueError as error:
        return matching.Report({}, (f"maas_credentials: {error}",))
    except maas.MaasError as error:
        return matching.Report({}, (f"MAAS: {error}",))
    report = matching.match(names, found, otherwise)
    try:
        present = fencing.present(pacemaker.configuration())
    except CommandError:
        return report  # there is no cluster yet
    return matching.changed(report, present.machines)
