# Copyright 2026 The instance-ha developers
# SPDX-License-Identifier: Apache-2.0

"""Requests to the other applications and the configuration files, as values."""

from collections.abc import Mapping

from lab_charm import ini, nova

# (owner, and the directory's name in /etc; file) -> text
Files = dict[tuple[str, str], str]

# Prefix of the keys in the databag, as with the real charms -> user and database.
_DATABASES = {
    "nova": ("nova", "nova"),
    "novaapi": ("nova", "nova_api"),
    "novacell0": ("nova", "nova_cell0"),
    "placement": ("placement", "placement"),
    "glance": ("glance", "glance"),
    "neutron": ("neutron", "neutron"),
}
_ENDPOINTS = {
    "nova": ":8774/v2.1",
    "placement": ":8778",
    "glance": ":9292",
    "neutron": ":9696",
}


def database_request(address: str) -> dict[str, str]:
    """Return what stands in the shared-db databag."""
    request: dict[str, str] = {}
    for prefix, (user, database) in _DATABASES.items():
        request |= {
            f"{prefix}_database": database,
            f"{prefix}_username": user,
            f"{prefix}_hostname": address,
        }
    return request


def database_urls(databag: Mapping[str, str], unit: str) -> dict[str, str] | None:
    """Return prefix -> URL from a reply over shared-db, or None while it lacks one for our unit."""
    urls: dict[str, str] = {}
    for prefix, (user, database) in _DATABASES.items():
        if unit not in databag.get(f"{prefix}_allowed_units", "").split():
            return None
        password = databag[f"{prefix}_password"]
        urls[prefix] = f"mysql+pymysql://{user}:{password}@{databag['db_host']}/{database}"
    return urls


def catalogue_request(
    faces: Mapping[str, str], region: str, *, tls: bool = False
) -> dict[str, str]:
    """Return what stands in the identity-service databag: four services under prefixes."""
    request: dict[str, str] = {}
    scheme = "https" if tls else "http"
    for service, rest in _ENDPOINTS.items():
        request |= {f"{service}_service": service, f"{service}_region": region}
        request |= {
            f"{service}_{face}_url": f"{scheme}://{address}{rest}"
            for face, address in faces.items()
        }
    return request


def databases(urls: Mapping[str, str], queue: str) -> Files:
    """Return the files that the makers of tables read; nothing else has to know yet."""
    return {
        ("placement", "lab-sync.conf"): ini.render(
            {"placement_database": {"connection": urls["placement"]}}
        ),
        ("glance", "lab-sync.conf"): ini.render({"database": {"connection": urls["glance"]}}),
        ("neutron", "lab-sync.conf"): ini.render(
            {"DEFAULT": {"core_plugin": "ml2"}, "database": {"connection": urls["neutron"]}}
        ),
        ("nova", "lab-sync.conf"): ini.render(
            {"DEFAULT": {"use_stderr": True, "transport_url": queue}, **_nova_databases(urls)}
        ),
    }


def everything(urls: Mapping[str, str], queue: str, cloud: nova.Cloud, flags: ini.Ini) -> Files:
    """Return the files of the running services."""
    wanted = {
        ("placement", "placement.conf"): {
            "DEFAULT": {"use_stderr": True},
            "placement_database": {"connection": urls["placement"]},
            "api": {"auth_strategy": "keystone"},
            "keystone_authtoken": cloud.token_check(),
        },
        ("glance", "glance-api.conf"): _glance(urls["glance"], cloud),
        ("neutron", "neutron.conf"): _neutron(urls["neutron"], queue, cloud),
        ("nova", "nova.conf"): ini.merge(_nova(urls, queue, cloud), flags),
    }
    return {path: ini.render(sections) for path, sections in wanted.items()}


def _glance(database: str, cloud: nova.Cloud) -> dict[str, dict[str, object]]:
    return {
        "DEFAULT": {"use_stderr": True, "enabled_backends": "fs:file"},
        "glance_store": {"default_backend": "fs"},
        "fs": {"filesystem_store_datadir": "/var/lib/glance/images"},
        "database": {"connection": database},
        "paste_deploy": {"flavor": "keystone"},
        "keystone_authtoken": cloud.token_check(),
        "oslo_concurrency": {"lock_path": "/run/lock"},
    }


def _neutron(database: str, queue: str, cloud: nova.Cloud) -> dict[str, dict[str, object]]:
    """Return Neutron without any mechanism: instances have no network, Nova asks all the same."""
    return {
        "DEFAULT": {
            "use_stderr": True,
            "core_plugin": "ml2",
            # port_forwarding: without it the answer to GET /ports fails on a missing attribute.
            "service_plugins": "router,port_forwarding",
            "transport_url": queue,
            "notify_nova_on_port_status_changes": False,
            "notify_nova_on_port_data_changes": False,
            "rpc_workers": 0,
        },
        "ml2": {"type_drivers": "local", "tenant_network_types": "local", "mechanism_drivers": ""},
        "database": {"connection": database},
        "keystone_authtoken": cloud.token_check(),
        "oslo_concurrency": {"lock_path": "/run/lock"},
        "quotas": {"quota_driver": "neutron.db.quota.driver_nolock.DbQuotaNoLockDriver"},
    }


def _nova(urls: Mapping[str, str], queue: str, cloud: nova.Cloud) -> ini.Ini:
    own = {
        **_nova_databases(urls),
        "api": {"auth_strategy": "keystone"},
        "conductor": {"workers": 1},
        # Hypervisors are found without an operator's `nova-manage cell_v2 discover_hosts`.
        "scheduler": {"workers": 1, "discover_hosts_in_cells_interval": 3},
    }
    return ini.merge(nova.sections(cloud, queue), own)


def _nova_databases(urls: Mapping[str, str]) -> dict[str, dict[str, object]]:
    return {
        "database": {"connection": urls["nova"]},
        "api_database": {"connection": urls["novaapi"]},
    }
