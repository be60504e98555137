# Copyright 2026 The instance-ha developers
# SPDX-License-Identifier: Apache-2.0

"""Files of a wanted content, written so that no reader sees half of one."""

import os
import pathlib
import shutil


def ensure(
    path: str, content: str | bytes, *, mode: int = 0o644, owner: str = "root", group: str = "root"
) -> bool:
    """Write a file unless its content already is as wanted. Return whether it was written."""
    target = pathlib.Path(path)
    wanted = content.encode() if isinstance(content, str) else content
    if target.is_file() and not target.is_symlink() and target.read_bytes() == wanted:
        return False
    target.parent.mkdir(parents=True, exist_ok=True)
    temporary = target.with_name(f".{target.name}.new")
    descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(wanted)
        os.fchmod(file.fileno(), mode)
    shutil.chown(temporary, owner, group)
    temporary.replace(target)
    return True
