# Copyright 2026 The instance-ha developers
# SPDX-License-Identifier: Apache-2.0
# It runs in the machines, on libraries that the lab itself does not have.
# pyright: reportMissingImports=false, reportUnknownVariableType=false, reportUnknownMemberType=false

"""Make taskflow's tables as its own models describe them: what all upstream steps lead to."""

from alembic import op
from sqlalchemy import MetaData
from taskflow.persistence.backends.sqlalchemy import tables

revision = "40fc8c914bd2"
"""The name of upstream's last step, so that a complete package takes over from here."""

down_revision = None


def upgrade() -> None:
    """Make the tables."""
    metadata = MetaData()
    tables.fetch(metadata)
    metadata.create_all(op.get_bind())
