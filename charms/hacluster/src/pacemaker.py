# Copyright 2026 The instance-ha developers
# SPDX-License-Identifier: Apache-2.0

"""The one door to Pacemaker."""

import logging
import pathlib
import random
import tempfile
import time
import xml.etree.ElementTree as ET
from collections.abc import Callable

import cib
import crm_mon
from instance_ha import command, files, systemd
from instance_ha.command import CommandError

logger = logging.getLogger(__name__)

AUTHKEY = pathlib.Path("/etc/pacemaker/authkey")
SERVICE = "pacemaker"
CIBADMIN = "/usr/sbin/cibadmin"
CRM_ATTRIBUTE = "/usr/sbin/crm_attribute"
CRM_DIFF = "/usr/sbin/crm_diff"
CRM_MON = "/usr/sbin/crm_mon"
CRM_NODE = "/usr/sbin/crm_node"
CRM_RESOURCE = "/usr/sbin/crm_resource"
STONITH_ADMIN = "/usr/sbin/stonith_admin"

_STATUS = (CRM_MON, "--one-shot", "--inactive", "--output-as=xml")
_LIVE = pathlib.Path("/var/lib/pacemaker/cib/cib.xml")
_USER, _GROUP = "hacluster", "haclient"

_CONFLICT = 103  # crm_exit_t CRM_EX_OLD: the configuration has moved on since it was read
_INVALID = 78  # CRM_EX_CONFIG: it does not conform to the schema
_DIFFERENT = 1
_ATTEMPTS = 5
# By default a starting cluster waits 20 s for a coordinator that may exist already.
_FIRST_ELECTION = "5s"


class ConfigurationError(Exception):
    """Pacemaker does not accept a configuration; the present one stays."""


def status() -> crm_mon.Status | None:
    """Return what the cluster says of itself; ``None`` if Pacemaker does not run here."""
    text = status_xml()
    return None if text is None else crm_mon.parse(text)


def status_xml(*, history: bool = False, fencing: bool = False) -> str | None:
    """Return what ``crm_mon`` prints; ``None`` if Pacemaker does not run here.

    Args:
        history: Of operations, as well.
        fencing: All of its history, as well.
    """
    extra = (("--include=operations",) if history else ()) + (
        ("--include=fencing",) if fencing else ()
    )
    try:
        return command.run(*_STATUS, *extra, timeout=30)
    except CommandError as error:
        logger.debug("no status: %s", error)
        return None


def configuration() -> ET.Element:
    """Return the configuration and state of the cluster, as its coordinator has it."""
    return ET.fromstring(command.run(CIBADMIN, "--query"))


def version() -> str:
    """Return the version of the configuration; every change makes another one."""
    root = configuration()
    return f"{root.get('admin_epoch')}.{root.get('epoch')}"


def wait_for_coordinator(node: str, *, timeout: float = 60.0) -> bool:
    """Wait for this member to be part of a cluster that has a coordinator. Return whether it is.

    Args:
        node: This member's name.
        timeout: Seconds; allows for the first election and a slow start.
    """
    return wait(lambda: _has_joined(node), timeout=timeout)


def _has_joined(node: str) -> bool:
    now = status()
    me = now.node(node) if now else None
    return bool(now and now.dc and me and me.online)


def wait(condition: Callable[[], bool], *, timeout: float) -> bool:
    """Wait until a condition holds, for at most so many seconds. Return whether it does."""
    end = time.monotonic() + timeout
    while not condition():
        if time.monotonic() > end:
            return False
        time.sleep(0.5)
    return True


def settle(*, timeout: float) -> None:
    """Wait until the cluster has done what there was to do, or the seconds are over."""
    command.attempt(CRM_RESOURCE, "--wait", f"--timeout={timeout:.0f}s", timeout=timeout + 30)


def seed() -> bool:
    """Give a member that has never been one a configuration that lets a cluster start quickly.

    Its version is below that of any cluster it may join, so it never wins against one.
    """
    if _LIVE.exists():
        return False
    empty = ET.fromstring(command.run(CIBADMIN, "--empty"))
    for counter in ("admin_epoch", "epoch", "num_updates"):
        empty.set(counter, "0")
    cib.set_pairs(empty, "crm_config", cib.PROPERTIES, {"dc-deadtime": _FIRST_ELECTION})
    return files.ensure(
        _LIVE, ET.tostring(empty, encoding="unicode"), mode=0o600, user=_USER, group=_GROUP
    )


def ensure_authkey(key: bytes) -> bool:
    """Write the key that members share with remotes; it is read with every new connection."""
    return files.ensure(AUTHKEY, key, mode=0o640, group=_GROUP)


def commit(build: Callable[[ET.Element], ET.Element]) -> bool:
    """Change the configuration in one step, or not at all. Return whether there was a change.

    Args:
        build: Returns the wanted configuration, given the present one. Called again when the
            configuration has moved on meanwhile.

    Raises:
        ConfigurationError: Pacemaker does not accept what ``build`` returned.
        CommandError: The change could not be made.
    """
    for attempt in range(_ATTEMPTS):
        text = command.run(CIBADMIN, "--query")
        present = ET.fromstring(text)
        wanted = build(present)
        if cib.equal(present, wanted):
            return False
        if _commit(text, wanted):
            logger.info("committed a change of the cluster's configuration")
            return True
        logger.debug("the configuration has moved on; attempt %d", attempt + 1)
        time.sleep(random.uniform(0.1, 0.5) * (attempt + 1))  # noqa: S311 (jitter, not a secret)
    raise CommandError("cibadmin", _CONFLICT, f"the configuration moved on {_ATTEMPTS} times")


def _commit(present: str, wanted: ET.Element) -> bool:
    """Commit a configuration unless the present one has moved on. Return whether it was."""
    # A patch that does not lead to a later version is refused as if it came too late.
    wanted.set("epoch", str(int(wanted.get("epoch", "0")) + 1))
    wanted.set("num_updates", "0")
    with tempfile.TemporaryDirectory(prefix="hacluster-") as directory:
        before, after = pathlib.Path(directory, "before.xml"), pathlib.Path(directory, "after.xml")
        before.write_text(present)
        after.write_text(ET.tostring(wanted, encoding="unicode"))
        difference = command.attempt(CRM_DIFF, "--original", str(before), "--new", str(after))
        if difference.returncode != _DIFFERENT:
            raise CommandError("crm_diff", difference.returncode, difference.stderr)
        patch = pathlib.Path(directory, "patch.xml")
        patch.write_text(difference.stdout)
        answer = command.attempt(CIBADMIN, "--patch", "--xml-file", str(patch))
    if answer.returncode == _INVALID:
        raise ConfigurationError(answer.stderr.strip()[-400:])
    if answer.returncode not in (0, _CONFLICT):
        raise CommandError("cibadmin", answer.returncode, answer.stderr)
    return answer.returncode == 0


def set_node_attribute(node: str, name: str, value: str | None) -> None:
    """Set an attribute of a node for good, or delete it."""
    change = ("--delete",) if value is None else ("--update", value)
    command.run(CRM_ATTRIBUTE, "--node", node, "--name", name, "--lifetime", "forever", *change)


def set_property(name: str, value: str | None) -> None:
    """Set one of the charm's own properties of the cluster, or delete it, wherever it is.

    Not by a patch: that would have to be repeated for as long as the state of lost hosts changes.
    """
    which = ("--type", "crm_config", "--name", name)
    if value is None:
        command.run(CRM_ATTRIBUTE, *which, "--delete")
    else:
        command.run(CRM_ATTRIBUTE, *which, "--set-name", cib.OWN_PROPERTIES, "--update", value)


def cleanup(resource: str | None) -> None:
    """Forget the failures of a resource, or of all."""
    command.run(CRM_RESOURCE, "--cleanup", *(("--resource", resource) if resource else ()))


def fence(node: str, *, timeout: float) -> bool:
    """Ask for a node to be fenced, and wait for it. Return whether it was.

    Args:
        node: Its name.
        timeout: Seconds.
    """
    answer = command.attempt(
        STONITH_ADMIN, "--fence", node, "--timeout", f"{timeout:.0f}", timeout=timeout + 30
    )
    logger.info(
        "fencing %s: %s", node, "done" if answer.returncode == 0 else answer.stderr.strip()
    )
    return answer.returncode == 0


def confirm_fenced(node: str) -> None:
    """Make the cluster believe a human that a node has no power."""
    command.run(STONITH_ADMIN, "--confirm", node)


def forget() -> None:
    """Remove what made this machine a member."""
    files.ensure_absent(AUTHKEY)
    for file in sorted(_LIVE.parent.glob("cib*")):
        files.ensure_absent(file)


def is_running() -> bool:
    """Return whether Pacemaker's daemon runs, whatever it answers."""
    return systemd.read(SERVICE)[SERVICE].is_active
