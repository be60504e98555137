# Copyright 2026 The instance-ha developers
# SPDX-License-Identifier: Apache-2.0

import json

import qemu_wrapper


def test_files_lose_their_locks_and_nothing_else_changes():
    file = json.dumps({"driver": "file", "filename": "/d", "node-name": "n"})
    layer = json.dumps({"driver": "qcow2", "file": "n"})
    arguments = ["-name", "x", "-blockdev", file, "-blockdev", layer, "-m", "32"]
    changed = qemu_wrapper.without_locks(arguments)
    assert json.loads(changed[3]) == {**json.loads(file), "locking": "off"}
    assert changed[:3] + changed[4:] == arguments[:3] + arguments[4:]
