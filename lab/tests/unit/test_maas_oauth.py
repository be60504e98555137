# Copyright 2026 The instance-ha developers
# SPDX-License-Identifier: Apache-2.0

"""Who is let in: OAuth 1.0 PLAINTEXT as MAAS checks it."""

import pytest

from lab.maas.oauth import Doorkeeper, Key, Refusal, User, parse_header

KEY = Key("c", "t", "s&x")
NOW = 1_795_000_000.0
GOOD = {
    "oauth_version": "1.0",
    "oauth_signature_method": "PLAINTEXT",
    "oauth_consumer_key": "c",
    "oauth_token": "t",
    "oauth_signature": "%26s%26x",
    "oauth_nonce": "n1",
    "oauth_timestamp": str(int(NOW)),
}


def header(**changes: str | None) -> str:
    fields = {**GOOD, **changes}
    return "OAuth " + ", ".join(f'{k}="{v}"' for k, v in fields.items() if v is not None)


@pytest.fixture
def door() -> Doorkeeper:
    return Doorkeeper({KEY: User("admin", admin=True)})


def test_a_good_key_is_let_in(door: Doorkeeper):
    assert door.admit(header(), NOW).name == "admin"


def test_the_secret_is_not_shown_with_the_key():
    assert "s&x" not in repr(KEY)


@pytest.mark.parametrize(
    "field",
    [
        "oauth_consumer_key",
        "oauth_token",
        "oauth_signature",
        "oauth_signature_method",
        "oauth_timestamp",
        "oauth_nonce",
    ],
)
def test_every_field_is_required(door: Doorkeeper, field: str):
    with pytest.raises(Refusal) as refused:
        door.admit(header(**{field: None}), NOW)
    assert refused.value.status == 401


@pytest.mark.parametrize(
    ("changes", "status", "words"),
    [
        ({"oauth_consumer_key": "other"}, 401, "Invalid API key."),
        ({"oauth_token": "other"}, 401, "Invalid access token"),
        ({"oauth_signature": "%26wrong"}, 401, "Invalid signature."),
        ({"oauth_signature_method": "HMAC-SHA1"}, 401, "not supported"),
        ({"oauth_timestamp": "soon"}, 400, "Invalid timestamp"),
        ({"oauth_timestamp": str(int(NOW) - 301)}, 401, "Expired timestamp"),
        ({"oauth_timestamp": str(int(NOW) + 301)}, 401, "Expired timestamp"),
    ],
)
def test_a_bad_key_is_refused_with_the_reason(
    door: Doorkeeper, changes: dict[str, str | None], status: int, words: str
):
    with pytest.raises(Refusal) as refused:
        door.admit(header(**changes), NOW)
    assert refused.value.status == status
    assert words in refused.value.body


@pytest.mark.parametrize("value", [None, "", "Basic abc", "OAuth", "OAuth nonsense"])
def test_no_key_is_not_let_in(door: Doorkeeper, value: str | None):
    with pytest.raises(Refusal):
        door.admit(value, NOW)


def test_a_nonce_is_good_once(door: Doorkeeper):
    door.admit(header(), NOW)
    with pytest.raises(Refusal, match="Nonce already used"):
        door.admit(header(), NOW)
    door.admit(header(oauth_nonce="n2"), NOW)


def test_a_revoked_key_is_unknown(door: Doorkeeper):
    with pytest.raises(Refusal, match="Invalid API key"):
        door.admit(header(), NOW, revoked=True)


def test_header_values_are_decoded():
    assert parse_header('OAuth a="1", b="%26x" ,c=""') == {"a": "1", "b": "&x", "c": ""}
