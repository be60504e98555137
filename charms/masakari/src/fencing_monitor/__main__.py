# Copyright 2026 The instance-ha developers
# SPDX-License-Identifier: Apache-2.0

"""The command line: run, once, explain, return-host, hold-host, retry-host, rest.

The configuration file holds the credentials; nothing secret is ever an argument.
"""

import argparse
import dataclasses
import json
import logging
import os
import pathlib
import signal
import sys
import time
from collections.abc import Callable, Sequence
from typing import Any

from fencing_monitor import edges, evidence, hosts, pacemaker, page, retry
from fencing_monitor.evidence import Memory
from fencing_monitor.journal import Journal
from fencing_monitor.loop import Loop
from fencing_monitor.server import Server, as_json
from fencing_monitor.settings import Settings, SettingsError, load
from fencing_monitor.work import Ask, HostError, Step, Work

DEFAULT_CONFIG = "/etc/masakari/fencing-monitor.json"


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line and return its exit code."""
    options = _parser().parse_args(arguments)
    logging.basicConfig(
        level=logging.DEBUG if options.debug else logging.INFO,
        format="%(levelname)s %(name)s: %(message)s",
        stream=sys.stderr,
    )
    for noisy in ("keystoneauth", "urllib3"):  # their debug output would show tokens
        logging.getLogger(noisy).setLevel(logging.WARNING)
    if options.command is _run:
        _wait_for(options.config)
    try:
        return options.command(load(options.config), options)
    except (SettingsError, pacemaker.PacemakerError, HostError) as error:
        print(f"error: {error}", file=sys.stderr)
        return 1


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="fencing_monitor", description=__doc__)
    parser.add_argument("--config", type=pathlib.Path, default=DEFAULT_CONFIG)
    parser.add_argument("--debug", action="store_true")
    commands = parser.add_subparsers(required=True)

    def add(name: str, run: Callable[[Settings, Any], int], text: str) -> argparse.ArgumentParser:
        command = commands.add_parser(name, help=text, description=text)
        command.set_defaults(command=run)
        return command

    add("run", _run, "watch the cluster and report its failed hosts, until told to stop")
    add("once", _once, "do what is to be done now, print the timeline, and end")
    add("explain", _explain, "print for each host whether its power-off is confirmed, and why not")
    add("rest", _rest, "make the calls that standard input lists as JSON, until one fails")
    for name, run, text in (
        ("return-host", _return_host, "bring a repaired host back into service"),
        ("hold-host", _hold_host, "take a host out of service"),
        ("retry-host", _retry_host, "repeat the recovery of a host that is off"),
    ):
        add(name, run, text).add_argument("host")
    for name in ("return-host", "retry-host"):
        commands.choices[name].add_argument("--timeout", type=float, default=300.0)
    commands.choices["retry-host"].add_argument("--instance", action="append", default=[])
    return parser


def _wait_for(path: pathlib.Path) -> None:
    """Wait until the charm has written the settings; the cluster may be sooner than keystone.

    To fail instead would keep the cluster from trying this machine for minutes.
    """
    while not path.exists():
        logging.getLogger(__name__).info("waiting for %s", path)
        time.sleep(5.0)


def _run(settings: Settings, _: argparse.Namespace) -> int:
    loop = _loop(settings)
    server = Server(
        settings.listen_address,
        settings.listen_port,
        {
            "/timeline": lambda: as_json(loop.document()),
            "/report": lambda: (200, "text/html", page.render(loop.document()["failures"])),
            "/metrics": lambda: (200, "text/plain; version=0.0.4", loop.metrics()),
            "/healthcheck": lambda: _health(loop),
        },
    )

    def stop(number: int, frame: object) -> None:
        loop.stop()

    signal.signal(signal.SIGTERM, stop)
    signal.signal(signal.SIGINT, stop)
    server.start()
    loop.run()
    server.stop()
    logging.shutdown()
    # At once: a request under way would keep the interpreter for as long as an API hangs. What
    # came of it is looked up by whoever starts next.
    os._exit(0)


def _once(settings: Settings, _: argparse.Namespace) -> int:
    loop = _loop(settings)
    loop.settle(timeout=60.0)
    print(json.dumps(loop.document(), indent=2))
    return 0 if loop.health()[0] else 1


def _explain(settings: Settings, _: argparse.Namespace) -> int:
    cluster = pacemaker.Reader().read(time.time(), 0.0)
    remembered = Journal(settings.journal_directory).read()
    found: dict[str, Any] = {}
    for remote in cluster.remotes:
        known = remembered.get(remote.name)
        memory = known.memory if known else Memory()
        verdict = evidence.confirm(cluster, remote, memory, settings.rules.policy)
        found[remote.name] = {
            "really_online": evidence.is_really_online(remote),
            "confirmed_off": verdict.evidence is not None,
            "why_not": verdict.reason,
            "seen": dataclasses.asdict(remote),
            "fencing": [dataclasses.asdict(one) for one in cluster.events_of(remote.name)],
        }
    print(json.dumps({"quorate": cluster.quorate, "hosts": found}, indent=2))
    return 0


def _rest(settings: Settings, _: argparse.Namespace) -> int:
    from fencing_monitor import rest  # late, as in edges.asker

    document = rest.call(settings, json.load(sys.stdin))
    print(json.dumps(document))
    return 1 if document["error"] else 0


def _return_host(settings: Settings, options: argparse.Namespace) -> int:
    return _steps(
        lambda ask: hosts.return_host(
            ask,
            edges.keeper(),
            options.host,
            reasons=settings.disabled_reasons,
            timeout=options.timeout,
        ),
        settings,
    )


def _hold_host(settings: Settings, options: argparse.Namespace) -> int:
    return _steps(lambda ask: hosts.hold_host(ask, edges.keeper(), options.host), settings)


def _retry_host(settings: Settings, options: argparse.Namespace) -> int:
    certainty = edges.certainty(settings)

    def work(ask: Ask) -> Sequence[Step]:
        deadline = time.monotonic() + options.timeout
        shared = Work(options.host, ask, edges.keeper(), deadline, time.monotonic, time.sleep, 3.0)
        if options.instance:
            return retry.move_instances(shared, certainty, options.instance)
        return retry.retry_host(shared, certainty)

    return _steps(work, settings)


def _steps(work: Callable[[Ask], Sequence[Step]], settings: Settings) -> int:
    """Do ordered work on a host and print its steps, also those before a failure."""
    error = ""
    try:
        steps = work(edges.asker(settings))
    except HostError as failure:
        steps, error = failure.steps, str(failure)
    document = {"steps": [dataclasses.asdict(step) for step in steps], "error": error}
    print(json.dumps(document, indent=2))
    return 1 if error else 0


def _loop(settings: Settings) -> Loop:
    reader = pacemaker.Reader()
    return Loop(
        look=reader.read,
        ask=edges.asker(settings),
        memory=Journal(settings.journal_directory),
        rules=settings.rules,
        interval=settings.poll_interval,
    )


def _health(loop: Loop) -> tuple[int, str, str]:
    good, sentence = loop.health()
    return as_json({"healthy": good, "detail": sentence}, 200 if good else 503)


if __name__ == "__main__":
    sys.exit(main())
