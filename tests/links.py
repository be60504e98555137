# Copyright 2026 The instance-ha developers
# SPDX-License-Identifier: Apache-2.0

"""Links between the documents of this repository: ``python -m tests.links``.

Only what can be judged without the network: that the file is there, and has the heading; and that
files are there which are named in the text, such as `tests/links.py` or the name of a test.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import unquote

from tests import house

_FENCE = re.compile(r"^(```|~~~).*?^\1[ \t]*$", re.DOTALL | re.MULTILINE)
_CODE = re.compile(r"`[^`\n]*`")
_COMMENT = re.compile(r"<!--.*?-->", re.DOTALL)
_LINK = re.compile(r"\[[^\]]*\]\(\s*<?([^)>\s]+)>?[^)]*\)")
_HEADING = re.compile(r"^#{1,6}\s+(.*?)\s*#*$", re.MULTILINE)
# A path from the root of the checkout, possibly with "*", or a test's file name alone, or a test in it.
_NAMED = re.compile(
    r"`((?:bundles|charms|docs|lab|overlays|requirements|tests)/[\w./*@-]+|test_\w+\.py(?:::\w+)?)`"
)
_ELSEWHERE = re.compile(r"[a-z][a-z0-9+.-]*:", re.IGNORECASE)


def documents(root: Path) -> list[Path]:
    """Return the Markdown files of a checkout."""
    return [path for path in house.tracked(root) if path.suffix == ".md" and path.is_file()]


def anchors(text: str) -> frozenset[str]:
    """Return the anchors that GitHub gives a document's headings.

    Lower case, blanks become hyphens, other punctuation goes; a repeated heading gets a number.
    """
    found: dict[str, int] = {}
    names: set[str] = set()
    for match in _HEADING.finditer(_FENCE.sub("", text)):
        slug = re.sub(r"[^\w\- ]", "", match[1].lower()).replace(" ", "-")
        count = found.get(slug, 0)
        found[slug] = count + 1
        names.add(f"{slug}-{count}" if count else slug)
    return frozenset(names)


def broken(path: Path, root: Path) -> Iterator[str]:
    """Yield each link of a document that leads nowhere, with its line."""
    text = _blank(_COMMENT, _blank(_FENCE, path.read_text()))
    faults = [(match, _missing(root, match[1])) for match in _NAMED.finditer(text)]
    links = _LINK.finditer(_blank(_CODE, text))
    faults += [(match, _fault(path, root, unquote(match[1]))) for match in links]
    for match, reason in faults:
        if reason:
            line = text.count("\n", 0, match.start()) + 1
            yield f"{path.relative_to(root)}:{line}: {match[1]}: {reason}"


def targets(path: Path) -> set[Path]:
    """Return the files that a document has links to."""
    text = _blank(_CODE, _blank(_COMMENT, _blank(_FENCE, path.read_text())))
    found = (unquote(match[1]).partition("#")[0] for match in _LINK.finditer(text))
    return {(path.parent / name).resolve() for name in found if not _ELSEWHERE.match(name)}


def _blank(pattern: re.Pattern[str], text: str) -> str:
    # Blanked out, not cut out, so that lines keep their numbers.
    return pattern.sub(lambda match: re.sub(r"[^\n]", " ", match[0]), text)


def _missing(root: Path, name: str) -> str:
    file, _, test = name.partition("::")
    if "/" in file:
        found = list(root.glob(file.rstrip("/")))
    else:
        found = [path for path in house.tracked(root) if path.name == file]
    if not found:
        return "there is no such file"
    made = re.compile(rf"^(?:def {test}\(|class {test}\b|{test} = )", re.MULTILINE)
    if test and not any(made.search(path.read_text()) for path in found if path.is_file()):
        return "there is no such test"
    return ""


def _fault(path: Path, root: Path, target: str) -> str:
    if _ELSEWHERE.match(target):
        return ""
    name, _, anchor = target.partition("#")
    file = (path.parent / name).resolve() if name else path
    if not file.is_relative_to(root):
        return "is outside of the repository"
    if not file.exists():
        return "there is no such file"
    if anchor and (file.suffix != ".md" or anchor not in anchors(file.read_text())):
        return "there is no such heading"
    return ""


def main() -> int:
    """Print every broken link; return 1 if there is one."""
    faults = [fault for path in documents(house.ROOT) for fault in broken(path, house.ROOT)]
    for fault in faults:
        print(fault)
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
