# Copyright 2026 The instance-ha developers
# SPDX-License-Identifier: Apache-2.0

"""Files of a wanted content, owner and mode, written so that no reader sees half of one."""

import grp
import os
import pathlib
import pwd
import tempfile


def ensure(
    path: str | os.PathLike[str],
    content: str | bytes,
    *,
    mode: int = 0o644,
    user: str = "root",
    group: str = "root",
) -> bool:
    """Write a file unless it already is as wanted. Return whether anything changed.

    The content is written to a temporary file beside the target, never readable by more than
    ``mode`` allows, and renamed over it.

    Raises:
        LookupError: There is no such user or group; the package that makes it is not installed.
    """
    target = pathlib.Path(path)
    wanted = content.encode() if isinstance(content, str) else content
    uid, gid = pwd.getpwnam(user).pw_uid, grp.getgrnam(group).gr_gid
    if _is(target, wanted, mode, uid, gid):
        return False
    target.parent.mkdir(parents=True, exist_ok=True)
    descriptor, temporary = tempfile.mkstemp(dir=target.parent, prefix=f".{target.name}.")
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(wanted)
            os.fchown(file.fileno(), uid, gid)
            os.fchmod(file.fileno(), mode)
        os.replace(temporary, target)
    except BaseException:
        pathlib.Path(temporary).unlink(missing_ok=True)
        raise
    return True


def ensure_absent(path: str | os.PathLike[str]) -> bool:
    """Remove a file if it is there. Return whether it was."""
    target = pathlib.Path(path)
    there = target.is_symlink() or target.exists()
    target.unlink(missing_ok=True)
    return there


def _is(target: pathlib.Path, wanted: bytes, mode: int, uid: int, gid: int) -> bool:
    if target.is_symlink() or not target.is_file():
        return False
    found = target.stat()
    same = (found.st_mode & 0o7777, found.st_uid, found.st_gid) == (mode, uid, gid)
    return same and target.read_bytes() == wanted
