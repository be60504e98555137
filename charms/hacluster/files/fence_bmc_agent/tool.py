# Copyright 2026 The instance-ha developers
# SPDX-License-Identifier: Apache-2.0

"""Running the distribution's fence agents, which speak to BMCs."""

import contextlib
import logging
import os
import subprocess
import tempfile
from collections.abc import Generator, Mapping

from fence_agent.errors import OptionError, SwitchError
from fence_bmc_agent.hosts import Bmc
from fence_bmc_agent.request import Request, request

logger = logging.getLogger(__name__)

DIRECTORY = "/usr/sbin"

# Tried too often with a wrong password, BMCs lock the user out.
_RETRY_SECONDS = 5.0
_ENVIRONMENT = {"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "LC_ALL": "C.UTF-8"}
# Exit code and word that belong together; code 2 alone may mean anything.
_STATES = {0: "on", 2: "off"}
_NOISE = ("Please use '-h' for usage",)


class Bmcs:
    """The power switches of some hosts."""

    def __init__(self, bmcs: Mapping[str, Bmc], seconds: float) -> None:
        """Make them.

        Args:
            bmcs: By their hosts' names.
            seconds: How long one run of an agent may take.
        """
        self._bmcs = bmcs
        self._seconds = seconds

    def power_state(self, machine: str) -> str:
        """Return what a host's BMC says of its power.

        Raises:
            SwitchError: It did not tell.
            OptionError: The agent is not installed.
        """
        code, said = self._run(machine, "status")
        state = _STATES.get(code, "")
        if not state or f"Status: {state.upper()}" not in said.splitlines():
            raise SwitchError(self._failure(machine, said), retry=True, after=_RETRY_SECONDS)
        return state

    def power(self, machine: str, action: str, comment: str) -> bool:
        """Have a host switched; always true, as the agents do not tell a refusal from a failure.

        Raises:
            SwitchError: It is not known to have been.
            OptionError: The agent is not installed.
        """
        logger.info("%s", comment)
        code, said = self._run(machine, action)
        if code != 0:
            why = self._failure(machine, said)
            raise SwitchError(why, retry=True, after=_RETRY_SECONDS, open=True)
        return True

    def _run(self, machine: str, action: str) -> tuple[int, str]:
        wanted = request(self._bmcs[machine], action)
        try:
            return _run(wanted, self._seconds)
        except subprocess.TimeoutExpired:
            why = f"{wanted.program} did not end within {self._seconds:.0f} s"
            raise SwitchError(f"{machine}: {why}", retry=True, open=action != "status") from None

    def _failure(self, machine: str, said: str) -> str:
        bmc = self._bmcs[machine]
        lines = [line.strip() for line in said.splitlines() if line.strip()]
        telling = [line for line in lines if not line.endswith(_NOISE)]
        # Nothing is known to repeat a password; should something, then not here.
        words = (telling or ["it said nothing"])[-1].replace(bmc.password, "***")
        return f"{machine}: {request(bmc, 'status').program}: {words[-300:]}"


def _run(wanted: Request, seconds: float) -> tuple[int, str]:
    """Run an agent, and return its exit code and all that it said."""
    program = os.path.join(DIRECTORY, wanted.program)
    # Into a file: a pipe would be waited for until whatever the agent started has ended, too.
    with tempfile.TemporaryFile("w+", errors="replace") as output, _trusting(wanted.ca) as trust:
        try:
            code = subprocess.run(
                (program,),
                input=wanted.lines,
                stdout=output,
                stderr=subprocess.STDOUT,
                text=True,
                timeout=seconds,
                env={**_ENVIRONMENT, **wanted.environment, **trust},
                check=False,
            ).returncode
        except OSError as error:
            raise OptionError(f"cannot run {program}: {error.strerror}") from None
        output.seek(0)
        return code, output.read()


@contextlib.contextmanager
def _trusting(ca: str) -> Generator[dict[str, str], None, None]:
    """Give what has python3-requests trust some authorities alone."""
    if not ca:
        yield {}
        return
    with tempfile.NamedTemporaryFile("w", suffix=".pem") as file:
        file.write(ca)
        file.flush()
        yield {"REQUESTS_CA_BUNDLE": file.name}
