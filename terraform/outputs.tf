# Copyright 2026 The instance-ha developers
# SPDX-License-Identifier: Apache-2.0

output "applications" {
  description = "The names of the four applications, for what is to be related to them."
  value       = concat([juju_application.masakari.name], [for each in juju_application.subordinate : each.name])
}
