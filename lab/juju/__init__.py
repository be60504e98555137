# Copyright 2026 The instance-ha developers
# SPDX-License-Identifier: Apache-2.0

"""A stand-in for Juju: a model held by one process, whose agents run real charms on lab machines.

What happens when, in the order of the modules:

- ``entities``, ``model``, ``store``: what is in a model, and its file;
- ``topology``, ``lifecycle``, ``leadership``, ``secrets``: the changes a model can undergo;
- ``resolver``: which hook a unit runs next (pure);
- ``context``, ``tools``, ``commit``: what a hook sees and what becomes of what it wrote;
- ``engine``, ``agent``, ``runner``: the threads that run the hooks, one for each machine;
- ``cli``, ``status``, ``daemon``: what an operator, or jubilant, talks to.

Rules of Juju are cited where they are implemented: a page of its documentation, or a source file of
juju/juju 3.6 (paths below ``internal/`` unless said).
"""
