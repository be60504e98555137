# Copyright 2026 The instance-ha developers
# SPDX-License-Identifier: Apache-2.0

from lab.story import timeline
from lab.story.timeline import Moment
from lab.story.watch import Process, Sighting

EVENTS = """\
{"time": "1970-01-01T00:00:05.000000Z", "event": "query", "machine": "v1", "state": "off"}
{"time": "1970-01-01T00:00:11.000000Z", "event": "power", "machine": "v1", "action": "off", "phase": "begin"}
{"time": "1970-01-01T00:00:12.000000Z", "event": "query", "machine": "v2", "state": "off"}
{"time": "1970-01-01T00:00:13.500000Z", "event": "query", "machine": "v1", "state": "off"}
{"time": "1970-01-01T00:00:14.000000Z", "event": "query", "machine": "v1", "state": "off"}
{"time": "1970-01-01T00:00:15"""


def test_a_time_without_a_zone_is_utc():
    assert timeline.parse_time("1970-01-01T00:01:00.000000") == 60.0
    assert timeline.parse_time("1970-01-01T00:01:00Z") == 60.0


def test_of_maas_only_this_machine_after_the_beginning_is_told(tmp_path):
    path = tmp_path / "events.jsonl"
    path.write_text(EVENTS)
    assert list(timeline.power(path, "v1", 10.0)) == [
        Moment(11.0, "MAAS", "power off begin: v1"),
        Moment(13.5, "MAAS", "v1 is seen to be off"),
    ]


def test_a_maas_that_has_logged_nothing_yet_is_no_error(tmp_path):
    assert list(timeline.power(tmp_path / "none", "v1", 0.0)) == []


def test_a_process_that_still_runs_has_no_end():
    sightings = [
        Sighting(Process("i", "a", 1), 1.0, 12.0),
        Sighting(Process("i", "b", 2), 15.0, 20.0),
    ]
    assert list(timeline.processes(sightings, 10.0, lambda _: "vm")) == [
        Moment(12.0, "watch", "qemu of vm on a was seen last"),
        Moment(15.0, "watch", "qemu of vm on b runs"),
    ]


def test_the_list_is_in_order_and_counts_from_zero():
    text = timeline.render([Moment(12.0, "MAAS", "b"), Moment(10.0, "demo", "a")], 10.0)
    assert text == "     0.0 s  demo  a\n     2.0 s  MAAS  b"
