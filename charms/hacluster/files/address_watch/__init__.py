# Copyright 2026 The instance-ha developers
# SPDX-License-Identifier: Apache-2.0

"""Virtual addresses that stayed on a member after the cluster had stopped them there, and their removal.

``IPaddr2`` looks for its interface in the routing table, also to stop. Without a route (the interface is down,
or networkd took its configuration back when it lost its carrier) it finds none, answers that it has stopped, and
leaves the address where it is. When the interface is back two machines have the address.

A Pacemaker alert would hear of every stop, but runs as ``hacluster``, which may not change addresses.
"""
