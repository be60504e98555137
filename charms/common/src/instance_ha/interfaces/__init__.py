# Copyright 2026 The instance-ha developers
# SPDX-License-Identifier: Apache-2.0

"""One module per interface, named as in charmcraft.yaml: the models of both ends and the wire."""
