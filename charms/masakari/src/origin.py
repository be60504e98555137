# Copyright 2026 The instance-ha developers
# SPDX-License-Identifier: Apache-2.0

"""Whether the machine's own package sources carry the wanted OpenStack release."""

from instance_ha import command, packages, status

APT_CACHE = "/usr/bin/apt-cache"

# Masakari's major versions, see https://releases.openstack.org/teams/masakari.html.
_RELEASES = {
    "yoga": 13,
    "zed": 14,
    "antelope": 15,
    "bobcat": 16,
    "caracal": 17,
    "dalmatian": 18,
    "epoxy": 19,
    "flamingo": 20,
    "gazpacho": 21,
}


def check(origin: str) -> None:
    """Make sure that what would be installed is what ``openstack-origin`` names.

    Raises:
        NotReadyError: It is not, or the option is in a form that is not supported yet.
    """
    if origin == "distro":
        return
    wanted = _RELEASES.get(origin)
    if wanted is None:
        raise status.blocked(f"openstack-origin: {origin} is not supported; use distro")
    offered = candidate(command.run(APT_CACHE, "policy", "masakari-api"))
    if offered != wanted:
        name = next((name for name, major in _RELEASES.items() if major == offered), "none")
        raise status.blocked(
            f"openstack-origin: the machine's sources offer {name}, not {origin}; use distro"
        )


def candidate(policy: str) -> int | None:
    """Return the major version that apt would install (see apt-cache(8), ``policy``)."""
    for line in policy.splitlines():
        key, _, value = line.strip().partition(": ")
        if key == "Candidate":
            major = packages.upstream(value.strip()).partition(".")[0]
            return int(major) if major.isdigit() else None
    return None
