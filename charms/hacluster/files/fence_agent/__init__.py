# Copyright 2026 The instance-ha developers
# SPDX-License-Identifier: Apache-2.0

"""What fence agents share: the storm guard, how power is switched and believed, options, metadata.

Every device that cuts power asks the guard itself, inside its own agent: a device that only guards
is taken for one that cuts power (see guard). It needs the distribution's Python 3.10 or later and
nothing else.
"""
