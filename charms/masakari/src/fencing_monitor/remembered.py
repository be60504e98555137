# Copyright 2026 The instance-ha developers
# SPDX-License-Identifier: Apache-2.0

"""What a monitor that does not run here any more has left: ``python3 -m fencing_monitor.remembered CONFIG``.

The journal stays on the machine where it was written; whoever watches the cluster now has its own.
"""

import json
import sys
from collections.abc import Sequence

from fencing_monitor import timeline
from fencing_monitor.journal import Journal
from fencing_monitor.machine import State
from fencing_monitor.settings import SettingsError, load


def main(arguments: Sequence[str]) -> int:
    """Print the timeline document that the journal of this machine makes."""
    try:
        directory = load(arguments[0]).journal_directory
        state = State(hosts=Journal(directory).read())
    except (SettingsError, OSError) as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    print(json.dumps(timeline.render(state, {"problem": "does not run on this unit"})))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
