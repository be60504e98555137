# Copyright 2026 The instance-ha developers
# SPDX-License-Identifier: Apache-2.0

"""What an agent of the Canonical Observability Stack collects on a machine (`cos-agent`).

The provider writes one key, ``config``, into its unit databag: JSON with scrape jobs, alert rules and
dashboards (compressed). Rules name the application that they are about by the mark
``%%juju_topology%%``, which stands for its labels.
"""

import base64
import dataclasses
import json
import lzma
from collections.abc import Iterable, Mapping
from typing import Any

_MARK = "%%juju_topology%%"


@dataclasses.dataclass(frozen=True)
class Topology:
    """Where metrics come from, in the labels that the stack gives them."""

    model: str
    model_uuid: str
    application: str
    charm: str

    @property
    def labels(self) -> dict[str, str]:
        """Its labels."""
        return {f"juju_{name}": value for name, value in dataclasses.asdict(self).items()}

    @property
    def identifier(self) -> str:
        """Short, and of this application alone."""
        return f"{self.model}_{self.model_uuid[:8]}_{self.application}"


def rules(groups: Iterable[Mapping[str, Any]], topology: Topology) -> dict[str, Any]:
    """Return groups of alert rules, about one application."""
    return {"groups": [_group(group, topology) for group in groups]}


def _group(group: Mapping[str, Any], topology: Topology) -> dict[str, Any]:
    selector = ", ".join(f'{name}="{value}"' for name, value in topology.labels.items())
    marked: list[dict[str, Any]] = [
        {
            **rule,
            "expr": rule["expr"].replace(_MARK, selector),
            "labels": {**rule.get("labels", {}), **topology.labels},
        }
        for rule in group["rules"]
    ]
    return {"name": f"{topology.identifier}_{group['name']}_alerts", "rules": marked}


def write(
    *,
    ports: Iterable[int],
    alerts: Mapping[str, Any],
    dashboards: Iterable[str],
    topology: Topology,
) -> dict[str, str]:
    """Return the databag content.

    Args:
        ports: Local ones, each with /metrics.
        alerts: Groups of rules.
        dashboards: Grafana's, as JSON.
        topology: Whose they are.
    """
    jobs = [
        {
            "job_name": f"{topology.identifier}_{number}",
            "metrics_path": "/metrics",
            "static_configs": [{"targets": [f"localhost:{port}"]}],
        }
        for number, port in enumerate(ports)
    ]
    content: dict[str, Any] = {
        "metrics_alert_rules": alerts,
        "log_alert_rules": {},
        "dashboards": [_compressed(text) for text in dashboards],
        "metrics_scrape_jobs": jobs,
        "log_slots": [],
        "subordinate": None,
        "tracing_protocols": None,
    }
    return {"config": json.dumps(content, sort_keys=True)}


def _compressed(text: str) -> str:
    return base64.b64encode(lzma.compress(text.encode())).decode()
