# Copyright 2026 The instance-ha developers
# SPDX-License-Identifier: Apache-2.0

from lab_charm import one_import


def test_double_dashes_part_the_commands():
    words = ["--", "db", "sync", "--", "?cell", "create", "--name", "c"]
    assert list(one_import.commands(words)) == [["db", "sync"], ["?cell", "create", "--name", "c"]]
