# Copyright 2026 The instance-ha developers
# SPDX-License-Identifier: Apache-2.0

import io
import itertools

import pytest

from lab.progress import Progress


@pytest.fixture
def out() -> io.StringIO:
    return io.StringIO()


@pytest.fixture
def progress(tmp_path, out) -> Progress:
    ticks = itertools.count(0.0, 1.5)
    return Progress(tmp_path, out, clock=lambda: next(ticks))


def test_a_phase_is_announced_told_with_its_details_and_timed(progress, out):
    with progress.phase("pack", "pack the charms") as done:
        progress.say("one of four")
        done("4 charms")
    assert [line.split("s  ", 1)[1] for line in out.getvalue().splitlines()] == [
        "pack: pack the charms",
        "    one of four",
        "pack: 4 charms (4.5 s)",
    ]
    assert progress.times == {"pack": 4.5}


def test_each_phase_has_a_log_of_its_own(progress, tmp_path):
    with progress.phase("image", "build"):
        progress.say("a detail")
    assert "a detail" in (tmp_path / "image.log").read_text()


def test_a_phase_that_fails_is_known_and_has_no_time(progress):
    with pytest.raises(LookupError), progress.phase("deploy", "deploy"):
        raise LookupError("no")
    assert progress.current == "deploy"
    assert progress.times == {}


def test_the_split_ends_with_the_sum(progress):
    progress.times.update(image=10.0, pack=2.5)
    assert progress.split().splitlines()[-1].split() == ["in", "all", "12.5", "s"]
