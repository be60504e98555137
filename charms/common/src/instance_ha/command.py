# Copyright 2026 The instance-ha developers
# SPDX-License-Identifier: Apache-2.0

"""The one door to other programs."""

import dataclasses
import logging
import os
import subprocess
from collections.abc import Mapping

logger = logging.getLogger(__name__)

# What a program sees of our environment. Messages in English and sorted bytewise, because we parse
# them; nothing that Juju put into the environment of a hook, because daemons inherit it.
_ENVIRONMENT = {
    "PATH": "/usr/sbin:/usr/bin:/sbin:/bin",
    "LC_ALL": "C.UTF-8",
    "HOME": "/root",
    "DEBIAN_FRONTEND": "noninteractive",
}


class CommandError(Exception):
    """A program could not be run, exited with an error, or ran out of time.

    The message holds the program's name, its exit code and the end of its standard error; never
    what it was given on standard input.
    """

    def __init__(self, program: str, returncode: int | None, stderr: str):
        reason = "timed out" if returncode is None else f"exit code {returncode}"
        detail = stderr.strip()[-800:]
        super().__init__(f"{program}: {reason}" + (f": {detail}" if detail else ""))
        self.returncode = returncode
        self.stderr = stderr


@dataclasses.dataclass(frozen=True)
class Result:
    """What a program answered."""

    returncode: int
    stdout: str
    stderr: str


def run(
    *argv: str,
    stdin: str | None = None,
    timeout: float = 60.0,
    env: Mapping[str, str] | None = None,
) -> str:
    """Run a program and return its standard output.

    Args:
        argv: The program, as an absolute path, and its arguments. Never a secret: others can see it.
        stdin: Text for the program to read; the place for secrets.
        timeout: Seconds before the program is killed.
        env: Variables beside the fixed environment (PATH, LC_ALL, HOME, DEBIAN_FRONTEND).

    Raises:
        CommandError: The program exited with an error, could not be started or ran out of time.
    """
    result = attempt(*argv, stdin=stdin, timeout=timeout, env=env)
    if result.returncode != 0:
        raise CommandError(
            os.path.basename(argv[0]), result.returncode, result.stderr or result.stdout
        )
    return result.stdout


def attempt(
    *argv: str,
    stdin: str | None = None,
    timeout: float = 60.0,
    env: Mapping[str, str] | None = None,
) -> Result:
    """Run a program whose exit code is an answer, and return all it said.

    Raises:
        CommandError: The program could not be started or ran out of time.
    """
    program = os.path.basename(argv[0])
    try:
        done = subprocess.run(
            argv,
            input=stdin,
            stdin=subprocess.DEVNULL if stdin is None else None,
            capture_output=True,
            text=True,
            errors="replace",
            timeout=timeout,
            env={**_ENVIRONMENT, **(env or {})},
            check=False,
        )
    except subprocess.TimeoutExpired as error:
        raise CommandError(program, None, _text(error.stderr)) from None
    except OSError as error:
        raise CommandError(program, 127, str(error)) from None
    logger.debug("%s: exit code %d", program, done.returncode)
    return Result(done.returncode, done.stdout, done.stderr)


def _text(output: str | bytes | None) -> str:
    return output.decode(errors="replace") if isinstance(output, bytes) else output or ""
