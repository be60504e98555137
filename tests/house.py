# Copyright 2026 The instance-ha developers
# SPDX-License-Identifier: Apache-2.0

"""Rules of this house that no linter knows: sizes, licence headers, pins without addresses."""

from __future__ import annotations

import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
LICENCE = "SPDX-License-Identifier: Apache-2.0"
MODULE_LINES = 250
CHARM_LINES = 300
_CODE = {".py", ".sh", ".c"}
_IGNORED = {".venv", ".tox", "build", "parts", "prime", "stage", "__pycache__"}


def tracked(root: Path) -> list[Path]:
    """Return the files that Git knows or would add; in an export without Git, all there are."""
    if not (root / ".git").exists() or not shutil.which("git"):
        return sorted(path for path in root.rglob("*") if not _IGNORED & set(path.parts))
    argv = ["git", "ls-files", "--cached", "--others", "--exclude-standard", "-z"]
    done = subprocess.run(argv, cwd=root, capture_output=True, text=True, check=True)
    return [root / name for name in sorted(set(done.stdout.split("\0"))) if name]


def complaints(path: Path, text: str) -> Iterator[str]:
    """Yield what is wrong with one file."""
    lines = text.splitlines()
    if path.suffix in _CODE and lines and not any(LICENCE in line for line in lines[:6]):
        yield "has no licence header"
    if path.suffix == ".py" and "tests" not in path.parts:
        limit = CHARM_LINES if path.name == "charm.py" else MODULE_LINES
        if len(lines) > limit:
            yield f"has {len(lines)} lines, and {limit} are the limit; split it"
    if path.suffix == ".lock":
        if any("://" in line for line in lines if not line.lstrip().startswith("#")):
            yield "records an address; write pins with `tox -e lock`"
        pins = sum(1 for line in lines if line[:1].isalnum())
        if text.count("--hash=sha256:") < pins:
            yield "has a pin without a hash"


def main() -> int:
    """Print every complaint; return 1 if there is one."""
    found = 0
    for path in tracked(ROOT):
        if not path.is_file() or path.suffix not in {*_CODE, ".lock"}:
            continue
        for complaint in complaints(path, path.read_text(errors="replace")):
            print(f"{path.relative_to(ROOT)} {complaint}")
            found += 1
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
