# Copyright 2026 The instance-ha developers
# SPDX-License-Identifier: Apache-2.0

"""The one door to other programs."""

import subprocess
from collections.abc import Mapping

# Nothing that Juju put into a hook's environment reaches a program: daemons would inherit it.
_ENVIRONMENT = {
    "PATH": "/usr/sbin:/usr/bin:/sbin:/bin",
    "LC_ALL": "C.UTF-8",
    "HOME": "/root",
    "DEBIAN_FRONTEND": "noninteractive",
}


class CommandError(Exception):
    """A program failed; the message has its name, exit code and the end of what it said."""


def run(
    *argv: str,
    stdin: str | None = None,
    timeout: float = 120.0,
    env: Mapping[str, str] | None = None,
) -> str:
    """Run a program and return its standard output.

    Args:
        argv: The program and its arguments. Never a secret: others can see it.
        stdin: Text for the program to read; the place for secrets.
        timeout: Seconds before the program is killed.
        env: Variables beside the fixed environment.

    Raises:
        CommandError: The program exited with an error, could not be started or ran out of time.
    """
    try:
        done = subprocess.run(
            argv,
            input=stdin or "",
            capture_output=True,
            text=True,
            timeout=timeout,
            env={**_ENVIRONMENT, **(env or {})},
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        raise CommandError(f"{argv[0]}: {error}") from None
    if done.returncode != 0:
        said = (done.stderr or done.stdout).strip()[-800:]
        raise CommandError(f"{argv[0]}: exit code {done.returncode}: {said}")
    return done.stdout


def succeeds(*argv: str, timeout: float = 120.0) -> bool:
    """Return whether a program exits with 0."""
    try:
        run(*argv, timeout=timeout)
    except CommandError:
        return False
    return True
