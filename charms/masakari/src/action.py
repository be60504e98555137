# Copyright 2026 The instance-ha developers
# SPDX-License-Identifier: Apache-2.0

"""What an action that stands in a table is, and how it is run and answered."""

import dataclasses
from collections.abc import Callable
from typing import Any

import ops
import pydantic

import api

Results = dict[str, str]


class ActionError(Exception):
    """An action cannot do what it was asked; the message says why, the results how far it came."""

    def __init__(self, message: str, results: Results | None = None):
        super().__init__(message)
        self.results = results or {}


@dataclasses.dataclass(frozen=True)
class Action:
    """The parameters of an action, and what it does with them and the segments of the option."""

    params: type[pydantic.BaseModel]
    work: Callable[[Any, frozenset[str]], Results]


def run(event: ops.ActionEvent, action: Action, described: frozenset[str]) -> None:
    """Run an action and report what came of it.

    Args:
        event: The action as Juju runs it.
        action: Its entry in a table of actions.
        described: The names of the segments that the option ``segments`` describes.
    """
    params = event.load_params(action.params, errors="fail")
    try:
        event.set_results(action.work(params, described))
    except ActionError as error:
        event.set_results(error.results)
        event.fail(str(error))
    except api.ApiError as error:
        event.fail(str(error))
