# Copyright 2026 The instance-ha developers
# SPDX-License-Identifier: Apache-2.0

"""A certificate that BMCs sign themselves, as they come from their makers."""

import ssl
import subprocess
from pathlib import Path

CERTIFICATE = "certificate.pem"
_KEY = "key.pem"
_DAYS = "3650"


def ensure(home: Path, *addresses: str) -> ssl.SSLContext:
    """Return what a server at these addresses speaks TLS with; made unless it is there.

    Raises:
        subprocess.CalledProcessError: openssl failed.
    """
    home.mkdir(parents=True, exist_ok=True)
    certificate, key = home / CERTIFICATE, home / _KEY
    if not certificate.exists():
        names = ",".join(f"IP:{address}" for address in addresses)
        words = (
            *("openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256"),
            *("-nodes", "-subj", "/CN=bmc", "-days", _DAYS, "-addext", f"subjectAltName={names}"),
            *("-addext", "keyUsage=critical,digitalSignature,keyCertSign", "-keyout", str(key)),
        )
        # Its name last, so that it is there only when its key is.
        new = certificate.with_suffix(".new")
        subprocess.run((*words, "-out", str(new)), check=True, capture_output=True)
        new.rename(certificate)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    return context
