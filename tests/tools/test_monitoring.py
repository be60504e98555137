# Copyright 2026 The instance-ha developers
# SPDX-License-Identifier: Apache-2.0

"""Alert rules judged by Prometheus' own tool, and sudoers by sudo's, where they are installed."""

import json
import pathlib
import re
import shutil
import subprocess

import pytest

from tests import metrics as reference_metrics

ROOT = pathlib.Path(__file__).parents[2]
OBSERVABILITY = sorted(ROOT.glob("charms/*/src/observability"))
LABELS = 'juju_model="m", juju_application="a"'
METRIC = re.compile(r"\b(?:hacluster|masakari)_[a-z_]+")


@pytest.mark.skipif(not shutil.which("promtool"), reason="promtool is not installed (prometheus)")
@pytest.mark.parametrize("directory", OBSERVABILITY, ids=lambda path: path.parents[1].name)
def test_prometheus_accepts_the_alert_rules(directory: pathlib.Path, tmp_path: pathlib.Path):
    rules = tmp_path / "alerts.yaml"
    text = (directory / "alerts.yaml").read_text()
    rules.write_text(text.replace("%%juju_topology%%", LABELS))
    done = subprocess.run(
        ["promtool", "check", "rules", str(rules)], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr


THERE = {
    name for name, _, _ in (*reference_metrics.of_hacluster(), *reference_metrics.of_masakari())
}


@pytest.mark.parametrize(
    "path",
    sorted(path for directory in OBSERVABILITY for path in directory.iterdir()),
    ids=lambda path: f"{path.parents[2].name}-{path.name}",
)
def test_alerts_and_dashboards_ask_for_metrics_that_there_are(path: pathlib.Path):
    asked = set(METRIC.findall(path.read_text()))
    assert asked
    assert asked <= THERE


def test_the_dashboard_is_grafanas():
    text = (ROOT / "charms/hacluster/src/observability/dashboard.json").read_text()
    dashboard = json.loads(text)
    assert dashboard["schemaVersion"] > 30
    assert all(panel["targets"][0]["expr"] for panel in dashboard["panels"])
    assert len({panel["id"] for panel in dashboard["panels"]}) == len(dashboard["panels"])
