# Copyright 2026 The instance-ha developers
# SPDX-License-Identifier: Apache-2.0

"""Thirty instances on a hypervisor that is lost: all recovered, and what each of them adds.

``BENCH_INSTANCES`` is another number.
"""

import os
import time

import pytest

from lab.machines.cloud import Cloud
from lab.story import acts
from lab.story.recorder import Recorder
from lab.story.stage import Stage, make_segment
from lab.story.watch import Watch
from tests.bench import crowd, sides, split

NUMBER = int(os.environ.get("BENCH_INSTANCES", "30"))


@pytest.mark.usefixtures("replies")
def test_many_instances(stage: Stage, cloud: Cloud, watch: Watch) -> None:
    make_segment(stage)
    sides.advise_nova(stage)
    guests = crowd.boot(stage, NUMBER)
    load = os.getloadavg()[0]
    with Recorder(cloud, crowd.CONTROL) as recorder:
        time.sleep(2.0)
        zero = crowd.cut(stage)
        crowd.wait_away(stage, recorder, guests)
        beating = time.time()
        time.sleep(5.0)
        found = split.measure(stage, recorder, guests, zero, beating, load)
        moves = {one.state for one in recorder.changes("move", zero)}
    growth = (found.active[-1] - found.active[0]) / max(1, NUMBER - 1)
    print(f"\n{split.table({f'{NUMBER} instances': found})}")
    print(f"\ns for each further instance: {growth:.2f}; states of moves seen: {sorted(moves)}")
    assert len(found.active) == NUMBER
    assert watch.doubles() == ()
    acts.return_hypervisor(stage, crowd.VICTIM)
