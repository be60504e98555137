# Copyright 2026 The instance-ha developers
# SPDX-License-Identifier: Apache-2.0

"""The monitor's memory on disk: evidence, timelines, and what was reported. Append-only.

One JSON document a line, flushed to the disk before anything rests on it. Every line holds all
that is remembered of one host, so the last line of a host is its state; a line cut short by a
crash is passed over. Losing the file costs timelines, not safety: what was reported is found
again in Masakari.
"""

import dataclasses
import json
import logging
import os
import pathlib
from typing import Any

from fencing_monitor.evidence import Evidence, Memory
from fencing_monitor.failure import Failure, Host, Instance, Moment, Outcome, Phase

logger = logging.getLogger(__name__)

# Once the file is larger than this, it is rewritten with the last line of each host.
_COMPACT_AT = 4 * 1024 * 1024


class Journal:
    """The journal in a directory."""

    def __init__(self, directory: str | os.PathLike[str]):
        self.path = pathlib.Path(directory) / "journal.jsonl"

    def read(self) -> dict[str, Host]:
        """Return the hosts as they were last written."""
        hosts: dict[str, Host] = {}
        if not self.path.exists():
            return hosts
        with self.path.open(encoding="utf-8", errors="replace") as lines:
            for number, line in enumerate(lines, 1):
                try:
                    host = _host(json.loads(line))
                except (ValueError, TypeError, KeyError) as error:
                    logger.warning("%s: line %d passed over: %s", self.path, number, error)
                    continue
                hosts[host.name] = host
        return hosts

    def write(self, *hosts: Host) -> None:
        """Append what is remembered of hosts, and wait until the disk has it."""
        if not hosts:
            return
        self._append(self.path, hosts)
        if self.path.stat().st_size > _COMPACT_AT:
            self._compact()

    def _append(self, path: pathlib.Path, hosts: tuple[Host, ...]) -> None:
        text = "".join(json.dumps(_plain(host), separators=(",", ":")) + "\n" for host in hosts)
        descriptor = os.open(path, os.O_RDWR | os.O_APPEND | os.O_CREAT, 0o640)
        try:
            size = os.fstat(descriptor).st_size
            if size and os.pread(descriptor, 1, size - 1) != b"\n":
                text = "\n" + text  # the last writer was cut short
            os.write(descriptor, text.encode())
            os.fsync(descriptor)
        finally:
            os.close(descriptor)

    def _compact(self) -> None:
        temporary = self.path.with_suffix(".new")
        temporary.unlink(missing_ok=True)
        self._append(temporary, tuple(self.read().values()))
        os.replace(temporary, self.path)


def worth_writing(before: Host | None, after: Host) -> bool:
    """Return whether something was learnt that has to survive a restart."""
    if before is None:
        return after.failure is not None
    same_failure = before.failure is after.failure or _lasting(before) == _lasting(after)
    return (
        not same_failure
        or before.former != after.former
        or (before.memory.spent != after.memory.spent and bool(after.memory.spent))
    )


def _lasting(host: Host) -> Failure | None:
    return dataclasses.replace(host.failure, samples=0) if host.failure else None


def _plain(host: Host) -> dict[str, Any]:
    plain = dataclasses.asdict(host)
    del plain["is_certain"], plain["really_online"], plain["is_watched"]
    return plain


def _host(plain: dict[str, Any]) -> Host:
    memory = plain["memory"]
    failure = plain["failure"]
    return Host(
        plain["name"],
        Memory(memory["last_alive"], tuple(memory["spent"])),
        _failure(failure) if failure else None,
        tuple(_failure(one) for one in plain["former"]),
    )


def _failure(plain: dict[str, Any]) -> Failure:
    known = {field.name for field in dataclasses.fields(Failure)}
    values = {key: value for key, value in plain.items() if key in known}
    evidence, outcome = values["evidence"], values["outcome"]
    if evidence:
        values["evidence"] = Evidence(
            evidence["fenced"],
            evidence["delegate"],
            evidence["client"],
            tuple(evidence["devices"]),
        )
    values["phase"] = Phase(values["phase"])
    values["outcome"] = Outcome(outcome) if outcome else None
    values["notifications"] = tuple(values["notifications"])
    values["instances"] = tuple(Instance(**one) for one in values["instances"])
    values["moments"] = tuple(Moment(**one) for one in values["moments"])
    return Failure(**values)
