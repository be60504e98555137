# Copyright 2026 The instance-ha developers
# SPDX-License-Identifier: Apache-2.0

"""Whether a host's machine may have become somebody else's, as far as MAAS can tell.

A BMC knows no owners: it switches off whatever machine it is in. MAAS does know, and the first level
refuses a machine that was renamed, replaced or deployed to somebody else. The second must not make up
for that. A MAAS that does not answer hinders nobody, for then it is that this level is for.
"""

import logging

from fence_agent.errors import OptionError
from fence_bmc_agent.options import Options
from fence_maas_agent.answers import MaasError
from fence_maas_agent.api import Api, api_url
from fence_maas_agent.identity import expectation, parse_hosts, strangeness
from fence_maas_agent.options import read_key

logger = logging.getLogger(__name__)

# MAAS' database answers in less than one; the way there may be what is broken.
_CONNECT_SECONDS, _ANSWER_SECONDS = 3.0, 5.0


def require_same(options: Options, host: str) -> None:
    """Return unless MAAS says that a host's machine is not the one any more that it was.

    Raises:
        OptionError: It says so.
    """
    if not (options.maas_url and options.maas_hosts):
        return
    name = options.nodename or host
    try:
        expected = expectation(parse_hosts(options.maas_hosts), "", name)
        found = _api(options).machines(ids=[expected.system_id])
    except (MaasError, OptionError) as error:
        logger.warning("MAAS does not tell whether %s is the machine that it was: %s", name, error)
        return
    reasons = (
        [*strangeness(found[0], expected)]
        if found
        else [f"MAAS does not know {expected.system_id} any more"]
    )
    if reasons:
        raise OptionError(f"refusing the machine of {name}: {'; '.join(reasons)}")


def _api(options: Options) -> Api:
    return Api(
        url=api_url(options.maas_url),
        key=read_key(options.maas_credentials_file),
        ca=options.maas_ssl_ca,
        connect_timeout=_CONNECT_SECONDS,
        answer_timeout=_ANSWER_SECONDS,
    )
