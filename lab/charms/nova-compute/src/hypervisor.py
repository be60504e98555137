# Copyright 2026 The instance-ha developers
# SPDX-License-Identifier: Apache-2.0

"""libvirt, an emulator without image locks, and nova-compute."""

import pathlib
import socket

import conf
from lab_charm import command, files, ini, nova, services

_EMULATOR = "/usr/bin/qemu-system-x86_64"
# Beside the original: the emulator finds its firmware relative to where it is.
_REAL = f"{_EMULATOR}.real"

_NOVA_COMPUTE = services.Service(
    "nova-compute",
    "/usr/bin/nova-compute --config-file /etc/nova/nova.conf",
    after=["libvirtd.service"],
)


def prepare() -> None:
    """Bring up libvirt. It is slow the first time, and needs nothing of the cloud."""
    _divert_emulator()
    changed = files.ensure("/etc/libvirt/libvirtd.conf", conf.LIBVIRTD)
    changed |= files.ensure("/etc/libvirt/qemu.conf", conf.QEMU)
    changed |= files.ensure("/etc/default/libvirtd", conf.LIBVIRTD_DEFAULT)
    if changed:
        command.run("systemctl", "restart", "libvirtd")
    services.ensure_running("libvirtd")


def run(host: str, cloud: nova.Cloud, queue: str, flags: ini.Ini) -> None:
    """Configure and run nova-compute under the name ``host``."""
    address = socket.gethostbyname(host)
    text = ini.render(ini.merge(conf.nova_conf(host, address, cloud, queue), flags))
    changed = files.ensure("/etc/nova/nova.conf", text, mode=0o640, group="nova")
    services.ensure([_NOVA_COMPUTE], changed=[_NOVA_COMPUTE.name] if changed else [])


def _divert_emulator() -> None:
    """Put our wrapper in the emulator's place, in a way that an upgrade of its package respects."""
    if not pathlib.Path(_REAL).exists():
        command.run("dpkg-divert", "--local", "--rename", "--divert", _REAL, "--add", _EMULATOR)
    wrapper = pathlib.Path(__file__).with_name("qemu_wrapper.py").read_text()
    files.ensure(_EMULATOR, wrapper, mode=0o755)
