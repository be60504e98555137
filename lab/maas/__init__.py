# Copyright 2026 The instance-ha developers
# SPDX-License-Identifier: Apache-2.0

"""A MAAS for the lab: the API that fencing needs, over the switch that really cuts machines off.

What it answers, and when it refuses, follows MAAS 3.x's API 2.0 as far as a client of machines and
their power can tell. Its log (``<root>/maas/events.jsonl``) is what tests read the order of a
recovery from; its knobs (``lab.maas.faults``) make it misbehave as real ones do.
"""
