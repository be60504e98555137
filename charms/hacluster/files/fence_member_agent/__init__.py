# Copyright 2026 The instance-ha developers
# SPDX-License-Identifier: Apache-2.0

"""Fence agent for members of a cluster that nothing can power off: fenced by quorum.

Members usually are containers, which no power switch reaches. What they run is stateless (virtual
addresses, proxies, monitors), and the cluster has no-quorum-policy=stop: a member that is cut off
from the others loses quorum and stops all it runs by itself. So the part of the cluster that has
quorum only needs to wait that long. This agent answers "off" for a member if, and only if,

- this part of the cluster has quorum,
- the target is a configured member (never a remote: those hold instances with state), and
- the target is not, and after the wait still is not, in contact with this part.

The wait is counted from the last change of the membership, not from the call: a cluster that lost
its coordinator spends a second on choosing another before it fences anybody. Corosync writes down
the id of each membership when it forms it, and the file's time tells when that was. The lost member
counts from the same moment, because both sides saw the last token together (give or take one
rotation) and have the same timeouts. One that is alive may be slower than that, because Pacemaker
sleeps for a second now and then: as long as an address that it ran still answers, this waits a
little longer (``verdict``).

A member that has lost its power has stopped at once. Where it ran virtual addresses only, and no
card in their networks has one of them any more (``silence``), there is nothing to wait for.

It does not cut anything off. A member that hangs and wakes up much later may hold an address twice
until it notices that it is alone, which Corosync does within its token timeout. Do not let such a
cluster run anything that writes to shared storage.

Installation: ``fence_member`` to ``/usr/sbin`` (0755), this package to
``/usr/share/instance-ha-fencing``. Arguments are read from standard input, as Pacemaker gives them
(see fencing(7), FenceAgentAPI).
"""
