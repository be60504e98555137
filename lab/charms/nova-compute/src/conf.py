# Copyright 2026 The instance-ha developers
# SPDX-License-Identifier: Apache-2.0

"""The hypervisor's configuration files, as values."""

from lab_charm import ini, nova

# Whoever reaches the socket may use it: the machine is the boundary.
LIBVIRTD = """\
auth_unix_rw = "none"
auth_unix_ro = "none"
unix_sock_rw_perms = "0777"
host_uuid_source = "machine-id"
min_workers = 2
max_workers = 6
"""

# Without Debian's --timeout: an idle libvirtd would end after two minutes.
LIBVIRTD_DEFAULT = 'LIBVIRTD_ARGS=""\n'

# A machine here is a container: no control groups or namespaces of its own to give to guests.
QEMU = """\
user = "root"
group = "root"
dynamic_ownership = 0
remember_owner = 0
security_driver = "none"
cgroup_controllers = []
namespaces = []
stdio_handler = "file"
"""


def nova_conf(host: str, address: str, cloud: nova.Cloud, queue: str) -> ini.Ini:
    """Return nova.conf of a hypervisor."""
    own: dict[str, dict[str, object]] = {
        "DEFAULT": {
            "host": host,
            "my_ip": address,
            "compute_driver": "libvirt.LibvirtDriver",
            "instances_path": "/var/lib/nova/instances",
            "heal_instance_info_cache_interval": -1,
            "reserved_host_memory_mb": 0,
            # The machines share two cores; the default of 4 would leave room for eight guests.
            "initial_cpu_allocation_ratio": 16,
            "cpu_allocation_ratio": 16,
            "resume_guests_state_on_host_boot": False,
        },
        # Nova would disable a host after ten failed builds; the lab breaks hosts on purpose.
        "compute": {"consecutive_build_service_disable_threshold": 0},
        "libvirt": {"virt_type": "qemu", "cpu_mode": "none", "images_type": "qcow2"},
        "workarounds": {"skip_cpu_compare_at_startup": True},
    }
    return ini.merge(nova.sections(cloud, queue), own)
