# Copyright 2026 The instance-ha developers
# SPDX-License-Identifier: Apache-2.0

"""The MAAS simulator over real HTTP: calls, refusals, the switch, the knobs, the log."""

import pathlib
import threading
import time
from collections.abc import Iterator

import pytest

from lab import settings
from lab.maas.control import Control, ControlError
from lab.maas.faults import KNOBS, Faults, UnknownKnobError
from lab.maas.machines import hardware_uuid
from lab.maas.namespace import NamespaceError, listen
from lab.maas.testing import Maas, running
from lab.maas.trouble import TROUBLES

V1, V2 = "a7d4v1", "k4r8v2"  # virt-node-01, virt-node-02
SPARE = "y4b7n4"
MACHINES = "/api/2.0/machines/"


@pytest.fixture
def maas(tmp_path: pathlib.Path) -> Iterator[Maas]:
    with running(tmp_path) as simulator:
        yield simulator


def test_the_version_and_the_description_need_no_key(maas: Maas):
    assert maas.get("/api/2.0/version/", key=None).json["capabilities"]
    assert maas.get("/api/2.0/describe/", key=None).json["resources"]


def test_everything_else_does(maas: Maas):
    answer = maas.get(MACHINES, key=None)
    assert answer.status == 401
    assert answer.headers["WWW-Authenticate"].startswith("OAuth realm")


def test_replies_carry_the_headers_that_clients_log(maas: Maas):
    headers = maas.get("/api/2.0/version/", key=None).headers
    assert headers["X-MAAS-API-Hash"]
    assert headers["MAAS-trace-id"]


def test_the_old_api_is_gone(maas: Maas):
    assert maas.get("/api/1.0/machines/").status == 410


def test_a_missing_slash_is_a_redirect_for_reads_and_an_error_for_actions(maas: Maas):
    answer = maas.get("/api/2.0/machines")
    assert answer.status == 301
    assert answer.headers["Location"] == "/MAAS/api/2.0/machines/"
    assert maas.post(f"/api/2.0/machines/{V1}", op="power_off").status == 404
    assert maas.cloud.is_on("virt-node-01")


@pytest.mark.parametrize("path", ["/api/2.0/nothing/", "/api/2.0/", "/elsewhere/"])
def test_there_is_nothing_elsewhere(maas: Maas, path: str):
    assert maas.get(path).status == 404


def test_a_key_of_another_is_refused(maas: Maas):
    answer = maas.get(MACHINES, key="x:y:z")
    assert answer.status == 401
    assert answer.text == "Authorization Error: Invalid API key."


def test_a_key_is_asked_who_it_belongs_to(maas: Maas):
    assert maas.get("/api/2.0/users/?op=whoami").json["username"] == "admin"


def test_all_machines_are_listed_in_the_order_of_the_inventory(maas: Maas):
    names = [machine["hostname"] for machine in maas.get(MACHINES).json]
    assert names == [machine.hostname for machine in settings.INVENTORY]


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("hostname=virt-node-01", ["virt-node-01"]),
        ("hostname=virt-node-01&hostname=node-00", ["node-00", "virt-node-01"]),
        # Only short names match: maasserver/forms, hostname__in.
        ("hostname=virt-node-01.maas", []),
        (f"id={V2}", ["virt-node-02"]),
        ("mac_address=52:54:00:4d:00:0a", ["node-00"]),
        ("tags=control", ["node-00"]),
        ("tags=control&tags=lxd", []),
        ("tags=control&not_tags=control", []),
        ("domain=maas&tags=control", ["node-00"]),
        ("zone=elsewhere", []),
        ("pool=default&status=deployed&tags=control", ["node-00"]),
        ("agent_name=x", []),
    ],
)
def test_machines_are_filtered(maas: Maas, query: str, expected: list[str]):
    found = maas.get(f"{MACHINES}?{query}").json
    assert [machine["hostname"] for machine in found] == expected


def test_a_machine_shows_what_a_client_checks_it_by(maas: Maas):
    machine = maas.get(f"{MACHINES}{V1}/").json
    assert machine["system_id"] == V1
    assert machine["fqdn"] == "virt-node-01.maas"
    assert machine["hardware_uuid"] == hardware_uuid(V1)
    assert machine["power_type"] == "ipmi"
    assert machine["owner"] == "juju"
    assert machine["status_name"] == "Deployed"
    assert "10.77.1.21" in machine["ip_addresses"]
    assert maas.get(f"{MACHINES}{SPARE}/").json["status_name"] == "Ready"


def test_a_machine_that_is_not_there_is_not_found(maas: Maas):
    answer = maas.get(f"{MACHINES}zzzzzz/")
    assert answer.status == 404
    assert answer.text == "No Machine matches the given query."


def test_power_off_cuts_the_machine_and_live_queries_tell(maas: Maas):
    query = f"{MACHINES}{V1}/?op=query_power_state"
    assert maas.get(query).json == {"state": "on"}
    answer = maas.post(f"{MACHINES}{V1}/", op="power_off", stop_mode="hard", comment="fencing 7")
    assert answer.status == 200
    assert not maas.cloud.is_on("virt-node-01")
    assert maas.get(query).json == {"state": "off"}


def test_op_may_stand_in_the_query_or_in_the_body(maas: Maas):
    assert maas.post(f"{MACHINES}{V1}/?op=power_off").status == 200
    assert not maas.cloud.is_on("virt-node-01")


def test_power_off_of_a_machine_that_is_off_is_fine(maas: Maas):
    for _ in range(2):
        assert maas.post(f"{MACHINES}{V1}/", op="power_off").status == 200


def test_the_power_state_of_a_read_is_what_was_heard_last(maas: Maas):
    maas.get(f"{MACHINES}{V1}/?op=query_power_state")
    maas.cloud.powered.clear()
    assert maas.get(f"{MACHINES}{V1}/").json["power_state"] == "on"


def test_power_on_boots_the_machine_again(maas: Maas):
    maas.post(f"{MACHINES}{V1}/", op="power_off")
    assert maas.post(f"{MACHINES}{V1}/", op="power_on").status == 200
    assert maas.cloud.is_on("virt-node-01")


def test_a_machine_that_nobody_has_cannot_be_powered_on(maas: Maas):
    answer = maas.post(f"{MACHINES}{SPARE}/", op="power_on")
    assert answer.status == 409
    assert answer.text == "Can't start node: it hasn't been allocated."


@pytest.mark.parametrize("form", [{"op": "explode"}, {}, {"op": "power_off", "stop_mode": "gone"}])
def test_a_bad_operation_or_mode_is_a_bad_request(maas: Maas, form: dict[str, str]):
    assert maas.post(f"{MACHINES}{V1}/", **form).status == 400
    assert maas.cloud.is_on("virt-node-01")


def test_power_parameters_are_for_administrators(maas: Maas):
    path = f"{MACHINES}?op=power_parameters&id={V1}"
    assert maas.get(path).json[V1]["power_address"] == "10.77.0.21"
    assert maas.get(f"{MACHINES}{V1}/?op=power_parameters").json["power_user"] == "maas"
    assert maas.get(path, key="guestconsumer:guesttoken:guestsecret").status == 403


def test_who_does_not_own_a_machine_may_look_and_not_touch(maas: Maas):
    guest = "guestconsumer:guesttoken:guestsecret"
    assert maas.get(f"{MACHINES}{V1}/?op=query_power_state", key=guest).status == 200
    assert maas.post(f"{MACHINES}{V1}/", key=guest, op="power_off").status == 403
    assert maas.cloud.is_on("virt-node-01")


def test_a_locked_machine_refuses_power_actions_from_administrators_too(maas: Maas):
    assert maas.post(f"{MACHINES}{V1}/", op="lock").json["locked"]
    assert maas.post(f"{MACHINES}{V1}/", op="power_off").status == 403
    assert maas.get(f"{MACHINES}{V1}/?op=query_power_state").json == {"state": "on"}
    assert not maas.post(f"{MACHINES}{V1}/", op="unlock").json["locked"]
    assert maas.post(f"{MACHINES}{V1}/", op="power_off").status == 200


def test_annotations_are_kept_and_an_empty_one_is_removed(maas: Maas):
    path = f"{MACHINES}{V1}/"
    answer = maas.post(path, op="set_workload_annotations", fenced="yes", by="me")
    assert answer.json["owner_data"] == {"fenced": "yes", "by": "me"}
    answer = maas.post(path, op="set_workload_annotations", by="")
    assert answer.json["owner_data"] == {"fenced": "yes"}


def test_tags_select_machines_and_can_be_given(maas: Maas):
    assert [tag["name"] for tag in maas.get("/api/2.0/tags/").json] == [
        "compute",
        "control",
        "lxd",
        "remote",
    ]
    counts = maas.post("/api/2.0/tags/control/", op="update_nodes", add=V1)
    assert counts.json == {"added": 1, "removed": 0}
    found = maas.get("/api/2.0/tags/control/?op=machines").json
    assert [machine["system_id"] for machine in found] == ["c4q7n0", V1]
    assert maas.get("/api/2.0/tags/none/").status == 404


def test_power_events_can_be_asked_for_newest_first(maas: Maas):
    maas.post(f"{MACHINES}{V1}/", op="power_off", comment="fencing 7")
    maas.post(f"{MACHINES}{V2}/", op="power_off")
    found = maas.get("/api/2.0/events/?op=query&hostname=virt-node-01").json
    assert found["count"] == 2
    assert found["events"][0]["type"] == "Node power off end"
    assert found["events"][1]["description"] == "fencing 7"


def test_the_log_has_requests_actions_and_answers_in_order(maas: Maas):
    maas.post(f"{MACHINES}{V1}/", op="power_off", comment="fencing 7")
    maas.get(f"{MACHINES}{V1}/?op=query_power_state")
    records = maas.events("request", "power", "query", "reply")
    assert [(record["event"], record.get("phase")) for record in records] == [
        ("request", None),
        ("power", "begin"),
        ("power", "end"),
        ("reply", None),
        ("request", None),
        ("query", None),
        ("reply", None),
    ]
    assert records[0]["comment"] == "fencing 7"
    assert records[5]["state"] == "off"
    times = [record["time"] for record in records]
    assert times == sorted(times)
    assert all(len(time) == len("2026-11-23T04:00:00.000000Z") for time in times)


def test_the_log_never_has_a_key(maas: Maas):
    maas.get(MACHINES)
    text = (maas.home / "events.jsonl").read_text()
    assert "labsecret" not in text
    assert "OAuth" not in text


def test_a_revoked_key_is_refused_until_it_is_good_again(maas: Maas):
    maas.knobs.set("revoked", True)
    assert maas.get(MACHINES).status == 401
    maas.knobs.reset()
    assert maas.get(MACHINES).status == 200


def test_a_machine_can_be_locked_from_outside(maas: Maas):
    maas.knobs.set("locked", True, "virt-node-01")
    assert maas.get(f"{MACHINES}{V1}/").json["locked"]
    assert maas.post(f"{MACHINES}{V1}/", op="power_off").status == 403
    assert maas.post(f"{MACHINES}{V2}/", op="power_off").status == 200


def test_an_unstoppable_machine_answers_null_and_stays_on(maas: Maas):
    maas.knobs.set("null-reply", True, "virt-node-01")
    answer = maas.post(f"{MACHINES}{V1}/", op="power_off")
    assert (answer.status, answer.text) == (200, "null")
    assert maas.cloud.is_on("virt-node-01")
    assert not maas.events("power")


@pytest.mark.parametrize("state", ["unknown", "error"])
def test_a_bmc_may_not_know(maas: Maas, state: str):
    maas.knobs.set("query-state", state, "virt-node-01")
    assert maas.get(f"{MACHINES}{V1}/?op=query_power_state").json == {"state": state}


def test_a_stuck_switch_is_a_server_error(maas: Maas):
    maas.knobs.set("switch", "stuck")
    answer = maas.post(f"{MACHINES}{V1}/", op="power_off")
    assert answer.status == 500
    assert maas.events("power")[-1]["phase"] == "failed"


def test_a_cloud_that_fails_is_a_server_error_too(maas: Maas):
    maas.cloud.broken = OSError("no cgroup")
    assert maas.post(f"{MACHINES}{V1}/", op="power_off").status == 500


def test_power_takes_as_long_as_the_knob_says(maas: Maas):
    maas.knobs.set("power-latency", 0.3)
    start = time.monotonic()
    assert maas.post(f"{MACHINES}{V1}/", op="power_off").status == 200
    assert time.monotonic() - start >= 0.3


def test_a_machine_is_switched_while_another_one_still_is(maas: Maas):
    maas.cloud.meeting = threading.Barrier(2, timeout=9)
    threads = [
        threading.Thread(target=maas.post, args=(f"{MACHINES}{each}/?op=power_off",))
        for each in (V1, V2)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    phases = [record["phase"] for record in maas.events("power")]
    assert phases == ["begin", "begin", "end", "end"]
    assert maas.cloud.powered == {"node-00", "virt-node-10"}


@pytest.mark.parametrize(
    ("knob", "value", "field", "shown"),
    [
        ("locked", True, "locked", True),
        ("power-type", "manual", "power_type", "manual"),
        ("renamed", "other", "fqdn", f"other.{settings.DOMAIN}"),
        ("owner", "somebody", "owner", "somebody"),
        ("cached-state", "off", "power_state", "off"),
    ],
)
def test_a_machine_can_look_different_in_a_read_and_in_the_list(
    maas: Maas, knob: str, value: str | bool, field: str, shown: str | bool
):
    maas.knobs.set(knob, value, "virt-node-01")
    assert maas.get(f"{MACHINES}{V1}/").json[field] == shown
    (listed,) = maas.get(f"{MACHINES}?id={V1}").json
    assert listed[field] == shown


def test_a_machine_can_be_forgotten_or_have_a_twin(maas: Maas):
    maas.knobs.set("deleted", True, "virt-node-01")
    assert maas.get(f"{MACHINES}{V1}/").status == 404
    assert maas.get(f"{MACHINES}?id={V1}").json == []
    maas.knobs.set("twin", True, "virt-node-02")
    found = maas.get(f"{MACHINES}?hostname=virt-node-02").json
    assert len({each["system_id"] for each in found}) == 2


def test_who_lost_a_machine_to_another_may_not_switch_it(maas: Maas):
    maas.knobs.set("owner", "guest", "virt-node-01")
    key = "guestconsumer:guesttoken:guestsecret"
    assert maas.post(f"{MACHINES}{V1}/", key=key, op="power_off").status == 200
    assert maas.post(f"{MACHINES}{V2}/", key=key, op="power_off").status == 403


@pytest.mark.parametrize("name", [name for name in TROUBLES if name != "hang-up"])
def test_a_trouble_comes_as_often_as_the_knob_says(maas: Maas, name: str):
    maas.knobs.set("trouble", name)
    maas.knobs.set("trouble-every", 2)
    statuses = [maas.get(MACHINES).status for _ in range(4)]
    assert statuses == [200, TROUBLES[name].status] * 2


def test_trouble_is_kept_to_a_kind_of_calls(maas: Maas):
    maas.knobs.set("trouble", "no-rack")
    maas.knobs.set("trouble-calls", "queries")
    assert maas.get(f"{MACHINES}{V1}/").status == 200
    answer = maas.get(f"{MACHINES}{V1}/?op=query_power_state")
    assert (answer.status, answer.headers["Retry-After"]) == (503, "10")
    maas.knobs.set("retry-after", 0.5)
    answer = maas.get(f"{MACHINES}{V1}/?op=query_power_state")
    assert answer.headers["Retry-After"] == "0.5"


def test_an_action_may_be_done_and_its_answer_lost(maas: Maas):
    maas.knobs.set("trouble", "lost-answer")
    maas.knobs.set("trouble-calls", "actions")
    assert maas.post(f"{MACHINES}{V1}/", op="power_off").status == 504
    assert not maas.cloud.is_on("virt-node-01")


def test_a_machine_may_come_on_again_by_itself(maas: Maas):
    maas.knobs.set("switch", "bounce")
    maas.knobs.set("bounce-after", 0.05)
    maas.post(f"{MACHINES}{V1}/", op="power_off")
    end = time.monotonic() + 10
    while not maas.cloud.is_on("virt-node-01"):
        assert time.monotonic() < end
        time.sleep(0.01)


def test_the_knobs_that_are_turned_can_be_seen(maas: Maas):
    maas.knobs.reset()
    maas.knobs.set("locked", True, "node-00")
    assert maas.knobs.positions() == [{"knob": "locked", "machine": "node-00", "value": True}]
    assert maas.events("knob")[-1]["knob"] == "locked"


@pytest.mark.parametrize(
    ("knob", "value"),
    [("padlocked", True), ("locked", 1), ("power-latency", "slow"), ("switch", "maybe")],
)
def test_a_knob_without_such_a_position_is_refused(
    maas: Maas, knob: str, value: float | bool | str
):
    with pytest.raises(ControlError):
        maas.knobs.set(knob, value)


def test_every_knob_stands_at_good_behaviour_by_default():
    faults = Faults()
    for name, knob in KNOBS.items():
        assert faults.value(name, "node-00") == knob.default
    with pytest.raises(UnknownKnobError):
        faults.set("nothing", 1.0)


def test_a_knob_of_one_machine_wins_over_that_of_all():
    faults = Faults()
    faults.set("power-latency", 2.0)
    faults.set("power-latency", 5.0, "a")
    assert faults.number("power-latency", "a") == 5.0
    assert faults.number("power-latency", "b") == 2.0


def test_without_a_simulator_there_is_nothing_to_control(tmp_path: pathlib.Path):
    with pytest.raises(ControlError, match="no MAAS simulator"):
        Control(tmp_path / "none").positions()


def test_a_namespace_must_be_there_to_listen_in():
    with pytest.raises(NamespaceError, match="is the lab up"):
        listen("127.0.0.1", 0, "no-such-lab")
