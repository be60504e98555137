# Copyright 2026 The instance-ha developers
# SPDX-License-Identifier: Apache-2.0

"""The charm's one door to nova and Masakari."""

import json

import pytest
from machine import Machine

import api
import monitor
from instance_ha import command

SEGMENTS = api.Call("GET", "/segments", version="1.2")
SERVICES = api.Call("GET", "/os-services", service="compute")


def answer(machine: Machine, text: str | Exception) -> None:
    argv = (api.PYTHON, "-m", "fencing_monitor", f"--config={monitor.CONF}", "rest")
    machine.answers[argv] = text


def test_documents_come_in_the_order_of_the_calls(machine: Machine):
    answer(machine, json.dumps({"answers": [{"segments": []}, None], "error": None}))
    assert api.call(SEGMENTS, SERVICES) == [{"segments": []}, None]


@pytest.mark.parametrize(("code", "conflict", "refusal"), [(409, True, True), (503, False, False)])
def test_a_failure_names_who_said_it(machine: Machine, code: int, conflict: bool, refusal: bool):
    error = {"code": code, "message": "not now"}
    answer(machine, json.dumps({"answers": [{}], "error": error}))
    with pytest.raises(api.ApiError, match="nova: not now") as caught:
        api.call(SEGMENTS, SERVICES)
    assert (caught.value.is_conflict, caught.value.is_refusal) == (conflict, refusal)


@pytest.mark.parametrize("said", ["error: /etc/masakari/x: No such file", ""])
def test_a_program_that_cannot_start_is_a_failure_without_a_code(machine: Machine, said: str):
    answer(machine, command.CommandError("python3", 1, said))
    with pytest.raises(api.ApiError) as caught:
        api.call(SEGMENTS)
    assert caught.value.code is None
    assert not str(caught.value).startswith("error:")
