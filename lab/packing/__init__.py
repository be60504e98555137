# Copyright 2026 The instance-ha developers
# SPDX-License-Identifier: Apache-2.0

"""Packing the charms with charmcraft, on any host, with the Python of the machines they will run on.

``charms`` finds the charms and says what each is made of; ``pins`` makes uv's lock out of the
committed pins; ``stage`` lays out a copy to pack in; ``builder`` is the place where charmcraft runs;
``pack`` puts them together.
"""
