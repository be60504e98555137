# Copyright 2026 The instance-ha developers
# SPDX-License-Identifier: Apache-2.0

"""The reference pages, made from charmcraft.yaml and the source: ``python -m tests.reference``.

What an operator can set, run and relate is written once, in charmcraft.yaml. The pages are committed,
so that they can be read without building anything, and a unit test fails when they are out of date.
What a charm's statuses mean is in its README, because no file that Juju reads says so.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from lab.juju.bundles import charmfile
from lab.juju.bundles.charm import Role
from lab.juju.bundles.charmcheck import Documents
from tests import compatibility as compat
from tests import metrics, statuses

ROOT = Path(__file__).resolve().parents[1]
PAGES = ROOT / "docs" / "reference"
# In the order in which an operator meets them.
CHARMS = ("masakari", "hacluster", "pacemaker-remote", "masakari-monitors")
_NOTHING = "–"

# What YAML gives; charmcheck has judged its shape.
Fields = Mapping[str, Any]


def pages() -> dict[Path, str]:
    """Return the text of every page by its path."""
    found = {PAGES / f"{name}.md": page(ROOT / "charms" / name) for name in CHARMS}
    return {
        PAGES / "README.md": index(),
        PAGES / "compatibility.md": compatibility(),
        PAGES / "statuses.md": all_statuses(),
        PAGES / "metrics.md": all_metrics(),
        **found,
    }


def compatibility() -> str:
    """Return the page that puts what the predecessors had beside what is here."""
    return "\n".join(_compatibility()) + "\n"


def page(tree: Path) -> str:
    """Return the page of one charm.

    Raises:
        ValueError: Its charmcraft.yaml cannot be read.
    """
    documents, problems = charmfile.read_documents(tree)
    if problems:
        raise ValueError("; ".join(str(problem) for problem in problems))
    return "\n".join([*_head(tree.name, documents.metadata.plain()), *_sections(documents)]) + "\n"


def index() -> str:
    """Return the page that leads to the others."""
    rows = [
        [f"[{name}]({name}.md)", _summary(name), f"[README](../../charms/{name}/README.md)"]
        for name in CHARMS
    ]
    return "\n".join([_made_from("each charm's charmcraft.yaml"), "", "# Reference", "",
                      *_table(["charm", "what it is", "behaviour and statuses"], rows), "",
                      "Of all of them: [statuses](statuses.md), [metrics](metrics.md).",
                      "What the charms of the same names had before, and what of it is here: "
                      "[compatibility](compatibility.md)."]) + "\n"  # fmt: skip


def all_statuses() -> str:
    """Return the page of what units can say of themselves, found in the charms' source."""
    gap = "`…` is what differs from case to case. [What to do](../how-to/troubleshoot.md)."
    lines = [_made_from("the charms' source"), "", "# Statuses", "", gap]
    found = {"every charm": statuses.shared()}
    found |= {name: statuses.find(ROOT / "charms" / name) for name in CHARMS}
    for name, messages in found.items():
        told = [message for message in messages if message.text != statuses.GAP]
        rows = [[message.kind, f"`{message.text}`"] for message in told]
        lines += ["", f"## {name}", "", *_table(["status", "message"], rows)]
    return "\n".join(lines) + "\n"


def all_metrics() -> str:
    """Return the page of the metrics for Prometheus, found in the source of what offers them."""
    lines = [_made_from("the source of what offers them"), "", "# Metrics"]
    places = {
        "masakari": (
            "15869",
            "the unit that runs the fencing monitor and, with `cos-agent` related, at"
            " `127.0.0.1:15871/metrics` of every unit",
            metrics.of_masakari(),
        ),
        "hacluster": ("15870", "each member, with `cos-agent` related", metrics.of_hacluster()),
    }
    for name, (port, where, found) in places.items():
        rows = [[f"`{metric}`", kind, meaning] for metric, kind, meaning in found]
        lines += ["", f"## {name}", "", f"At `127.0.0.1:{port}/metrics` of {where}.", ""]
        lines += _table(["metric", "type", "meaning"], rows)
    return "\n".join(lines) + "\n"


def _compatibility() -> Iterator[str]:
    yield from (
        _made_from("tests/predecessors.yaml and the charms themselves"),
        "",
        "# Compatibility",
        "",
    )
    yield from (compat.INTRODUCTION.strip(), "")
    for charm in CHARMS:
        yield from (f"## {charm}", "")
        found: dict[str, list[list[str]]] = {}
        for table, row in compat.rows(charm):
            found.setdefault(table, []).append(row)
        for table, rows in found.items():
            yield from (f"### {table.capitalize()}", "")
            yield from (*_table(compat.HEADERS[table], rows), "")


def stale() -> Iterator[Path]:
    """Yield the pages that differ from what charmcraft.yaml says, and those that nothing makes."""
    made = pages()
    for path, text in made.items():
        if not path.is_file() or path.read_text() != text:
            yield path
    yield from sorted(set(PAGES.glob("*.md")) - set(made))


def _summary(name: str) -> str:
    documents, _ = charmfile.read_documents(ROOT / "charms" / name)
    return str(documents.metadata.scalar("summary")).rstrip(".")


def _made_from(source: str) -> str:
    return f"<!-- Made from {source} by `tox -e docs`; edit it there. -->"


def _head(name: str, metadata: Fields) -> Iterator[str]:
    yield from (_made_from(f"charms/{name}/charmcraft.yaml"), "", f"# {name}", "")
    yield from (str(metadata["description"]).strip(), "")
    bases = ", ".join(f"`{platform}`" for platform in metadata["platforms"])
    kind = "subordinate" if metadata.get("subordinate") else "principal"
    needs = "".join(f"; needs `{each}`" for each in metadata.get("assumes", ()))
    yield f"A {kind} charm for {bases}{needs}. The charm's [README](../../charms/{name}/README.md)"
    yield from ("says how it behaves and what each status asks of whom.", "")


def _sections(documents: Documents) -> Iterator[str]:
    metadata: Fields = documents.metadata.plain()
    options = compat.within({"config": documents.config.plain()}, "config", "options")
    actions: Fields = documents.actions.plain() or {}
    yield from ("## Relations", "")
    header = ["endpoint", "interface", "role", "scope", "needed", "for"]
    yield from _table(header, _endpoints(metadata))
    if bindings := sorted(compat.within(metadata, "extra-bindings")):
        names = ", ".join(f"`{name}`" for name in bindings)
        yield from ("", f"Further names that can be bound to a space: {names}.")
    yield from ("", "## Options", "")
    yield from _table(["option", "type", "default", "meaning"], _options(options))
    yield from ("", "## Actions", "")
    yield from _table(["action", "parameters", "what it does"], _actions(actions))


def _endpoints(metadata: Fields) -> Iterator[list[str]]:
    for role in Role:
        for name, fields in compat.within(metadata, role.value).items():
            needed = "by itself" if role is Role.PEER else _needed(fields)
            scope = str(fields.get("scope", "global"))
            said = str(fields.get("description", _NOTHING))
            yield [f"`{name}`", f"`{fields['interface']}`", role.value, scope, needed, said]


def _needed(fields: Fields) -> str:
    return "no" if fields.get("optional") else "yes"


def _options(options: Fields) -> Iterator[list[str]]:
    for name, fields in options.items():
        yield [f"`{name}`", fields["type"], _value(fields.get("default")), fields["description"]]


def _actions(actions: Fields) -> Iterator[list[str]]:
    for name, fields in actions.items():
        required = fields.get("required", ())
        params = [
            f"`{param}` ({schema['type']}, {_default(param in required, schema)}): "
            f"{schema['description'].strip()}"
            for param, schema in compat.within(fields, "params").items()
        ]
        yield [f"`{name}`", "<br>".join(params) or _NOTHING, fields["description"]]


def _default(required: bool, schema: Fields) -> str:
    return "required" if required else f"default {_value(schema.get('default'))}"


def _value(value: object) -> str:
    if value is None:
        return _NOTHING
    text = str(value).lower() if isinstance(value, bool) else str(value)
    return f"`{text}`" if text else "empty"


def _table(
    header: Sequence[str], rows: Iterator[list[str]] | Sequence[list[str]]
) -> Iterator[str]:
    yield f"| {' | '.join(header)} |"
    yield f"|{'---|' * len(header)}"
    for row in rows:
        # A cell is one line, and a bar would end it.
        yield f"| {' | '.join(' '.join(cell.split()).replace('|', chr(92) + '|') for cell in row)} |"


def main() -> int:
    """Write the pages that are out of date, and remove those that nothing makes."""
    made = pages()
    PAGES.mkdir(exist_ok=True)
    for path in list(stale()):
        print(path.relative_to(ROOT))
        if path in made:
            path.write_text(made[path])
        else:
            path.unlink()
    return 0


if __name__ == "__main__":
    sys.exit(main())
