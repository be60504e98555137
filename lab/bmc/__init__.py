# Copyright 2026 The instance-ha developers
# SPDX-License-Identifier: Apache-2.0

"""The BMCs of the lab's machines: Redfish with TLS and a login, over the same power as MAAS.

A program of its own, since a MAAS that is down must not take them along. They are one chassis' with a
system for each machine (``/redfish/v1/Systems/HOSTNAME``), at ``https://10.77.0.1``. Their log is
``<root>/bmc/events.jsonl``, and those of MAAS' knobs that concern power turn theirs, too.
"""
