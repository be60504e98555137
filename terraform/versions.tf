# Copyright 2026 The instance-ha developers
# SPDX-License-Identifier: Apache-2.0

terraform {
  required_version = ">= 1.6"
  required_providers {
    juju = {
      source  = "juju/juju"
      version = ">= 1.0, < 3.0" # with 1.0 models became known by their UUID
    }
  }
}
