# Copyright 2026 The instance-ha developers
# SPDX-License-Identifier: Apache-2.0

"""The API's entry for mod_wsgi: who answers what, and that it takes no module that only some releases have."""

import pathlib
import re
import sys
import types
from collections.abc import Callable
from typing import Any

import pytest

import templates

Application = Callable[[dict[str, str], Callable[..., None]], list[bytes]]


def answering(text: str) -> Application:
    def application(environ: dict[str, str], start_response: Callable[..., None]) -> list[bytes]:
        start_response("200 OK", [])
        return [text.encode()]

    return application


@pytest.fixture
def entry(monkeypatch: pytest.MonkeyPatch, tmp_path: pathlib.Path) -> Application:
    names = ("masakari", "masakari.cmd", "masakari.cmd.api", "oslo_middleware")
    modules: dict[str, Any] = {name: types.ModuleType(name) for name in names}
    modules["masakari.cmd.api"].initialize_application = lambda: answering("api")
    made = types.SimpleNamespace(app_factory=lambda conf, **options: answering("healthy"))
    modules["oslo_middleware"].healthcheck = types.SimpleNamespace(Healthcheck=made)
    for name, module in modules.items():
        monkeypatch.setitem(sys.modules, name, module)
    text = templates.render("masakari-api.wsgi").replace("/run/", f"{tmp_path}/")
    scope: dict[str, Any] = {}
    exec(compile(text, "<masakari-api.wsgi>", "exec"), scope)  # noqa: S102 (as mod_wsgi does)
    return scope["application"]


def get(entry: Application, path: str) -> tuple[str, bytes]:
    statuses: list[str] = []
    body = entry({"PATH_INFO": path}, lambda status, headers: statuses.append(status))
    return statuses[0], b"".join(body)


def test_a_check_needs_no_token_and_everything_else_is_the_apis(entry: Application):
    assert get(entry, "/healthcheck") == ("200 OK", b"healthy")
    assert get(entry, "/v1/segments") == ("200 OK", b"api")


def test_a_unit_that_is_about_to_reload_tells_haproxy_and_serves_on(
    entry: Application, tmp_path: pathlib.Path
):
    (tmp_path / "masakari-api-drain").touch()
    assert get(entry, "/healthcheck") == ("404 Not Found", b"")
    assert get(entry, "/v1/segments") == ("200 OK", b"api")


def test_only_what_every_release_has_is_imported_from_masakari():
    # The script masakari-wsgi went with release 20, masakari.wsgi came with it.
    text = templates.render("masakari-api.wsgi")
    assert re.findall(r"^(?:from|import) (masakari\S*)", text, re.MULTILINE) == [
        "masakari.cmd.api"
    ]
