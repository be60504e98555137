# Copyright 2026 The instance-ha developers
# SPDX-License-Identifier: Apache-2.0

"""Projects, users, roles, services and endpoints, each made unless it is there."""

from typing import Any

from lab_charm import api, passwords


class Directory:
    """Keystone's records, as its administrator sees them."""

    def __init__(self, session: api.Session):
        self._session = session
        self._base = session.auth_url

    def domain(self, name: str) -> str:
        """Return the id of a domain."""
        return self._ensure("domain", {"name": name}, {})

    def project(self, name: str, domain: str) -> str:
        """Return the id of a project in a domain given by id."""
        return self._ensure("project", {"name": name, "domain_id": domain}, {})

    def role(self, name: str) -> str:
        """Return the id of a role."""
        return self._ensure("role", {"name": name}, {})

    def user(self, name: str, domain: str) -> str:
        """Return the id of a user of this application in a domain given by id."""
        secret = {"password": passwords.password("keystone", name)}
        return self._ensure("user", {"name": name, "domain_id": domain}, secret)

    def named(self, kind: str, name: str) -> str:
        """Return the id of a record of the domain Default, which must exist."""
        return self._session.get(f"{self._base}/{kind}s?name={name}&domain_id=default")[
            f"{kind}s"
        ][0]["id"]

    def grant(self, role: str, user: str, project: str) -> None:
        """Give a user a role in a project, all given by id."""
        self._session.send("PUT", f"{self._base}/projects/{project}/users/{user}/roles/{role}")

    def service(self, name: str, kind: str) -> str:
        """Return the id of a service of a type."""
        return self._ensure("service", {"name": name, "type": kind}, {})

    def endpoint(self, service: str, interface: str, region: str, url: str) -> None:
        """Make the endpoint of a service, or move it to a new URL."""
        if not self._session.get(f"{self._base}/regions?id={region}")["regions"]:
            self._session.send("POST", f"{self._base}/regions", {"region": {"id": region}})
        query = f"service_id={service}&interface={interface}&region_id={region}"
        for present in self._session.get(f"{self._base}/endpoints?{query}")["endpoints"]:
            if present["url"] != url:
                change = {"endpoint": {"url": url}}
                self._session.send("PATCH", f"{self._base}/endpoints/{present['id']}", change)
            return
        new = {"service_id": service, "interface": interface, "region_id": region, "url": url}
        self._session.send("POST", f"{self._base}/endpoints", {"endpoint": new})

    def _ensure(self, kind: str, key: dict[str, str], more: dict[str, str]) -> str:
        query = "&".join(f"{name}={value}" for name, value in key.items())
        found: list[dict[str, Any]] = self._session.get(f"{self._base}/{kind}s?{query}")[
            f"{kind}s"
        ]
        if not found:
            found = [
                self._session.send("POST", f"{self._base}/{kind}s", {kind: {**key, **more}})[kind]
            ]
        return str(found[0]["id"])
