# Copyright 2026 The instance-ha developers
# SPDX-License-Identifier: Apache-2.0

"""How nova's services get the answers of each other: looked for every half second, or waited for.

oslo.messaging 14.8.0 to 18.1.0, of which Debian 13 has 16.1.0, sleeps half a second between two looks
(``ReplyWaiters.get`` in ``_drivers/amqpdriver.py``); up to 14.7.3, the series of OpenStack 2024.1, and from
18.2.0 on it waits for the answer itself (all read in these releases). An evacuation makes several
such calls while it holds a lock of nova-compute's. ``BENCH_REPLIES=waited`` measures
nova as it is with the latter: the sleep is shortened to 5 ms, for all sides alike.
"""

import contextlib
import os
from collections.abc import Generator, Iterable

from lab.story.openstack import wait_for
from lab.story.stage import Stage, machine_of
from tests.bench import crowd

WAITED = os.environ.get("BENCH_REPLIES", "packaged") == "waited"
TITLE = "waited for" if WAITED else "looked for every half second, as packaged"

_DRIVER = "/usr/lib/python3/dist-packages/oslo_messaging/_drivers/amqpdriver.py"
_PACKAGED, _SHORT = "time.sleep(0.5)", "time.sleep(0.005)"
# Fails, and restarts nothing, where the library is another one than is known here.
_SWAP = f"""set -e
sed -i "s/$1/$2/" {_DRIVER}
test "$(grep -cF "$2" {_DRIVER})" = 1
systemctl restart $3"""
_CONTROL = "nova-conductor nova-scheduler nova-api"
_COMPUTE = "nova-compute"


@contextlib.contextmanager
def waited(stage: Stage) -> Generator[None]:
    """Have nova's services wait for answers; put the packaged library back afterwards."""
    hosts = sorted(stage.openstack.hypervisors())
    _swap(stage, hosts, _PACKAGED, _SHORT)
    try:
        yield
    finally:
        _swap(stage, hosts, _SHORT, _PACKAGED)


def _swap(stage: Stage, hosts: Iterable[str], old: str, new: str) -> None:
    machines = {crowd.CONTROL: _CONTROL} | {machine_of(host): _COMPUTE for host in hosts}
    for machine, units in machines.items():
        if not stage.cloud.is_on(machine):
            continue  # something has failed with the host lost, and is told
        done = stage.cloud.run(machine, ["bash", "-c", _SWAP, "-", old, new, units], timeout=120)
        assert done.returncode == 0, f"{machine}: {done.stderr}"
    wait_for("nova is up again", lambda: _is_up(stage, hosts), timeout=180, every=3.0)


def _is_up(stage: Stage, hosts: Iterable[str]) -> bool:
    services = stage.openstack.services()
    on = [host for host in hosts if stage.cloud.is_on(machine_of(host))]
    return all(services[host]["State"] == "up" for host in on)
