# Copyright 2026 The instance-ha developers
# SPDX-License-Identifier: Apache-2.0

"""How fast nova could be: forced down by hand, and every instance evacuated by a call of its own at once.

It runs in the machine of the controller, with the distribution's Python and an openrc in its environment;
its arguments are nova's name of the host and the instances. It prints when each call was answered.
"""

import concurrent.futures
import os
import sys
import time

from keystoneauth1 import adapter, session
from keystoneauth1.identity import v3


def main(host: str, *instances: str) -> None:
    """Force a host down and evacuate its instances."""
    names = ("auth_url", "username", "password", "project_name")
    domains = dict.fromkeys(("user_domain_name", "project_domain_name"), "Default")
    given = {name: os.environ[f"OS_{name.upper()}"] for name in names}
    for name in domains:
        domains[name] = os.environ.get(f"OS_{name.upper()}", "Default")
    one = session.Session(auth=v3.Password(**given, **domains))
    # From 2.95 on an evacuated instance is left stopped.
    nova = adapter.Adapter(one, service_type="compute", default_microversion="2.53")
    services = nova.get("/os-services", params={"binary": "nova-compute"}).json()["services"]
    (service,) = (row["id"] for row in services if row["host"] == host)
    print(f"{time.time()} begin", flush=True)
    nova.put(f"/os-services/{service}", json={"forced_down": True})
    print(f"{time.time()} down", flush=True)

    def evacuate(instance: str) -> None:
        nova.post(f"/servers/{instance}/action", json={"evacuate": {}})
        print(f"{time.time()} {instance}", flush=True)

    with concurrent.futures.ThreadPoolExecutor(len(instances)) as pool:
        list(pool.map(evacuate, instances))


if __name__ == "__main__":
    main(*sys.argv[1:])
