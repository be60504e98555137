# Copyright 2026 The instance-ha developers
# SPDX-License-Identifier: Apache-2.0

"""Calls to nova and Masakari for the charm, which has no keystoneauth of its own. An edge."""

import dataclasses
from collections.abc import Iterable, Mapping
from typing import Any

from keystoneauth1 import exceptions

from fencing_monitor import openstack
from fencing_monitor.requests import Problem
from fencing_monitor.settings import Settings


def call(settings: Settings, calls: Iterable[Mapping[str, Any]]) -> dict[str, Any]:
    """Make calls in order, until one fails.

    Args:
        settings: Where nova and Masakari are, and as whom.
        calls: For each ``service`` ("compute" or "instance-ha"), ``method``, ``path``, and where
            wanted ``version`` (a microversion) and ``body``.

    Returns:
        ``answers``: the documents of the calls that succeeded; ``error``: ``code`` and
        ``message`` of the one that did not, or ``None``.
    """
    nova, masakari = openstack.connect(settings)
    services = {"compute": nova, "instance-ha": masakari}
    answers: list[Any] = []
    for one in calls:
        names = (("version", "microversion"), ("body", "json"))
        more = {name: one[key] for key, name in names if one.get(key) is not None}
        try:
            answer = services[one["service"]].request(one["path"], one["method"], **more)
            answers.append(answer.json() if answer.content else None)
        except exceptions.ClientException as error:
            return {"answers": answers, "error": dataclasses.asdict(openstack.problem(error))}
        except ValueError as error:
            trouble = Problem(f"an answer that is not understood: {error!r}")
            return {"answers": answers, "error": dataclasses.asdict(trouble)}
    return {"answers": answers, "error": None}
