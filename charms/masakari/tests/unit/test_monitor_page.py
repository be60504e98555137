# Copyright 2026 The instance-ha developers
# SPDX-License-Identifier: Apache-2.0

"""The page about a recovery: true to the timeline, and complete in itself."""

import re
import xml.etree.ElementTree as ET

import pytest
from monitor_world import H1, H2, World

from fencing_monitor import page, picture, story, timeline

SVG = "{http://www.w3.org/2000/svg}"


@pytest.fixture
def world() -> World:
    world = World()
    world.boot(H1, "vm1", "vm2", "<b>&evil")
    return world


def failures(world: World) -> list[dict[str, object]]:
    return timeline.render(world.state, {})["failures"]


def recovered(world: World) -> list[dict[str, object]]:
    world.lose(H1)
    world.tick(times=12)
    world.fence(H1)
    world.tick(times=8)
    return failures(world)


def test_it_shows_every_phase_and_instance_with_its_seconds(world: World):
    (failure,) = recovered(world)
    phases = {bar.name: bar.seconds for bar in story.phases(failure)}
    assert phases["fenced"] == 12.0
    assert set(phases) >= {"fenced", "power-off confirmed", "nova told", "Masakari told"}
    assert {bar.name for bar in story.moves(failure)} == {"vm1", "vm2", "<b>&evil"}
    assert all(bar.kind == "good" and H2 in bar.detail for bar in story.moves(failure))


def test_the_picture_is_well_formed_and_has_a_bar_for_each(world: World):
    (failure,) = recovered(world)
    root = ET.fromstring(picture.draw(failure))
    bars = [one for one in root.iter(f"{SVG}rect") if one.find(f"{SVG}title") is not None]
    assert len(bars) == len(story.phases(failure)) + len(story.moves(failure))


def test_names_are_text_and_never_markup(world: World):
    text = page.render(recovered(world))
    assert "<b>&evil" not in text
    assert "&lt;b&gt;&amp;evil" in text


def test_the_page_needs_nothing_from_anywhere(world: World):
    text = page.render(recovered(world)).replace("http://www.w3.org/2000/svg", "")
    assert not re.search(r"https?://|<script|<link|@import|src=", text)


def test_what_was_not_recovered_stands_out(world: World):
    world.engine = "fails"
    text = page.render(recovered(world))
    world.tick(times=400)
    text = page.render(failures(world))
    assert 'class="bad"' in text
    assert "failed" in text


def test_a_recovery_under_way_is_shown_as_far_as_it_is(world: World):
    world.lose(H1)
    world.tick(times=3)
    assert "under way" in page.render(failures(world))


def test_no_failure_is_a_page_too():
    assert "No failure" in page.render([])
