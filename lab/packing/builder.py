# Copyright 2026 The instance-ha developers
# SPDX-License-Identifier: Apache-2.0

"""The place where charmcraft runs: a throw-away copy of the lab's image, or of this host.

The payload of a charm is built by the Python that its machines have, so charmcraft runs in the image
of those machines; and since it installs packages, it never runs on the host itself. Only the network
is the host's, for the package index, with the host's settings for uv, TLS and proxies.
"""

from __future__ import annotations

import dataclasses
import hashlib
import os
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from lab.packing.charms import ROOT

_ENTER = Path(__file__).with_name("enter.sh")
_PINS = ROOT / "requirements" / "charmcraft.lock"
_CHARMCRAFT = "/opt/charmcraft"
_UV_CACHE = "/var/cache/uv"

# Settings of the host's owner that decide where packages come from and whom to trust.
_PREFIXES = ("UV_", "SSL_CERT_")
_NAMES = frozenset({
    "ALL_PROXY", "HTTPS_PROXY", "HTTP_PROXY", "NO_PROXY", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE",
})  # fmt: skip
# Files of such settings, at the same place inside.
_SETTINGS = ("/etc/ssl/certs", "/etc/uv", "/root/.config/uv")

# The library that craft-parts calls apt with is no package of any index; the distribution's own is
# linked into charmcraft's environment, which is therefore made by the distribution's Python.
_INSTALL = f"""
set -eu
uv venv --quiet --python /usr/bin/python3 --no-python-downloads {_CHARMCRAFT}
uv pip sync --quiet --require-hashes --python {_CHARMCRAFT}/bin/python /pins.lock
for site in {_CHARMCRAFT}/lib/python3*/site-packages; do
    ln -s /usr/lib/python3/dist-packages/apt /usr/lib/python3/dist-packages/apt_*.so "$site"
done
{_CHARMCRAFT}/bin/python -c 'import apt, charmcraft'
touch {_CHARMCRAFT}/ready
"""


class BuilderError(Exception):
    """The place to pack in could not be made; the message says why and where the log is."""


@dataclasses.dataclass(frozen=True)
class Builder:
    """A root file system to pack in.

    Attributes:
        layers: Directories of the overlay, top first; ``/`` alone is this host.
        cache: Where charmcraft's environment and uv's downloads are kept.
        python: Directory of the ``python3`` that the payload is for.
        prefix: The host's directory that this Python is installed in, if the layers lack it.
    """

    layers: tuple[Path, ...]
    cache: Path
    python: Path = Path("/usr/bin")
    prefix: Path | None = None

    @property
    def version(self) -> str:
        """The payload's Python, for example ``python3.13``, as its directory names it."""
        layers = (*self.layers, Path("/")) if self.prefix else self.layers
        return self._resolve(self.python / "python3", layers)

    def _resolve(self, program: Path, layers: Sequence[Path]) -> str:
        for layer in layers:
            inside = layer / program.relative_to("/")
            if inside.is_symlink() or inside.exists():
                target = os.readlink(inside) if inside.is_symlink() else inside.name
                return os.path.basename(target)
        raise BuilderError(f"there is no {program} in {', '.join(map(str, layers))}")

    @property
    def charmcraft(self) -> Path:
        """Charmcraft's environment on the host, by the pins and the Python it was made of."""
        python = self._resolve(Path("/usr/bin/python3"), self.layers)
        made_of = f"{python}\0{_INSTALL}\0{_PINS.read_text()}"
        name = hashlib.sha256(made_of.encode()).hexdigest()[:16]
        return self.cache / "charmcraft" / name

    def prepare(self, uv: str, log: Path) -> None:
        """Install charmcraft, if this builder does not have it yet.

        Raises:
            BuilderError: It could not be installed.
        """
        if (self.charmcraft / "ready").exists():
            return
        self.charmcraft.mkdir(parents=True, exist_ok=True)
        binds = (f"{_PINS}:/pins.lock:ro", f"{self.charmcraft}:{_CHARMCRAFT}:rw")
        argv = ["/bin/sh", "-c", _INSTALL.replace("uv venv", "uv venv --clear", 1)]
        if self.run(argv, uv=uv, log=log, binds=binds) != 0:
            raise BuilderError(f"charmcraft could not be installed: {last_line(log)} (see {log})")

    def run(
        self,
        argv: Sequence[str],
        *,
        uv: str,
        log: Path,
        binds: Sequence[str] = (),
        env: Mapping[str, str] | None = None,
    ) -> int:
        """Run a program inside and return its exit code.

        Args:
            argv: The program and its arguments.
            uv: The host's uv; it is one static program and serves inside as well.
            log: Where all output goes.
            binds: ``SOURCE:TARGET:ro`` or ``:rw``.
            env: Variables beside the host's settings.
        """
        downloads = self.cache / "uv"
        downloads.mkdir(parents=True, exist_ok=True)
        log.parent.mkdir(parents=True, exist_ok=True)
        lower = ":".join(str(layer) for layer in self.layers)
        always = [f"{uv}:/usr/local/bin/uv:ro", f"{downloads}:{_UV_CACHE}:rw"]
        always += [f"{self.prefix}:{self.prefix}:ro"] if self.prefix else []
        command = [
            *("unshare", "--mount", "--pid", "--fork", "--kill-child", "--propagation=private"),
            *("/bin/sh", str(_ENTER), lower, *always, *settings(), *binds, "--"),
            *(
                "/usr/bin/env",
                "-i",
                *(f"{k}={v}" for k, v in self._environment(env or {}).items()),
            ),
            *argv,
        ]
        with log.open("w") as output:
            done = subprocess.run(
                command,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                check=False,
            )
        return done.returncode

    def _environment(self, more: Mapping[str, str]) -> dict[str, str]:
        chosen = {
            name: value
            for name, value in os.environ.items()
            if name.startswith(_PREFIXES) or name.upper() in _NAMES
        }
        path = [str(self.python), "/usr/local/bin", "/usr/sbin", "/usr/bin", "/sbin", "/bin"]
        return {
            **chosen,
            "PATH": ":".join(dict.fromkeys(path)),
            "HOME": "/root",
            "LC_ALL": "C.UTF-8",
            "DEBIAN_FRONTEND": "noninteractive",
            "XDG_RUNTIME_DIR": "/run/user",
            "UV_CACHE_DIR": _UV_CACHE,
            "UV_LINK_MODE": "copy",
            "UV_PYTHON_DOWNLOADS": "never",
            **more,
        }


def settings() -> Iterator[str]:
    """Yield binds for the files in which the host's owner says where packages come from."""
    named = (os.environ.get(name, "") for name in ("SSL_CERT_FILE", "UV_CONFIG_FILE"))
    for path in dict.fromkeys([*_SETTINGS, *named]):
        if path and Path(path).exists() and not path.startswith("/etc/ssl/certs/"):
            yield f"{path}:{path}:ro"


def last_line(log: Path) -> str:
    """Return the last line of a log that is not blank."""
    lines = [line.strip() for line in log.read_text(errors="replace").splitlines()]
    return next((line for line in reversed(lines) if line), "no output")[:200]
