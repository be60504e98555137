# Copyright 2026 The instance-ha developers
# SPDX-License-Identifier: Apache-2.0

"""What the charm's unit tests share."""

import pathlib
import socket
from collections.abc import Callable

import pytest

from instance_ha import command


def _has_ipv6() -> bool:
    try:
        socket.create_server(("::1", 0), family=socket.AF_INET6).close()
    except OSError:
        return False
    return True


no_ipv6 = pytest.mark.skipif(not _has_ipv6(), reason="this machine has no IPv6")

DATA = pathlib.Path(__file__).parent / "data"


class Shell:
    """Stands for the system's programs: answers known commands, refuses others.

    A command is known by its argument vector, or by a beginning of it.
    """

    def __init__(self) -> None:
        self.answers: dict[tuple[str, ...], command.Result | Callable[..., command.Result]] = {}
        self.calls: list[tuple[str, ...]] = []
        self.inputs: list[str | None] = []

    def answer(self, *argv: str, stdout: str = "", stderr: str = "", returncode: int = 0) -> None:
        """Answer commands that begin like this."""
        self.answers[argv] = command.Result(returncode, stdout, stderr)

    def attempt(self, *argv: str, stdin: str | None = None, **_: object) -> command.Result:
        """Stand for ``command.attempt``."""
        self.calls.append(argv)
        self.inputs.append(stdin)
        known = [beginning for beginning in self.answers if argv[: len(beginning)] == beginning]
        assert known, f"unexpected command: {argv}"
        answer = self.answers[max(known, key=len)]
        return answer if isinstance(answer, command.Result) else answer(*argv, stdin=stdin)

    def run(self, *argv: str, **options: object) -> str:
        """Stand for ``command.run``."""
        answer = self.attempt(*argv, **options)  # type: ignore[arg-type]
        if answer.returncode:
            raise command.CommandError(argv[0], answer.returncode, answer.stderr)
        return answer.stdout

    def called(self, *beginning: str) -> list[tuple[str, ...]]:
        """Return the calls that begin like this."""
        return [call for call in self.calls if call[: len(beginning)] == beginning]


@pytest.fixture
def shell(monkeypatch: pytest.MonkeyPatch) -> Shell:
    """Return the stand-in for the system's programs."""
    found = Shell()
    monkeypatch.setattr(command, "run", found.run)
    monkeypatch.setattr(command, "attempt", found.attempt)
    return found


@pytest.fixture
def data() -> Callable[[str], str]:
    """Return a function that reads a recorded file."""
    return lambda name: (DATA / name).read_text()
