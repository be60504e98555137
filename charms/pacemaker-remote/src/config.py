# Copyright 2026 The instance-ha developers
# SPDX-License-Identifier: Apache-2.0

"""The charm's options as one value."""

import pydantic


class Config(pydantic.BaseModel):
    """Options of the pacemaker-remote charm."""

    model_config = pydantic.ConfigDict(frozen=True)

    enable_stonith: bool = False
    enable_resources: bool = True
