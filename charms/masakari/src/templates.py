# Copyright 2026 The instance-ha developers
# SPDX-License-Identifier: Apache-2.0

"""Files that are mostly fixed text."""

import pathlib

import jinja2

_ENVIRONMENT = jinja2.Environment(
    loader=jinja2.FileSystemLoader(pathlib.Path(__file__).parent / "templates"),
    undefined=jinja2.StrictUndefined,
    autoescape=False,  # noqa: S701 (these are configuration files, not web pages)
    keep_trailing_newline=True,
    trim_blocks=True,
    lstrip_blocks=True,
)


def render(name: str, **values: object) -> str:
    """Return the text of a template; a value that it needs and does not get is an error."""
    return _ENVIRONMENT.get_template(name).render(**values)
