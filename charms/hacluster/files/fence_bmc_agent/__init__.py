# Copyright 2026 The instance-ha developers
# SPDX-License-Identifier: Apache-2.0

"""A fence agent that reaches hosts' BMCs without MAAS: the second level, for when MAAS is down.

Pacemaker runs it as the stonith class agent ``fence_bmc``. It does not speak to BMCs itself: it runs
``fence_ipmilan`` or ``fence_redfish`` of the distribution, with the storm guard before and two live
looks after, like ``fence_maas``. What they need to know stands in one file that only root can read:
JSON, for each host ``kind`` (``ipmi`` or ``redfish``), ``address``, ``username``, ``password``, and
what else there is to say (see request).

Installation: ``fence_bmc`` to ``/usr/sbin`` (0755), this package, ``fence_agent``, ``fence_maas_agent``
and ``fence_bmc_ipmitool`` (0755) to ``/usr/share/instance-ha-fencing``.

Parameters of the device, as the charm writes them::

    credentials_file=/etc/pacemaker/fence_bmc.json
    hosts="NAME NAME ..."                     whom the device is for, by their names in the file
    pcmk_host_map="NODE:NAME;NODE:NAME"       Pacemaker's: node to that name, which arrives as plug
    pcmk_host_check=static-list, pcmk_action_limit=-1
    max_hosts, window, monitor_host           the storm guard
    maas_url, maas_credentials_file, maas_ssl_ca, maas_hosts
                                              where MAAS may be asked whether the machine is still
                                              the one that it was (fence_maas' parameters)

Beside the standard actions there are ``describe``, what the file says of each host but its password;
``examine``, the same with what its BMC says now; and ``guard``. They answer with JSON.
"""
