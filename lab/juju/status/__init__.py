# Copyright 2026 The instance-ha developers
# SPDX-License-Identifier: Apache-2.0

"""The state of a model as ``juju status`` shows it: a document, and a table of it."""
