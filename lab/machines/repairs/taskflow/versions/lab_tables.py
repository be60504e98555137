# Copyright 2026 The instance-ha developers
# SPDX-License-Identifier: Apache-2.0
# It runs in the machines, on libraries that the lab itself does not have.
# pyright: reportMissingImports=false, reportUnknownVariableType=false, reportUnknownMemberType=false

"""Make taskflow's tables as its own models describe them: what all upstream steps lead to."""

from alembic import op
from sqlalchemy import MetaData
from sqlalchemy.dialects import mysql
from taskflow.persistence.backends.sqlalchemy import tables

revision = "40fc8c914bd2"
"""The name of upstream's last step, so that a complete package takes over from here."""

down_revision = None

WIDENED = (
    ("atomdetails", "failure"),
    ("atomdetails", "results"),
    ("atomdetails", "revert_failure"),
    ("flowdetails", "meta"),
)


def upgrade() -> None:
    """Make the tables, with the columns that upstream widened for MySQL since it wrote its models."""
    metadata = MetaData()
    tables.fetch(metadata)
    metadata.create_all(op.get_bind())
    if op.get_bind().dialect.name == "mysql":
        for table, column in WIDENED:
            op.alter_column(table, column, type_=mysql.LONGTEXT, existing_nullable=True)
