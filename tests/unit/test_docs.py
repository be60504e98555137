# Copyright 2026 The instance-ha developers
# SPDX-License-Identifier: Apache-2.0

"""The documents: reference pages that follow charmcraft.yaml, links that lead somewhere."""

import re

import pytest

from tests import house, links, metrics, reference, statuses


def test_the_reference_pages_say_what_charmcraft_yaml_says():
    stale = [str(path.relative_to(reference.ROOT)) for path in reference.stale()]
    assert not stale, "run `tox -e docs` and commit what it writes"


def test_every_charm_has_a_reference_page():
    trees = [path.parent.name for path in reference.ROOT.glob("charms/*/charmcraft.yaml")]
    assert sorted(trees) == sorted(reference.CHARMS)


CHARM = """\
name: thing
summary: A thing.
description: |
  Does things.
platforms:
  ubuntu@24.04:amd64:
requires:
  db: {interface: sql, optional: false, description: Keeps things.}
config:
  options:
    size: {type: int, description: "How large,\\n or | small."}
    fast: {type: boolean, default: true, description: Whether.}
    name: {type: string, default: "", description: What it is called.}
actions:
  go:
    description: Goes.
    params:
      where: {type: string, description: Where to.}
      speed: {type: int, default: 3, description: How fast.}
    required: [where]
"""


@pytest.mark.parametrize(
    "line",
    [
        "Does things.",
        "| `db` | `sql` | requires | global | yes | Keeps things. |",
        "| `size` | int | – | How large, or \\| small. |",
        "| `fast` | boolean | `true` | Whether. |",
        "| `name` | string | empty | What it is called. |",
        "| `go` | `where` (string, required): Where to.<br>`speed` (int, default `3`): How fast."
        " | Goes. |",
    ],
)
def test_a_page_has_the_endpoints_options_and_actions_of_its_charm(tmp_path, line):
    (tmp_path / "charmcraft.yaml").write_text(CHARM)
    assert line in reference.page(tmp_path).splitlines()


@pytest.mark.parametrize("path", links.documents(house.ROOT), ids=lambda path: path.name)
def test_every_link_inside_the_repository_leads_somewhere(path):
    assert not list(links.broken(path, house.ROOT))


@pytest.mark.parametrize(
    ("link", "reason"),
    [
        ("there.md", ""),
        ("there.md#two-words", ""),
        ("#here-its-own", ""),
        ("there.md#again-1", ""),
        ("https://example.org/missing.md#x", ""),
        ("missing.md", "there is no such file"),
        ("there.md#three", "there is no such heading"),
        ("#not-a-heading", "there is no such heading"),
        ("../outside.md", "is outside of the repository"),
    ],
)
def test_a_link_is_followed_to_its_file_and_heading(tmp_path, link, reason):
    (tmp_path / "there.md").write_text("# Two words\n## Again\n## Again\n")
    text = f"# Here, `its own`\n```sh\n# Not a heading\n[x](gone.md)\n```\n\n`[x](gone.md)` [x]({link})\n"
    (tmp_path / "here.md").write_text(text)
    found = list(links.broken(tmp_path / "here.md", tmp_path))
    assert found == ([f"here.md:7: {link}: {reason}"] if reason else [])


def test_the_index_leads_to_every_document():
    index = house.ROOT / "docs/README.md"
    documents = {path for path in links.documents(house.ROOT) if index.parent in path.parents}
    assert sorted(map(str, documents - links.targets(index) - {index})) == []


def test_a_file_that_the_text_names_has_to_be_there(tmp_path):
    (tmp_path / "tests").mkdir()
    (tmp_path / "tests/test_one.py").touch()
    (tmp_path / "here.md").write_text(
        "`tests/test_one.py` `tests/test_*.py` `test_one.py`\n`tests/gone.py` `test_gone.py` `other`\n"
    )
    assert list(links.broken(tmp_path / "here.md", tmp_path)) == [
        "here.md:2: tests/gone.py: there is no such file",
        "here.md:2: test_gone.py: there is no such file",
    ]


def test_a_test_that_the_text_names_has_to_be_in_its_file(tmp_path):
    (tmp_path / "test_one.py").write_text(
        "def test_it_works(x):\n    pass\n\nTestAll = Machine.TestCase\n"
    )
    (tmp_path / "here.md").write_text(
        "`test_one.py::test_it_works` `test_one.py::TestAll`\n`test_one.py::test_it`\n`test_two.py::test_it`\n"
    )
    assert list(links.broken(tmp_path / "here.md", tmp_path)) == [
        "here.md:2: test_one.py::test_it: there is no such test",
        "here.md:3: test_two.py::test_it: there is no such file",
    ]


FAILURE_MODES = reference.ROOT / "docs/explanation/failure-modes.md"


@pytest.mark.parametrize(
    "mode", [*(f"F{n}" for n in range(1, 16)), *(f"F-M{n}" for n in range(1, 8))]
)
def test_every_failure_mode_has_a_row_with_a_test(mode):
    rows = [
        line for line in FAILURE_MODES.read_text().splitlines() if line.startswith(f"| {mode} ")
    ]
    assert len(rows) == 1
    assert re.search(r"`test_\w+\.py::\w+`", rows[0])


def test_every_metric_is_explained():
    found = [*metrics.of_masakari(), *metrics.of_hacluster()]
    assert len(found) > 20
    assert not [name for name, _, meaning in found if meaning == metrics.UNEXPLAINED]


TROUBLESHOOT = reference.ROOT / "docs/how-to/troubleshoot.md"


@pytest.mark.parametrize("charm", reference.CHARMS)
def test_the_readme_of_a_charm_explains_each_of_its_statuses(charm):
    tree = reference.ROOT / "charms" / charm
    lines = (tree / "README.md").read_text().splitlines()
    # `openstack-origin: ...` and its like are explained once, as `OPTION: reason`.
    options = reference.page(tree)
    assert not [
        message
        for message in statuses.find(tree)
        if not any(map(message.fits, lines)) and f"`{message.text.split(':')[0]}`" not in options
    ]


@pytest.mark.parametrize("charm", reference.CHARMS)
def test_somebody_who_sees_a_status_finds_what_to_do(charm):
    text = TROUBLESHOOT.read_text()
    sections = re.split(r"^## ", text, flags=re.MULTILINE)
    rows = [
        line
        for section in sections
        if section.startswith((f"{charm}\n", "Every charm\n"))
        for line in section.splitlines()
        if line.startswith("| ")
    ]
    shown = [*statuses.find(reference.ROOT / "charms" / charm), *statuses.shared()]
    missing = [
        f"{message.kind}: {message.text}"
        for message in shown
        if not any(message.fits(row) and f"{message.kind}:" in row for row in rows)
    ]
    assert not missing


STATUS_SOURCE = """
from instance_ha.status import blocked
THING = ops.MaintenanceStatus("At work")
def go(event, names, error):
    event.add_status(ops.BlockedStatus(f"Lost: {', '.join(names)}; look"))
    raise blocked("; ".join(f"'{name}' missing" for name in names))
    raise waiting(str(error))
"""


def test_statuses_are_found_where_they_are_made(tmp_path):
    (tmp_path / "src").mkdir()
    (tmp_path / "src/charm.py").write_text(STATUS_SOURCE)
    found = [f"{message.kind}: {message.text}" for message in statuses.find(tmp_path)]
    assert found == ["blocked: '…' missing", "blocked: Lost: …; look", "maintenance: At work"]


@pytest.mark.parametrize(
    ("told", "fits"),
    [
        ("blocked: `Lost: HOST; look`", True),
        ("Lost: …; then look", True),
        ("look: Lost", False),
        ("Lost", False),
    ],
)
def test_a_status_is_recognised_by_its_fixed_words(told, fits):
    assert statuses.Message("blocked", "Lost: …; look").fits(told) is fits
