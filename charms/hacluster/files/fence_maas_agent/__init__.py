# Copyright 2026 The instance-ha developers
# SPDX-License-Identifier: Apache-2.0

"""A fence agent for machines that MAAS manages: off means that their BMC says so, twice.

Pacemaker runs it as the stonith class agent ``fence_maas`` (options as lines on standard input),
people run it with options. It is fail-safe in one direction: whenever it cannot be certain that the
right machine has no power, it fails, and Pacemaker does not call the node fenced.

Installation: ``fence_maas`` to ``/usr/sbin`` (0755), this package and ``fence_agent`` to
``/usr/share/instance-ha-fencing``. It needs the distribution's Python 3.10 or later and nothing else. The API key of MAAS stands alone in a file that only root can read and write.

Parameters of the device, as the charm writes them::

    url=http://10.0.0.1:5240/MAAS             address of MAAS; with https, see ssl_ca
    credentials_file=/etc/pacemaker/fence_maas.key
                                              the API key, consumer:token:secret, 0600
    hosts="ID:HOSTNAME:UUID:OWNER ..."        which machine is which: MAAS' system_id, the short
                                              host name, the mainboard's UUID, the user that it
                                              is deployed to (the last two may be left out); a
                                              value that begins with "/" is a file holding that
    pcmk_host_map="NODE:ID;NODE:ID"           Pacemaker's: node to system_id, which arrives as plug
    pcmk_host_list, pcmk_host_check=static-list, pcmk_action_limit=-1
    max_hosts, window, monitor_host           the storm guard (see guard); without them none
    pcmk_off_timeout                          must exceed total_timeout (120 s by default)

Beside the standard actions (on, off, reboot, status, monitor, list, list-status, validate-all,
metadata) there are some of our own, which answer with JSON: ``inventory``, what MAAS knows
of its machines, for whoever has to write ``hosts``; ``examine``, everything that ``off`` does but the
switching, for all ``hosts`` at the same time; ``describe``, the same without asking their BMCs;
``guard``, whether the storm guard holds fencing.
"""
