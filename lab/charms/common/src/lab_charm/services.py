# Copyright 2026 The instance-ha developers
# SPDX-License-Identifier: Apache-2.0

"""systemd units: the lab writes its own, under the distribution's names."""

import dataclasses
from collections.abc import Collection, Mapping, Sequence

from lab_charm import command, files

_SYSTEMCTL = "systemctl"


@dataclasses.dataclass(frozen=True)
class Service:
    """A program that systemd keeps running from boot on."""

    name: str
    command: str
    user: str = "root"
    environment: Mapping[str, str] = dataclasses.field(default_factory=dict[str, str])
    after: Sequence[str] = ()
    pre: str = ""

    def render(self) -> str:
        """Return the text of the unit file."""
        lines = [
            "[Unit]",
            f"Description=Lab: {self.name}",
            f"After={' '.join(['network.target', *self.after])}",
        ]
        # A database or a queue that is still starting after a power cut must not end the tries.
        lines += ["StartLimitIntervalSec=0", "", "[Service]", f"User={self.user}"]
        lines += [f"Environment={key}={value}" for key, value in self.environment.items()]
        lines += [f"ExecStartPre={self.pre}"] if self.pre else []
        lines += [
            f"ExecStart={self.command}",
            "Restart=always",
            "RestartSec=2",
            "TimeoutStopSec=5",
        ]
        lines += ["", "[Install]", "WantedBy=multi-user.target", ""]
        return "\n".join(lines)


def wsgi(name: str, script: str, ports: Sequence[int], *, user: str, processes: int = 1, threads: int = 1,
         environment: Mapping[str, str] | None = None, tls: str = "") -> Service:  # fmt: skip
    """Return the service that runs a WSGI script under uwsgi, with the certificate in a directory if it is named.

    Without ``Connection: close`` uwsgi's plain HTTP router resets connections that clients keep.
    """
    kind, pair = ("https", f",{tls}/lab-tls.crt,{tls}/lab-tls.key") if tls else ("http", "")
    sockets = " ".join(f"--{kind}-socket 0.0.0.0:{port}{pair}" for port in ports)
    return Service(
        name=name,
        command=(
            f"/usr/bin/uwsgi_python3 {sockets} --master --lazy-apps --need-app --die-on-term --enable-threads"
            f" --processes {processes} --threads {threads} --buffer-size 65535 --listen 100"
            " --disable-logging --rem-header Content-Length"
            f' --add-header "Connection: close" --wsgi-file {script}'
        ),
        user=user,
        environment=environment or {},
        after=["mariadb.service"],
    )


def ensure(services: Sequence[Service], *, changed: Collection[str]) -> None:
    """Enable and start services.

    Args:
        services: The services.
        changed: Names of those whose configuration changed; they are restarted, and so are those
            whose unit file changed.
    """
    rewritten = {
        service.name
        for service in services
        if files.ensure(f"/etc/systemd/system/{service.name}.service", service.render())
    }
    if rewritten:
        command.run(_SYSTEMCTL, "daemon-reload")
    stale = sorted(rewritten.union(changed))
    if stale:
        command.run(_SYSTEMCTL, "restart", *stale)
    ensure_running(*(service.name for service in services))


def ensure_running(*names: str, wait: bool = True) -> None:
    """Enable and start what is not yet.

    Args:
        names: The services.
        wait: Return when they say that they are up, and not before.
    """
    # With several names is-enabled is content with one of them.
    disabled = [name for name in names if not _is("is-enabled", name)]
    if disabled:
        command.run(_SYSTEMCTL, "enable", "--quiet", *disabled)
    if stopped := not_running(*names):
        patience = [] if wait else ["--no-block"]
        command.run(_SYSTEMCTL, "start", *patience, *stopped, timeout=180)


def not_running(*names: str) -> list[str]:
    """Return the services that are not active."""
    return [name for name in names if not _is("is-active", name)]


def stop(*names: str) -> None:
    """Stop services for good."""
    command.run(_SYSTEMCTL, "disable", "--now", "--quiet", *names)


def _is(question: str, name: str) -> bool:
    return command.succeeds(_SYSTEMCTL, question, "--quiet", name)


@dataclasses.dataclass(frozen=True)
class Task:
    """Commands to be run once in a machine's life, each after the other, outside of any hook."""

    name: str
    commands: Sequence[str]
    user: str

    def render(self) -> str:
        """Return the text of the unit file. Its marker keeps a done task from running again."""
        marker = f"/var/lib/lab-charm/{self.name}.done"
        lines = [
            "[Unit]",
            f"Description=Lab: {self.name}",
            f"ConditionPathExists=!{marker}",
            "",
            "[Service]",
        ]
        lines += ["Type=oneshot", f"User={self.user}", "TimeoutStartSec=300"]
        lines += [f"ExecStart={command}" for command in self.commands]
        lines += [f"ExecStartPost=+/usr/bin/touch {marker}", ""]
        return "\n".join(lines)


def begin(tasks: Sequence[Task]) -> None:
    """Start tasks side by side unless they are done, and return at once."""
    changed = [
        files.ensure(f"/etc/systemd/system/{task.name}.service", task.render()) for task in tasks
    ]
    if any(changed):
        command.run(_SYSTEMCTL, "daemon-reload")
    command.run("mkdir", "-p", "/var/lib/lab-charm")
    command.run(_SYSTEMCTL, "start", "--no-block", *(task.name for task in tasks))


def finish(tasks: Sequence[Task]) -> None:
    """Return when the tasks are done.

    Raises:
        CommandError: One of them failed; its journal says why. The next call starts it again.
    """
    command.run(_SYSTEMCTL, "start", *(task.name for task in tasks), timeout=300)
