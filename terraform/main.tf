# Copyright 2026 The instance-ha developers
# SPDX-License-Identifier: Apache-2.0
#
# Instance recovery for an OpenStack that is in the model already: the plan of overlays/masakari.yaml.

locals {
  relations = [
    ["nova-compute:juju-info", "masakari-monitors:container"],
    ["masakari:ha", "hacluster:ha"],
    ["keystone:identity-credentials", "masakari-monitors:identity-credentials"],
    ["nova-compute:juju-info", "pacemaker-remote:juju-info"],
    ["hacluster:pacemaker-remote", "pacemaker-remote:pacemaker-remote"],
    ["masakari:identity-service", "keystone:identity-service"],
    ["masakari:shared-db", "${var.database}:shared-db"],
    ["masakari:amqp", "rabbitmq-server:amqp"],
  ]
  options = {
    masakari          = { openstack-origin = "distro", vip = var.vip }
    masakari-monitors = {}
    hacluster         = { maas_url = var.maas_url, maas_credentials = juju_secret.maas.secret_uri }
    pacemaker-remote  = { enable-stonith = "true", enable-resources = "false" }
  }
}

resource "juju_secret" "maas" {
  model_uuid = var.model_uuid
  name       = "maas"
  value      = { api-key = var.maas_api_key }
}

resource "juju_access_secret" "maas" {
  model_uuid   = var.model_uuid
  secret_id    = juju_secret.maas.secret_id
  applications = [juju_application.subordinate["hacluster"].name]
}

resource "juju_machine" "masakari" {
  for_each   = var.hosts
  model_uuid = var.model_uuid
  base       = var.base
  placement  = "lxd:${each.key}"
}

resource "juju_application" "masakari" {
  model_uuid        = var.model_uuid
  name              = "masakari"
  machines          = toset([for machine in juju_machine.masakari : machine.machine_id])
  config            = merge(local.options["masakari"], lookup(var.config, "masakari", {}))
  endpoint_bindings = [for endpoint, space in var.spaces : { endpoint = endpoint, space = space }]

  charm {
    name    = "masakari"
    channel = var.channel
    base    = var.base
  }
}

# Their units come with the relations to their principals.
resource "juju_application" "subordinate" {
  for_each   = toset(["masakari-monitors", "hacluster", "pacemaker-remote"])
  model_uuid = var.model_uuid
  name       = each.key
  config     = merge(local.options[each.key], lookup(var.config, each.key, {}))

  charm {
    name    = each.key
    channel = var.channel
    base    = var.base
  }
}

resource "juju_integration" "all" {
  for_each   = { for ends in local.relations : join(" ", ends) => ends }
  model_uuid = var.model_uuid

  dynamic "application" {
    for_each = each.value
    content {
      name     = split(":", application.value)[0]
      endpoint = split(":", application.value)[1]
    }
  }

  depends_on = [juju_application.masakari, juju_application.subordinate]
}
