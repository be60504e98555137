# Copyright 2026 The instance-ha developers
# SPDX-License-Identifier: Apache-2.0

"""masakarimonitors.conf, as text."""

from collections.abc import Mapping

from config import Config
from instance_ha import paths
from instance_ha.interfaces.keystone_credentials import Credentials

PROCESSES = "/etc/masakarimonitors/process_list.yaml"
"""What the process monitor looks after."""

# For twelve minutes: by default a report is dropped after two, which is less than a controller's reboot.
# It goes on from the event's own thread, so that it delays no other.
_RETRIES, _RETRY_INTERVAL = 72, 10  # seconds

Sections = Mapping[str, Mapping[str, str]]


def render(config: Config, credentials: Credentials, host: str) -> str:
    """Return masakarimonitors.conf.

    See https://docs.openstack.org/masakari-monitors/latest/reference/index.html.

    Args:
        config: The options of the charm.
        credentials: As whom to speak to Masakari.
        host: The hypervisor's name, equal to nova's and to that of its host in Masakari.
    """
    interface = "internal" if config.use_internal_endpoints else "public"
    url = credentials.url if config.use_internal_endpoints else credentials.admin_url
    sections: dict[str, dict[str, str]] = {
        "DEFAULT": {
            "debug": str(config.debug),
            "use_syslog": str(config.use_syslog),
            "hostname": host,
            # Without it the libraries speak up from WARNING on only.
            **({"default_log_levels": "requests.packages.urllib3=WARN"} if config.verbose else {}),
        },
        "api": {
            "auth_url": f"{url}/v3",
            "username": credentials.credentials_username,
            "password": _literal(credentials.credentials_password.get_secret_value()),
            "user_domain_name": credentials.credentials_user_domain_name,
            "project_name": credentials.credentials_project,
            "project_domain_name": credentials.credentials_project_domain_name,
            "region": config.region,
            "api_interface": interface,
            "cafile": paths.AUTHORITIES,
        },
        "callback": {"retry_max": str(_RETRIES), "retry_interval": str(_RETRY_INTERVAL)},
        "libvirt": {"connection_uri": "qemu:///system"},
        "host": {
            # Hypervisors are remotes of the cluster: crm_mon knows their state, and neither corosync's
            # heartbeat nor an IPMI resource is theirs.
            "pacemaker_node_type": "remote",
            "restrict_to_remotes": "True",
            "disable_ipmi_check": "True",
        },
        "process": {"process_list_path": PROCESSES},
    }
    for name, options in config.config_flags.items():
        sections[name] = sections.get(name, {}) | options
    return "# Written by the masakari-monitors charm.\n" + _text(sections)


def _text(sections: Sections) -> str:
    blocks = (
        "\n".join([f"[{name}]", *(f"{key} = {value}" for key, value in options.items())])
        for name, options in sections.items()
    )
    return "\n\n".join(blocks) + "\n"


def _literal(value: str) -> str:
    # oslo.config replaces $name by the value of another option.
    return value.replace("$", "$$")
