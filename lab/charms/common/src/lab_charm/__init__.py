# Copyright 2026 The instance-ha developers
# SPDX-License-Identifier: Apache-2.0

"""What the lab's charms share: small functions and values, no base classes.

The lab's charms stand in for the real keystone, mysql, rabbitmq-server, nova-cloud-controller and
nova-compute: as small as can be, real services, the real charms' words on the wire.
"""
