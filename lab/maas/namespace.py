# Copyright 2026 The instance-ha developers
# SPDX-License-Identifier: Apache-2.0

"""A listening socket inside another network namespace, for a process that stays outside."""

import ctypes
import os
import pathlib
import socket
import threading

_NETNS = pathlib.Path("/run/netns")  # where `ip netns` keeps them
_CLONE_NEWNET = 0x40000000  # linux/sched.h


class NamespaceError(Exception):
    """The namespace is not there, or cannot be entered."""


def listen(address: str, port: int, namespace: str | None = None) -> socket.socket:
    """Return a socket that listens, in a network namespace or here.

    A socket belongs to the namespace of the thread that makes it. So a thread enters, makes the
    socket and ends; the rest of the process sees the host's network as before.

    Raises:
        NamespaceError: There is no such namespace, or it may not be entered.
        OSError: The address cannot be listened on.
    """
    if namespace is None:
        return _listen(address, port)
    found: list[socket.socket] = []
    failed: list[Exception] = []

    def enter_and_listen() -> None:
        try:
            _enter(namespace)
            found.append(_listen(address, port))
        except (OSError, NamespaceError) as error:
            failed.append(error)

    thread = threading.Thread(target=enter_and_listen, name="listen")
    thread.start()
    thread.join()
    if failed:
        raise failed[0]
    return found[0]


def _listen(address: str, port: int) -> socket.socket:
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    return socket.create_server((address, port), family=family, backlog=128)


def _enter(namespace: str) -> None:
    """Move the calling thread into a network namespace (Python has os.setns from 3.12 on)."""
    try:
        descriptor = os.open(_NETNS / namespace, os.O_RDONLY | os.O_CLOEXEC)
    except FileNotFoundError:
        raise NamespaceError(f"no network namespace {namespace}; is the lab up?") from None
    try:
        library = ctypes.CDLL(None, use_errno=True)
        if library.setns(descriptor, _CLONE_NEWNET) != 0:
            code = ctypes.get_errno()
            raise NamespaceError(f"cannot enter {namespace}: {os.strerror(code)}")
    finally:
        os.close(descriptor)
