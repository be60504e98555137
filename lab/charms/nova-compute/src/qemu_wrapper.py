#!/usr/bin/python3 -IS
# Copyright 2026 The instance-ha developers
# SPDX-License-Identifier: Apache-2.0

"""Run the emulator without image locks.

The lab must see with its own eyes that no instance ever runs on two hosts. With qemu's locks on, a
second start would fail by itself and hide the fault that the tests look for.
"""

import json
import os
import sys

_REAL = "/usr/bin/qemu-system-x86_64.real"


def without_locks(arguments: list[str]) -> list[str]:
    """Return an emulator's arguments with the locks of each -blockdev file switched off."""
    changed = list(arguments)
    for index in range(1, len(arguments)):
        if arguments[index - 1] == "-blockdev" and arguments[index].startswith("{"):
            device = json.loads(arguments[index])
            if device.get("driver") == "file":
                device["locking"] = "off"
                changed[index] = json.dumps(device)
    return changed


if __name__ == "__main__":
    os.execv(_REAL, [sys.argv[0], *without_locks(sys.argv[1:])])
