# Copyright 2026 The instance-ha developers
# SPDX-License-Identifier: Apache-2.0

from typing import Any

import jubilant
import pytest

from lab import deployment


def unit(state: str, message: str = "", agent: str = "idle", **below: Any) -> dict[str, Any]:
    return {
        "workload-status": {"current": state, "message": message},
        "juju-status": {"current": agent},
        "subordinates": below.get("subordinates", {}),
    }


def status(**units: dict[str, Any]) -> jubilant.Status:
    app = {
        "charm": "c",
        "charm-origin": "local",
        "charm-name": "c",
        "charm-rev": 0,
        "exposed": False,
    }
    return jubilant.Status._from_dict(  # the only way to make one without a Juju
        {
            "model": {
                "name": "m",
                "type": "iaas",
                "controller": "c",
                "cloud": "c",
                "version": "3.6.14",
            },
            "machines": {},
            "applications": {
                name: {**app, "units": {f"{name}/0": content}} for name, content in units.items()
            },
        }
    )


@pytest.mark.parametrize(
    ("units", "described"),
    [
        ({}, "no units yet; agents are busy"),
        ({"a": unit("active")}, "1 active"),
        ({"a": unit("active", agent="executing")}, "1 active, 1 busy"),
        (
            {"a": unit("waiting", "for b"), "b": unit("active")},
            "1 active, 1 waiting; a/0 waiting (for b)",
        ),
        (
            {"a": unit("waiting"), "b": unit("error", "hook failed"), "c": unit("blocked", "x")},
            "1 blocked, 1 error, 1 waiting; b/0 error (hook failed)",
        ),
    ],
)
def test_a_status_is_one_line_with_its_worst_unit(units, described):
    assert deployment.describe(status(**units)) == described


def test_subordinates_count_as_units():
    principal = unit("active", subordinates={"s/0": unit("blocked", "Missing relation: ha")})
    assert deployment.describe(status(a=principal)).endswith("s/0 blocked (Missing relation: ha)")
