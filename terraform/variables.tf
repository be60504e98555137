# Copyright 2026 The instance-ha developers
# SPDX-License-Identifier: Apache-2.0

variable "model_uuid" {
  description = "The model of the cloud; `juju show-model` tells it."
  type        = string
}

variable "channel" {
  description = "Charmhub's channel of the four charms, which are released together. Not the predecessors' channels."
  type        = string
}

variable "maas_url" {
  description = "URL of MAAS, up to /MAAS."
  type        = string
}

variable "maas_api_key" {
  description = "Key of a MAAS user who may power the hypervisors off. It becomes a Juju secret; Terraform's state has it, too."
  type        = string
  sensitive   = true
}

variable "vip" {
  description = "Virtual addresses of Masakari's API, one for each network that it is bound to, blanks between them."
  type        = string
}

variable "hosts" {
  description = "Machines, by number, in a container of which a unit of masakari goes each: three or more."
  type        = set(string)
}

variable "base" {
  description = "Base of masakari's containers and of the hypervisors."
  type        = string
  default     = "ubuntu@24.04"
}

variable "spaces" {
  description = "The space for each endpoint or further binding of masakari."
  type        = map(string)
  default = {
    public    = "public"
    admin     = "admin"
    internal  = "internal"
    shared-db = "internal"
    amqp      = "internal"
  }
}

variable "config" {
  description = "Further options, by application; they win over those that the plan sets."
  type        = map(map(string))
  default     = {}
}

variable "database" {
  description = "Application with the endpoint shared-db: one of mysql-router that masakari alone uses, or mysql."
  type        = string
  default     = "mysql"
}
