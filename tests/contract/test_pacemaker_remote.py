# Copyright 2026 The instance-ha developers
# SPDX-License-Identifier: Apache-2.0

"""`pacemaker-remote`: JSON from the remote (the predecessor chokes on bare words), base64 back."""

import pydantic
import pytest

from instance_ha.interfaces import pacemaker_remote

# As the predecessor's unit writes it.
REMOTE = {
    "enable-resources": "false",
    "remote-hostname": '"node1.maas"',
    "remote-ip": '"10.0.0.10"',
    "stonith-hostname": '"node1.maas"',
}
MEANING = pacemaker_remote.Remote(
    hostname="node1.maas", address="10.0.0.10", fencing_name="node1.maas", runs_resources=False
)


def test_a_remote_is_written_as_the_predecessor_writes_it():
    assert pacemaker_remote.write_remote(MEANING) == REMOTE


def test_a_remote_without_fencing_says_null():
    quiet = MEANING.model_copy(update={"fencing_name": None, "runs_resources": True})
    written = pacemaker_remote.write_remote(quiet)
    assert (written["stonith-hostname"], written["enable-resources"]) == ("null", "true")
    assert pacemaker_remote.read_remote(written) == quiet


@pytest.mark.parametrize(
    "databag",
    [
        REMOTE,
        {**REMOTE, "ingress-address": "10.0.0.10", "egress-subnets": "10.0.0.10/32"},
        {f"json_{key}": value for key, value in REMOTE.items()},
        {key: value.strip('"') for key, value in REMOTE.items()},
        {**REMOTE, "enable-resources": "False"},
    ],
    ids=["as written", "with Juju's own", "prefixed", "bare words", "Python's false"],
)
def test_every_way_of_saying_it_is_understood(databag: dict[str, str]):
    assert pacemaker_remote.read_remote(databag) == MEANING


def test_what_is_not_said_is_not_known():
    said = {key: REMOTE[key] for key in ("remote-hostname", "remote-ip")}
    remote = pacemaker_remote.read_remote(said)
    assert (remote.fencing_name, remote.runs_resources) == (None, None)


@pytest.mark.parametrize(
    "databag",
    [
        {},
        {"remote-ip": '"10.0.0.10"'},
        {**REMOTE, "remote-ip": '"node1"'},
        {**REMOTE, "remote-hostname": '"a b"'},
    ],
)
def test_less_than_name_and_address_is_not_enough(databag: dict[str, str]):
    with pytest.raises(pydantic.ValidationError):
        pacemaker_remote.read_remote(databag)


def test_the_key_is_bare_base64():
    assert pacemaker_remote.write_key(b"\x00key") == {"pacemaker-key": "AGtleQ=="}
    assert pacemaker_remote.read_key({"pacemaker-key": "AGtleQ=="}) == b"\x00key"
    assert pacemaker_remote.read_key({"private-address": "10.0.0.1"}) is None
    wrapped = {"pacemaker-key": "AGt\nleQ==\n"}  # as an operator pasted it into the option
    assert pacemaker_remote.read_key(wrapped) == b"\x00key"


def test_what_is_no_key_is_an_error():
    with pytest.raises(ValueError, match="not base64"):
        pacemaker_remote.read_key({"pacemaker-key": "*"})
