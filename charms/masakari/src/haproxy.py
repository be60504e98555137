# Copyright 2026 The instance-ha developers
# SPDX-License-Identifier: Apache-2.0

"""haproxy in front of the API of all units."""

import dataclasses
import ipaddress
import pathlib
from collections.abc import Iterable

import templates
from config import Config
from instance_ha import command, files

CONF = "/etc/haproxy/haproxy.cfg"
HAPROXY = "/usr/sbin/haproxy"


@dataclasses.dataclass(frozen=True, order=True)
class Server:
    """A unit's API, behind haproxy."""

    name: str
    address: str

    @property
    def host(self) -> str:
        """The address as haproxy writes it next to a port."""
        return f"[{self.address}]" if _is_ipv6(self.address) else self.address


def render(
    config: Config, servers: Iterable[Server], *, port: int, api_port: int, tls: bool = False
) -> str:
    """Return haproxy.cfg (see https://docs.haproxy.org/2.4/configuration.html)."""
    backends = sorted(servers)
    # A machine without IPv6 cannot bind an address of it.
    with_ipv6 = any(vip.version == 6 for vip in config.vip) or any(
        _is_ipv6(server.address) for server in backends
    )
    return templates.render(
        "haproxy.cfg",
        config=config,
        servers=backends,
        bind=f":::{port} v4v6" if with_ipv6 else f"*:{port}",
        api_port=api_port,
        tls=tls,
    )


def ensure(text: str) -> bool:
    """Write haproxy.cfg. Return whether it changed.

    Raises:
        CommandError: haproxy does not accept it; the file stays as it was.
    """
    if text == _present():
        return False
    # Checked first: Pacemaker would otherwise restart haproxy on every unit until none is left.
    command.run(HAPROXY, "-c", "-f", "/dev/stdin", stdin=text)
    return files.ensure(CONF, text)


def _present() -> str:
    try:
        return pathlib.Path(CONF).read_text()
    except FileNotFoundError:
        return ""


def _is_ipv6(address: str) -> bool:
    try:
        return ipaddress.ip_address(address).version == 6
    except ValueError:
        return False
