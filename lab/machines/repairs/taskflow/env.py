# Copyright 2026 The instance-ha developers
# SPDX-License-Identifier: Apache-2.0
# It runs in the machines, on libraries that the lab itself does not have.
# pyright: reportMissingImports=false, reportUnknownVariableType=false, reportUnknownMemberType=false

"""Run taskflow's migrations on the connection that taskflow hands over."""

from alembic import context

connection = context.config.attributes["connection"]
context.configure(connection=connection, target_metadata=None)
with context.begin_transaction():
    context.run_migrations()
