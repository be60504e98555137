# Copyright 2026 The instance-ha developers
# SPDX-License-Identifier: Apache-2.0

"""How fast nova restarts instances by hand: each stopped and, once it is seen to be, started, all at once.

It runs in the machine of the controller, with the distribution's Python and an openrc in its environment;
its arguments are the instances. It says when it is ready and waits for a line: its own start is nobody's
recovery, and nova would have stopped by itself what has been dead for a while.
"""

import concurrent.futures
import os
import sys
import time

from keystoneauth1 import adapter, session
from keystoneauth1.identity import v3

_POLL = 0.2  # seconds
_PATIENCE = 600.0


def main(*instances: str) -> None:
    """Stop and start instances."""
    password = v3.Password(
        auth_url=os.environ["OS_AUTH_URL"],
        username=os.environ["OS_USERNAME"],
        password=os.environ["OS_PASSWORD"],
        project_name=os.environ["OS_PROJECT_NAME"],
        user_domain_name=os.environ.get("OS_USER_DOMAIN_NAME", "Default"),
        project_domain_name=os.environ.get("OS_PROJECT_DOMAIN_NAME", "Default"),
    )
    nova = adapter.Adapter(session.Session(auth=password), service_type="compute")
    nova.get("/servers?limit=1")  # a token and the catalogue
    print("ready", flush=True)
    sys.stdin.readline()

    def restart(instance: str) -> None:
        nova.post(f"/servers/{instance}/action", json={"os-stop": None})
        deadline = time.monotonic() + _PATIENCE
        while nova.get(f"/servers/{instance}").json()["server"]["status"] != "SHUTOFF":
            if time.monotonic() > deadline:
                raise TimeoutError(instance)
            time.sleep(_POLL)
        nova.post(f"/servers/{instance}/action", json={"os-start": None})

    with concurrent.futures.ThreadPoolExecutor(len(instances)) as pool:
        list(pool.map(restart, instances))


if __name__ == "__main__":
    main(*sys.argv[1:])
