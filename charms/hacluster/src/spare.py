# Copyright 2026 The instance-ha developers
# SPDX-License-Identifier: Apache-2.0

"""Remotes that the cluster leaves alone for a while, so that nobody is fenced for what is done on purpose (pure).

A connection that is not managed may break: the host counts as offline then, and is not powered off. (To
put the host into maintenance is not enough: a connection that breaks is a reason to fence all the same.)
Which connections that are is written down in the same change of the configuration. So whoever leads
afterwards takes up exactly these again, and not one that somebody else has paused.
"""

import copy
import xml.etree.ElementTree as ET

import cib
import remotes

_SPARED = f"{cib.OWN_PROPERTIES}-spared"
_MANAGED = "is-managed"
_MAINTENANCE = "maintenance-mode"
_META = "meta_attributes"
_OURS = "switch-transport"  # value of the order to hold fencing, if it is ours to take back


def names(configuration: ET.Element) -> tuple[str, ...]:
    """Return the remotes that are left alone by us."""
    return tuple(cib.properties(configuration).get(_SPARED, "").split())


def begin(present: ET.Element) -> ET.Element:
    """Return the configuration with all remotes left alone that are looked after now."""
    result = copy.deepcopy(present)
    spared = set(names(present))
    for host in remotes.present(present):
        connection = cib.resource(result, host.name)
        if connection is None or _MANAGED in cib.attributes(connection, _META):
            continue
        meta = connection.find(_META)
        if meta is None:
            meta = ET.Element(_META, id=f"{host.name}-{_META}")
            # Before the operations, as crmsh and crm_resource would put it.
            connection.insert(len(connection.findall("instance_attributes")), meta)
        meta.extend(cib.nvpairs(meta.get("id", ""), {_MANAGED: "false"}))
        spared.add(host.name)
    if spared:
        _note(result, spared)
    return result


def end(present: ET.Element) -> ET.Element:
    """Return the configuration with the remotes looked after again that we left alone."""
    result = copy.deepcopy(present)
    for name in names(present):
        connection = cib.resource(result, name)
        meta = None if connection is None else connection.find(_META)
        if connection is None or meta is None:
            continue  # it is gone, or somebody was quicker
        for pair in meta.findall(f"nvpair[@name='{_MANAGED}']"):
            meta.remove(pair)
        if len(meta) == 0:
            connection.remove(meta)
    cib.remove_pair(result, _SPARED)
    return result


def everything(present: ET.Element) -> ET.Element:
    """Return the configuration in which the cluster touches nothing, remotes included, and fences nobody.

    In maintenance mode Pacemaker neither stops what it does not see nor fences (``have_managed_resources`` of
    its scheduler). The order to the storm guard holds on until the remotes are connected again: by then the mode
    has ended, and one that does not connect at once would be powered off.
    """
    result = begin(present)
    cib.set_pairs(result, "crm_config", cib.PROPERTIES, {_MAINTENANCE: "true"})
    if cib.HOLD not in cib.properties(result):
        cib.set_pairs(result, "crm_config", cib.OWN_PROPERTIES, {cib.HOLD: _OURS})
    return result


def nothing(present: ET.Element, *, maintenance: bool) -> ET.Element:
    """Return the configuration in which the cluster looks after everything again; fencing is still held.

    Args:
        present: The present one.
        maintenance: Whether an operator wants maintenance mode.
    """
    result = end(present)
    mode = "true" if maintenance else "false"
    cib.set_pairs(result, "crm_config", cib.PROPERTIES, {_MAINTENANCE: mode})
    return result


def holds(configuration: ET.Element) -> bool:
    """Return whether fencing is held by us."""
    return cib.properties(configuration).get(cib.HOLD) == _OURS


def _note(configuration: ET.Element, spared: set[str]) -> None:
    told = {_SPARED: " ".join(sorted(spared))}
    cib.set_pairs(configuration, "crm_config", cib.OWN_PROPERTIES, told)
