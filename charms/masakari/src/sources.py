# Copyright 2026 The instance-ha developers
# SPDX-License-Identifier: Apache-2.0

"""The machine's package sources, as ``openstack-origin`` wants them."""

import dataclasses
import pathlib
import platform

import origin
from instance_ha import command, files, packages, status
from origin import Origin

APT_CACHE = "/usr/bin/apt-cache"
ADD_REPOSITORY = "/usr/bin/add-apt-repository"
GPG = "/usr/bin/gpg"

_LIST = pathlib.Path("/etc/apt/sources.list.d/masakari-charm.list")
_KEY = pathlib.Path("/etc/apt/keyrings/masakari-charm.asc")
_KEYRING = pathlib.Path("/etc/apt/keyrings/masakari-charm.gpg")
_APPLIED = pathlib.Path("/usr/share/masakari-charm/openstack-origin")
# Which OpenStack release an Ubuntu series carries itself, see https://wiki.ubuntu.com/OpenStack/CloudArchive.
_OWN = {"focal": "ussuri", "jammy": "yoga", "noble": "caracal", "resolute": "gazpacho"}


@dataclasses.dataclass(frozen=True)
class Distribution:
    """What the machine runs."""

    name: str
    series: str


def distribution() -> Distribution:
    """Return what os-release(5) says."""
    said = platform.freedesktop_os_release()
    return Distribution(said.get("ID", ""), said.get("VERSION_CODENAME", ""))


def resolve(wanted: Origin, machine: Distribution) -> Origin:
    """Return the origin as this machine can use it: a bare release is its own or the cloud archive's.

    Raises:
        NotReadyError: The machine cannot use it.
    """
    if machine.name != "ubuntu":
        if wanted.kind in ("distro", "release"):
            return dataclasses.replace(wanted, kind="distro")
        raise status.blocked(
            f"openstack-origin: {wanted.text} is for Ubuntu; on {machine.name} use distro"
        )
    if wanted.series and wanted.series != machine.series:
        raise status.blocked(
            f"openstack-origin: {wanted.text} is for {wanted.series}; this machine is {machine.series}"
        )
    if wanted.kind in ("release", "cloud") and _OWN.get(machine.series) == wanted.release:
        return dataclasses.replace(wanted, kind="distro")
    if wanted.kind == "release":
        return dataclasses.replace(wanted, kind="cloud", pocket="updates")
    return wanted


def is_applied(wanted: Origin) -> bool:
    """Return whether this very option was applied last."""
    return _APPLIED.exists() and _APPLIED.read_text() == wanted.text


def is_noted() -> bool:
    """Return whether any option was ever applied by this charm."""
    return _APPLIED.exists()


def apply(wanted: Origin) -> None:
    """Make the machine's sources what the option says, and fetch their lists.

    Raises:
        NotReadyError: They cannot be, or they do not carry the release that it names.
    """
    usable = resolve(wanted, distribution())
    if usable.kind == "line":
        _add_line(usable)
    elif files.ensure_absent(_LIST):
        files.ensure_absent(_KEY)
        files.ensure_absent(_KEYRING)
    if usable.repository:
        packages.ensure(["software-properties-common"])
        command.run(ADD_REPOSITORY, "--yes", "--no-update", usable.repository, timeout=300.0)
    if usable.kind == "proposed":
        packages.ensure(["software-properties-common"])
        command.run(ADD_REPOSITORY, "--yes", "--no-update", "--pocket", "proposed", timeout=300.0)
    packages.update()
    check(wanted)


def check(wanted: Origin) -> None:
    """Make sure that the machine can use an origin, and that its sources carry the release that it names.

    Raises:
        NotReadyError: It cannot, or they do not.
    """
    resolve(wanted, distribution())
    if wanted.release and (offered := candidate()) != origin.RELEASES[wanted.release]:
        offer = origin.name(offered) if offered else "none"
        raise status.blocked(
            f"openstack-origin: the machine's sources offer {offer}, not {wanted.release}"
        )


def remember(wanted: Origin) -> None:
    """Note that an option is applied."""
    files.ensure(_APPLIED, wanted.text)


def candidate() -> int:
    """Return the major version of Masakari that apt would install, 0 for none."""
    return read_candidate(command.run(APT_CACHE, "policy", "masakari-api"))


def read_candidate(policy: str) -> int:
    """Return the major version of the candidate (see apt-cache(8), ``policy``)."""
    for line in policy.splitlines():
        key, _, value = line.strip().partition(": ")
        if key == "Candidate":
            major = packages.upstream(value.strip()).partition(".")[0]
            return int(major) if major.isdigit() else 0
    return 0


def signed(line: str, keyring: pathlib.Path) -> str:
    """Return a line that names the keyring of its signature, unless it does already."""
    verb, _, rest = line.partition(" ")
    if "signed-by=" in line:
        return line
    if rest.startswith("["):
        return f"{verb} [signed-by={keyring} {rest[1:].lstrip()}"
    return f"{verb} [signed-by={keyring}] {rest}"


def _add_line(usable: Origin) -> None:
    line = usable.line
    if usable.key.startswith("-----BEGIN"):
        files.ensure(_KEY, usable.key + "\n")
        line = signed(line, _KEY)
    elif usable.key:
        packages.ensure(["gnupg", "dirmngr"])
        _KEYRING.parent.mkdir(parents=True, exist_ok=True)
        # The old format of keyrings, which apt reads; gpg knows itself where keys are to be found.
        ring = ("--no-default-keyring", "--keyring", f"gnupg-ring:{_KEYRING}")
        command.run(GPG, "--batch", *ring, "--recv-keys", usable.key, timeout=120.0)
        _KEYRING.chmod(0o644)
        line = signed(line, _KEYRING)
    files.ensure(_LIST, f"# Written by the masakari charm.\n{line}\n")
