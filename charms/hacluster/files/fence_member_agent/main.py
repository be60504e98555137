# Copyright 2026 The instance-ha developers
# SPDX-License-Identifier: Apache-2.0

"""The program: what Pacemaker asks, and what it is told."""

import subprocess
import sys

from fence_member_agent import cluster, verdict
from fence_member_agent.cluster import RefusedError

METADATA = f"""<?xml version="1.0" ?>
<resource-agent name="fence_member" shortdesc="Fence agent for members that stop by loss of quorum">
  <longdesc>Confirms that a member that lost contact has had the time to stop what it ran, as
no-quorum-policy=stop makes it do. Cuts nothing off; for members with stateless resources only.</longdesc>
  <vendor-url>https://clusterlabs.org</vendor-url>
  <parameters>
    <parameter name="action" unique="0" required="1">
      <getopt mixed="-o, --action=[action]"/>
      <content type="string" default="off"/>
      <shortdesc lang="en">Fencing action</shortdesc>
    </parameter>
    <parameter name="plug" unique="0" required="1" obsoletes="port">
      <getopt mixed="-n, --plug=[name]"/>
      <content type="string"/>
      <shortdesc lang="en">Name of the member</shortdesc>
    </parameter>
    <parameter name="port" unique="0" required="0" deprecated="1">
      <getopt mixed="-n, --plug=[name]"/>
      <content type="string"/>
      <shortdesc lang="en">Name of the member</shortdesc>
    </parameter>
    <parameter name="wait" unique="0" required="0">
      <getopt mixed="--wait=[seconds]"/>
      <content type="second" default="{verdict.WAIT}"/>
      <shortdesc lang="en">Time for a lost member to stop its resources</shortdesc>
    </parameter>
  </parameters>
  <actions>
    <action name="off"/>
    <action name="reboot"/>
    <action name="status"/>
    <action name="monitor"/>
    <action name="metadata"/>
    <action name="manpage"/>
    <action name="validate-all"/>
  </actions>
</resource-agent>"""


def options() -> dict[str, str]:
    """Return what we were asked, from the arguments and from standard input."""
    found: dict[str, str] = {}
    for argument in sys.argv[1:]:
        name, _, value = argument.lstrip("-").partition("=")
        found["action" if name == "o" else name] = value
    if "action" not in found:
        lines = (line.strip() for line in sys.stdin)
        pairs = (line.partition("=") for line in lines if line and not line.startswith("#"))
        found.update((name, value) for name, _, value in pairs)
    return found


def main() -> int:
    """Do what was asked. Return 0 if it is so, 1 if not, and 2 for status "off"."""
    given = options()
    action = given.get("action", "off")
    if action in ("metadata", "meta-data", "manpage"):
        print(METADATA)
        return 0
    if action == "validate-all":
        return 0 if given.get("wait", str(verdict.WAIT)).isdigit() else 1
    try:
        return _perform(action, given)
    except (RefusedError, OSError, ValueError, subprocess.TimeoutExpired) as error:
        print(f"fence_member: {error}", file=sys.stderr)
        return 1


def _perform(action: str, given: dict[str, str]) -> int:
    target = given.get("plug") or given.get("port") or given.get("nodename") or ""
    if action == "monitor":
        cluster.members()
        return 0
    if action == "status":
        return 2 if cluster.is_lost(target) else 0
    if action not in ("off", "reboot"):
        raise RefusedError(f"action {action} is not supported")
    verdict.off(target, float(given.get("wait") or verdict.WAIT))
    return 0
