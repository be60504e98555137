# Copyright 2026 The instance-ha developers
# SPDX-License-Identifier: Apache-2.0

"""The socket at which the hook tools of one machine ask."""

import contextlib
import pathlib
import socket
import threading
from collections.abc import Callable
from typing import Protocol

from lab.juju import sockets

# Answers a call: context id, words, standard input -> exit code, standard output and error.
Handler = Callable[[str, list[str], str], tuple[int, str, str]]


class _Readable(Protocol):
    def read(self, size: int, /) -> bytes: ...


class ToolServer:
    """Serves one machine's hook tools, each call in a thread of its own."""

    def __init__(self, directory: pathlib.Path, handler: Handler):
        """Listen at ``agent.socket`` in a directory that the machine sees.

        Args:
            directory: The machine's agent directory on this host.
            handler: Answers the calls.
        """
        self._handler = handler
        self._path = directory / "agent.socket"
        self._socket = sockets.listen(self._path)
        threading.Thread(target=self._serve, daemon=True, name=f"tools {directory}").start()

    def close(self) -> None:
        """Stop serving."""
        # A blocked accept only wakes up when the socket is shut down first.
        self._socket.shutdown(socket.SHUT_RDWR)
        self._socket.close()
        self._path.unlink(missing_ok=True)

    def _serve(self) -> None:
        while True:
            try:
                connection, _ = self._socket.accept()
            except OSError:
                # Closed.
                return
            threading.Thread(target=self._answer, args=(connection,), daemon=True).start()

    def _answer(self, connection: socket.socket) -> None:
        # A tool that is killed with its hook does not take its answer.
        gone = contextlib.suppress(BrokenPipeError, ConnectionResetError)
        with gone, connection, connection.makefile("rwb") as stream:
            try:
                context, *words, stdin = _read_request(stream)
            except ValueError:
                return
            code, out, err = self._handler(context, words, stdin)
            for text in (str(code), out, err):
                data = text.encode(errors="surrogateescape")
                stream.write(b"%d:%s" % (len(data), data))
            stream.flush()


def _read_request(stream: _Readable) -> list[str]:
    """Return context, words and standard input; see hooktool.c for the form."""
    context = _read_field(stream)
    count = int(_read_field(stream))
    words = [_read_field(stream) for _ in range(count)]
    return [context, *words, _read_field(stream)]


def _read_field(stream: _Readable) -> str:
    digits = b""
    while (byte := stream.read(1)) != b":":
        if not byte.isdigit():
            raise ValueError("not a netstring")
        digits += byte
    data = stream.read(int(digits))
    return data.decode(errors="surrogateescape")
