# Copyright 2026 The instance-ha developers
# SPDX-License-Identifier: Apache-2.0

"""What the calls of the API share."""

import dataclasses

from lab.maas.events import EventLog
from lab.maas.faults import Faults
from lab.maas.machines import Inventory
from lab.maas.oauth import Doorkeeper
from lab.maas.power import Switch


@dataclasses.dataclass(frozen=True)
class Context:
    """One MAAS: its machines, the switch that moves them, its log and its moods."""

    inventory: Inventory
    switch: Switch
    log: EventLog
    faults: Faults
    doorkeeper: Doorkeeper
