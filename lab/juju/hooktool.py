#!/usr/bin/env -S python3 -IS
# Copyright 2026 The instance-ha developers
# SPDX-License-Identifier: Apache-2.0

"""Every hook tool, for hosts without a C compiler; see hooktool.c, which is ten times as fast."""

import os
import socket
import sys


def main() -> int:
    """Send the tool's name and arguments to the agent, print its answer, return its exit code."""
    path = os.environ.get("JUJU_AGENT_SOCKET_ADDRESS")
    context = os.environ.get("JUJU_CONTEXT_ID")
    if not path or not context:
        sys.stderr.write("ERROR JUJU_CONTEXT_ID not set: hook tools only work in hooks\n")
        return 1
    tool, arguments = os.path.basename(sys.argv[0]), sys.argv[1:]
    words = [_word(tool, argument) for argument in arguments]
    reads = "--file=-" in arguments or "--file\0-" in "\0".join(arguments)
    stdin = sys.stdin.buffer.read() if reads else b""
    fields = [context.encode(), str(len(words) + 1).encode(), tool.encode(), *words, stdin]
    with socket.socket(socket.AF_UNIX) as agent:
        agent.connect(path)
        agent.sendall(b"".join(b"%d:%s" % (len(field), field) for field in fields))
        answer = b"".join(iter(lambda: agent.recv(65536), b""))
    parts: list[bytes] = []
    for _ in range(3):
        size, _, rest = answer.partition(b":")
        parts.append(rest[: int(size)])
        answer = rest[int(size) :]
    sys.stdout.buffer.write(parts[1])
    sys.stderr.buffer.write(parts[2])
    return int(parts[0])


def _word(tool: str, argument: str) -> bytes:
    """Return an argument; a secret's ``key#file=PATH`` with what is in the file."""
    key, equals, path = argument.partition("=")
    if not tool.startswith("secret-") or not equals or not key.endswith("#file"):
        return os.fsencode(argument)
    with open(path, "rb") as file:
        return os.fsencode(key.removesuffix("#file")) + b"=" + file.read()


if __name__ == "__main__":
    sys.exit(main())
