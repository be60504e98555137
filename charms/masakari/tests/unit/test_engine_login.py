# Copyright 2026 The instance-ha developers
# SPDX-License-Identifier: Apache-2.0

"""The engine's logins, over keystoneauth's own session; keystone and nova are what the wire says."""

import configparser
import datetime
import importlib.util
import json
from typing import Any

import pytest
import requests
from keystoneauth1 import loading, session
from requests import adapters

import engine_parts

KEYSTONE, NOVA = "https://keystone/v3", "https://nova/v2.1"
OPTIONS = {"username": "masakari", "password": "of-masakari", "project_name": "services"}
DOMAINS = {"user_domain_name": "service_domain", "project_domain_name": "service_domain"}


class Cloud(adapters.BaseAdapter):
    """Keystone, which counts logins, and nova, which takes some tokens and refuses others."""

    def __init__(self) -> None:
        super().__init__()
        self.logins: list[Any] = []
        self.life = 3600.0
        self.refused: set[str] = set()

    def send(self, request: requests.PreparedRequest, *_: object, **__: object) -> Any:
        answer = requests.Response()
        answer.request, answer.url, answer.status_code = request, str(request.url), 200
        body: Any = {}
        if request.url == f"{KEYSTONE}/auth/tokens":
            self.logins.append(json.loads(request.body or ""))
            body = {"token": {"methods": ["password"], "expires_at": _in(self.life)}}
            answer.headers["X-Subject-Token"] = f"token-{len(self.logins)}"
        elif str(request.url).startswith(KEYSTONE):
            links = [{"rel": "self", "href": KEYSTONE}]
            body = {"version": {"id": "v3.14", "status": "stable", "links": links}}
        elif request.headers["X-Auth-Token"] in self.refused:
            answer.status_code = 401
        answer._content = json.dumps(body).encode()
        return answer

    def close(self) -> None:
        pass


def _in(seconds: float) -> str:
    moment = datetime.datetime.now(datetime.timezone.utc) + datetime.timedelta(seconds=seconds)
    return moment.strftime("%Y-%m-%dT%H:%M:%S.%fZ")


@pytest.fixture
def cloud() -> Cloud:
    return Cloud()


@pytest.fixture
def loader() -> Any:
    """What keystoneauth finds by the name in the configuration."""
    parser = configparser.ConfigParser()
    parser.read(engine_parts.SOURCE / "instance_ha_engine-1.dist-info" / "entry_points.txt")
    module, _, name = parser["keystoneauth1.plugin"][engine_parts.LOGIN].partition(":")
    spec = importlib.util.spec_from_file_location(module, engine_parts.SOURCE / f"{module}.py")
    assert spec is not None
    assert spec.loader is not None
    found = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(found)
    return getattr(found, name)()


def ask(loader: Any, cloud: Cloud, **options: str) -> str:
    """Ask nova as Masakari does, with a client of its own for each call; return the token that it used."""
    auth = loader.load_from_options(auth_url=KEYSTONE, **{**OPTIONS, **DOMAINS, **options})
    http = requests.Session()
    http.mount("https://", cloud)
    answer = session.Session(auth=auth, session=http).get(f"{NOVA}/servers")
    return answer.request.headers["X-Auth-Token"]


def test_many_clients_log_in_once(loader: Any, cloud: Cloud):
    assert {ask(loader, cloud) for _ in range(5)} == {"token-1"}
    assert len(cloud.logins) == 1


def test_a_token_that_is_about_to_expire_is_not_used_again(loader: Any, cloud: Cloud):
    cloud.life = 100.0
    ask(loader, cloud)
    cloud.life = 3600.0
    assert ask(loader, cloud) == "token-2"
    assert ask(loader, cloud) == "token-2"


def test_a_token_that_nova_refuses_is_replaced_for_everybody(loader: Any, cloud: Cloud):
    ask(loader, cloud)
    cloud.refused.add("token-1")
    assert ask(loader, cloud) == "token-2"
    assert ask(loader, cloud) == "token-2"
    assert len(cloud.logins) == 2


@pytest.mark.parametrize(
    "other",
    [{"password": "new"}, {"project_name": "other"}, {"project_name": "", "system_scope": "all"}],
)
def test_another_login_is_another_token(loader: Any, cloud: Cloud, other: dict[str, str]):
    ask(loader, cloud)
    ask(loader, cloud, **other)
    assert len(cloud.logins) == 2


def test_its_options_are_those_of_a_password(loader: Any):
    names = {option.name for option in loader.get_options()}
    assert names == {option.name for option in loading.get_plugin_loader("password").get_options()}
