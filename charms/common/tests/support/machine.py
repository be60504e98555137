# Copyright 2026 The instance-ha developers
# SPDX-License-Identifier: Apache-2.0

"""A machine in memory, for tests of charms: packages, units of systemd, and a table of commands.

What is not in the table is an error, not a silence.
"""

import dataclasses
import json
import time

from instance_ha import command

APT_GET = "/usr/bin/apt-get"
DPKG_QUERY = "/usr/bin/dpkg-query"
SYSTEMCTL = "/usr/bin/systemctl"
IP = "/usr/sbin/ip"


@dataclasses.dataclass
class Unit:
    active: str = "inactive"
    file: str = "disabled"
    started: float = 0.0
    """Of the clock that does not jump."""

    def start(self) -> None:
        self.active, self.started = "active", time.monotonic()


class Machine:
    """Answers for ``command.run`` and ``command.attempt``."""

    def __init__(self, *, offers: dict[str, str], units: dict[str, tuple[str, ...]]):
        self.offers = offers
        """Packages that apt can install, with their versions."""
        self.brings = units
        """The units that a package brings."""
        self.packages: dict[str, str] = {}
        self.upgrades: dict[str, str] = {}
        """What a dist-upgrade brings."""
        self.units: dict[str, Unit] = {}
        self.runtime_masks: set[str] = set()
        self.answers: dict[tuple[str, ...], str | command.Result | Exception] = {}
        self.changes: list[str] = []
        """What was done, as opposed to looked at."""
        self.addresses: dict[str, str] = {}
        self.group = "masakari"

    def run(
        self, *argv: str, stdin: str | None = None, timeout: float = 60.0, env: object = None
    ) -> str:
        answer = self._answer(argv)
        assert isinstance(answer, str)
        return answer

    def attempt(
        self, *argv: str, stdin: str | None = None, timeout: float = 60.0, env: object = None
    ) -> command.Result:
        try:
            answer = self._answer(argv)
            return answer if isinstance(answer, command.Result) else command.Result(0, answer, "")
        except command.CommandError as error:
            return command.Result(error.returncode or 1, "", error.stderr)

    def _answer(self, argv: tuple[str, ...]) -> str | command.Result:
        if argv in self.answers:
            answer = self.answers[argv]
            if isinstance(answer, Exception):
                raise answer
            self.changes.append(" ".join(argv))
            return answer
        program, *rest = argv
        known = {APT_GET: self._apt_get, DPKG_QUERY: self._dpkg_query, SYSTEMCTL: self._systemctl}
        if program == IP:
            return self._ip()
        assert program in known, f"unexpected command: {argv}"
        return known[program](rest)

    def _ip(self) -> str:
        links = [
            {
                "ifname": name,
                "addr_info": [{"scope": "global", "local": local, "prefixlen": int(length)}],
            }
            for name, address in self.addresses.items()
            for local, length in [address.split("/")]
        ]
        return json.dumps(links)

    def _apt_get(self, arguments: list[str]) -> str:
        words = [word for word in arguments if not word.startswith("--")]
        self.changes.append("apt-get " + " ".join(words))
        verb, names = words[0], [name for name in words[1:] if not name.endswith("-")]
        if verb == "install":
            for name in names:
                self.packages[name] = self.offers[name]
                for unit in self.brings.get(name, ()):
                    masked = unit in self.runtime_masks or self._unit(unit).file == "masked"
                    self.units[unit] = Unit("inactive" if masked else "active", "enabled")
                    self.units[unit].started = time.monotonic()
        if verb == "dist-upgrade":
            self.packages |= self.upgrades
        if verb == "purge":
            for name in names:
                del self.packages[name]
        return ""

    def _dpkg_query(self, arguments: list[str]) -> str:
        names = [word for word in arguments if not word.startswith("--")]
        found = [name for name in names if name in self.packages]
        return "".join(f"{name} installed {self.packages[name]}\n" for name in found)

    def _systemctl(self, arguments: list[str]) -> str:
        verb, *rest = arguments
        names = [word.removesuffix(".service") for word in rest if not word.startswith("--")]
        if verb == "show":
            if "--property=User,Group" in rest:
                return f"User={self.group}\nGroup={self.group}\n"
            return "\n".join(self._show(name) for name in names)
        if "--runtime" in rest:
            self.runtime_masks = set(names) if verb == "mask" else set()
            return ""
        self.changes.append(" ".join([verb, *names]))
        for name in names:
            self._change(verb, self.units.setdefault(name, Unit(file="")))
        return ""

    def _change(self, verb: str, unit: Unit) -> None:
        running = unit.active == "active"
        if verb in ("start", "restart") or (running and verb.startswith("try-")):
            assert unit.file != "masked", "started while masked"
            unit.start()
        unit.active = "inactive" if verb == "stop" else unit.active
        files = {
            "enable": "enabled",
            "disable": "disabled",
            "mask": "masked",
            "unmask": "disabled",
        }
        unit.file = files.get(verb, unit.file)

    def _unit(self, name: str) -> Unit:
        return self.units.get(name, Unit(file=""))

    def _show(self, name: str) -> str:
        unit = self._unit(name)
        load = "masked" if unit.file == "masked" else "loaded" if unit.file else "not-found"
        values = {
            "Id": f"{name}.service",
            "ActiveState": unit.active,
            "SubState": "running" if unit.active == "active" else "dead",
            "UnitFileState": unit.file,
            "LoadState": load,
            "ActiveEnterTimestampMonotonic": str(int(unit.started * 1e6)),
        }
        return "".join(f"{key}={value}\n" for key, value in values.items())
