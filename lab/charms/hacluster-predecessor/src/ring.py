# Copyright 2026 The instance-ha developers
# SPDX-License-Identifier: Apache-2.0

"""corosync.conf and its neighbours, with the settings that the predecessor writes (pure).

What Corosync 3 does not know any more is there as well: rrp_mode, vsftype, threads.
"""

from collections.abc import Mapping

CONF = "/etc/corosync/corosync.conf"
DEFAULTS = "/etc/default/corosync"
AUTHKEY = "/etc/corosync/authkey"
ACCESS = "/etc/corosync/uidgid.d/hacluster"

DEFAULTS_TEXT = "START=yes\n"
ACCESS_TEXT = "uidgid {\n  uid: hacluster\n  gid: haclient\n}\n"

_FIRST_ID = 1000

_TOTEM = """\
totem {
  version: 2
  token: 3000
  token_retransmits_before_loss_const: 10
  join: 60
  consensus: 3600
  vsftype: none
  max_messages: 20
  clear_node_high_bit: yes
  secauth: off
  threads: 0
  ip_version: ipv4
  rrp_mode: none
  transport: udpu
}
"""
_LOGGING = """\
logging {
  fileline: off
  to_stderr: yes
  to_logfile: no
  to_syslog: yes
  syslog_facility: daemon
  debug: off
  logger_subsys {
    subsys: QUORUM
    debug: off
  }
}
"""


def node_id(unit: str) -> int:
    """Return the id in the ring of a unit, given the unit's name."""
    return _FIRST_ID + int(unit.rpartition("/")[2])


def render(addresses: Mapping[int, str]) -> str:
    """Return corosync.conf for members; they have addresses and ids, and no names.

    Args:
        addresses: By the ids in the ring, in the order in which they are written: this unit comes
            last, so every member's file is another one.
    """
    nodes = "".join(
        f"  node {{\n    ring0_addr: {address}\n    nodeid: {number}\n  }}\n"
        for number, address in addresses.items()
    )
    two = "  two_node: 1\n" if len(addresses) == 2 else ""
    quorum = f"quorum {{\n  provider: corosync_votequorum\n{two}}}\n"
    return "\n".join((_TOTEM, quorum, f"nodelist {{\n{nodes}}}\n", _LOGGING))
