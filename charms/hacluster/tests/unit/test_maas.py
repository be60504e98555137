# Copyright 2026 The instance-ha developers
# SPDX-License-Identifier: Apache-2.0

"""Finding machines in MAAS."""

import contextlib
import http.server
import json
import pathlib
import socket
import ssl
import threading
from collections.abc import Iterator
from typing import ClassVar

import pytest
from conftest import no_ipv6

import maas

CERTIFICATE = pathlib.Path(__file__).parent / "data" / "maas-tls.pem"
KEY = maas.Key.parse("ck:tk:ts/&x")


class Server(http.server.BaseHTTPRequestHandler):
    """Answers every request with what the test laid down."""

    status, body = 200, b"[]"
    requests: ClassVar[list[tuple[str, str]]] = []

    def do_GET(self) -> None:
        self.requests.append((self.path, self.headers["Authorization"]))
        self.send_response(self.status)
        self.end_headers()
        self.wfile.write(self.body)

    def log_message(self, *_: object) -> None:
        pass


class Http6(http.server.HTTPServer):
    address_family = socket.AF_INET6


@contextlib.contextmanager
def serving(server: http.server.HTTPServer, host: str, scheme: str = "http") -> Iterator[str]:
    Server.status, Server.body = 200, b"[]"
    Server.requests.clear()
    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}).start()
    try:
        yield f"{scheme}://{host}:{server.server_port}/MAAS"
    finally:
        server.shutdown()
        server.server_close()


@pytest.fixture
def url() -> Iterator[str]:
    with serving(http.server.HTTPServer(("127.0.0.1", 0), Server), "127.0.0.1") as found:
        yield found


@no_ipv6
def test_maas_may_have_an_ipv6_address():
    with serving(Http6(("::1", 0), Server), "[::1]") as url:
        answer(200, json.dumps([MACHINE]))
        assert [machine.system_id for machine in maas.find(maas.Place(url, KEY), ["h"])] == ["a1"]


def answer(status: int, body: str) -> None:
    Server.status, Server.body = status, body.encode()


MACHINE = {"system_id": "a1", "fqdn": "h.maas", "hardware_uuid": "ABC", "power_type": "ipmi"}


def test_machines_are_asked_for_by_name_in_one_request(url: str):
    answer(200, json.dumps([MACHINE]))
    found = maas.find(maas.Place(url, KEY), ["h2", "h1", "h1"])
    assert found == (maas.Machine("a1", "h.maas", "abc", "ipmi", False),)
    assert [path for path, _ in Server.requests] == [
        "/MAAS/api/2.0/machines/?hostname=h1&hostname=h2"
    ]


def test_many_names_take_several_requests(url: str):
    maas.find(maas.Place(url, KEY), [f"host-{number}" for number in range(120)])
    assert len(Server.requests) == 3


def test_requests_are_signed_as_maas_wants_it(url: str):
    maas.find(maas.Place(url, KEY), ["h"])
    (_, header) = Server.requests[0]
    assert 'oauth_consumer_key="ck"' in header
    assert 'oauth_signature_method="PLAINTEXT"' in header
    assert 'oauth_signature="%26ts%2F%26x"' in header


@pytest.mark.parametrize(
    ("status", "body", "said"),
    [
        (
            401,
            "Authorization Error: Invalid API key.",
            "the API key is refused (Authorization Error: Invalid API key.)",
        ),
        (403, "", "the API key is refused"),
        (404, "<html>", "no API at maas_url (HTTP 404)"),
        (503, "no rack", "HTTP 503 (no rack)"),
        (200, "<html>", "the answer is not MAAS's"),
        (200, "{}", "the answer is not MAAS's"),
        (200, "[{}]", "the answer is not MAAS's"),
    ],
)
def test_a_refusal_is_explained_without_the_key(url: str, status: int, body: str, said: str):
    answer(status, body)
    with pytest.raises(maas.MaasError) as caught:
        maas.find(maas.Place(url, KEY), ["h"])
    assert str(caught.value) == said


def test_a_maas_that_does_not_answer_is_unreachable():
    with pytest.raises(maas.MaasError, match="unreachable"):
        maas.find(maas.Place("http://127.0.0.1:1/MAAS", KEY), ["h"])


@pytest.fixture
def https() -> Iterator[str]:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(CERTIFICATE)
    server = http.server.HTTPServer(("127.0.0.1", 0), Server)
    server.socket = context.wrap_socket(server.socket, server_side=True)
    with serving(server, "127.0.0.1", "https") as found:
        yield found


def test_only_the_given_authorities_are_trusted(https: str):
    assert maas.find(maas.Place(https, KEY, CERTIFICATE.read_text()), ["h"]) == ()
    Server.requests.clear()
    with pytest.raises(
        maas.MaasError, match=r"its certificate is not trusted \(.+\); see maas_ca"
    ):
        maas.find(maas.Place(https, KEY), ["h"])
    assert not Server.requests


@pytest.mark.parametrize("text", ["", "a:b", "a:b:c:d", "a::c"])
def test_a_key_has_three_parts(text: str):
    with pytest.raises(ValueError, match="three parts"):
        maas.Key.parse(text)


def test_a_key_does_not_show_its_secret():
    assert "ts" not in repr(KEY).replace("tk", "")
