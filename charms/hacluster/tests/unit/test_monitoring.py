# Copyright 2026 The instance-ha developers
# SPDX-License-Identifier: Apache-2.0

"""What monitoring leaves on the machine and on relations."""

import json
import pathlib
import re
import sys
from collections.abc import Iterator

import ops
import pytest
from ops import testing

import monitoring
from config import Config
from instance_ha import systemd

FILES = pathlib.Path(__file__).parents[2] / "files"
sys.path.insert(0, str(FILES))

from cluster_watch import exporter, state  # noqa: E402 (found only now)


class Charm(ops.CharmBase):
    """Nothing but monitoring."""

    config_: Config = Config()

    def __init__(self, framework: ops.Framework):
        super().__init__(framework)
        framework.observe(self.on.update_status, self._on_update_status)

    @property
    def charm_dir(self) -> pathlib.Path:
        return FILES.parent

    def _on_update_status(self, _: ops.EventBase) -> None:
        monitoring.reconcile(self, self.config_)


META = {
    "name": "hacluster",
    "provides": {
        "nrpe-external-master": {"interface": "nrpe-external-master"},
        "cos-agent": {"interface": "cos_agent"},
    },
}


@pytest.fixture
def root(tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[pathlib.Path]:
    for name in ("_LIBRARY", "_UNIT", "_NRPE_DIRECTORY", "_EXPORTS", "_PLUGIN", "_SUDOERS"):
        monkeypatch.setattr(monitoring, name, tmp_path / name)
    done: list[str] = []
    for name in ("ensure_running", "ensure_stopped", "try_restart", "daemon_reload"):
        note = lambda *given, name=name: done.append(f"{name} {given}")  # noqa: E731
        monkeypatch.setattr(monitoring.systemd, name, note)
    nrpe_runs(monkeypatch, is_active=True)
    return tmp_path


def nrpe_runs(monkeypatch: pytest.MonkeyPatch, *, is_active: bool) -> None:
    service = systemd.Unit("nagios-nrpe-server", active="active" if is_active else "inactive")
    monkeypatch.setattr(monitoring.systemd, "read", lambda *_: {service.name: service})


def run(*relations: testing.RelationBase) -> testing.State:
    ctx = testing.Context(Charm, meta=META)
    return ctx.run(ctx.on.update_status(), testing.State(relations=set(relations)))


def nrpe(**said: str) -> testing.Relation:
    return testing.Relation("nrpe-external-master", remote_units_data={0: said})


def test_nagios_gets_three_checks_with_the_predecessors_names(root: pathlib.Path):
    (root / "_NRPE_DIRECTORY").mkdir()
    out = run(relation := nrpe(nagios_hostname="juju-m-0"))
    files = {path.name for path in (root / "_NRPE_DIRECTORY").iterdir()}
    assert files == {
        "check_crm_status.cfg",
        "check_corosync_proc.cfg",
        "check_pacemakerd_proc.cfg",
    }
    assert (root / "_EXPORTS/service__juju-m-0_check_crm_status.cfg").exists()
    said = out.get_relation(relation.id).local_unit_data
    assert "check_crm_status" in said["monitors"]
    assert (root / "_PLUGIN").stat().st_mode & 0o777 == 0o755
    assert (root / "_SUDOERS").stat().st_mode & 0o777 == 0o440


def test_sudo_allows_what_the_check_runs_and_nothing_else(root: pathlib.Path):
    (root / "_NRPE_DIRECTORY").mkdir()
    run(nrpe())
    (line,) = (root / "_SUDOERS").read_text().splitlines()
    command = line.removeprefix("nagios ALL=(root) NOPASSWD: ")
    assert re.sub(r"\\(.)", r"\1", command) == " ".join(state.COMMAND)


def test_without_nrpe_on_the_machine_nothing_is_written(root: pathlib.Path):
    run(nrpe())
    assert not (root / "_SUDOERS").exists()


def test_an_exporter_that_was_never_installed_is_not_restarted(
    root: pathlib.Path, monkeypatch: pytest.MonkeyPatch
):
    def refuse(name: str) -> None:
        raise AssertionError(f"systemctl: Unit {name}.service not found")

    monkeypatch.setattr(monitoring.systemd, "try_restart", refuse)
    run()


@pytest.mark.parametrize("is_active", [True, False])
def test_nrpe_is_told_of_its_checks_and_of_their_end_if_it_is_there(
    root: pathlib.Path, monkeypatch: pytest.MonkeyPatch, is_active: bool
):
    told: list[str] = []
    monkeypatch.setattr(monitoring.systemd, "try_restart", told.append)
    nrpe_runs(monkeypatch, is_active=is_active)
    (root / "_NRPE_DIRECTORY").mkdir()
    run(nrpe())
    run()
    assert told == (["nagios-nrpe-server"] * 2 if is_active else [])


def test_what_was_there_for_nagios_goes_with_the_relation(root: pathlib.Path):
    (root / "_NRPE_DIRECTORY").mkdir()
    run(nrpe())
    (root / "_NRPE_DIRECTORY/check_corosync_rings.cfg").write_text("the predecessor's")
    (root / "_NRPE_DIRECTORY/check_other.cfg").write_text("somebody else's")
    run()
    left = [path.name for path in (root / "_NRPE_DIRECTORY").iterdir()]
    assert (left, (root / "_SUDOERS").exists()) == (["check_other.cfg"], False)


@pytest.mark.parametrize(
    ("config", "words"),
    [
        (Config(), "--failedactions=ignore --failcount-warn=3 --failcount-crit=10"),
        (Config(failed_actions_threshold=5), "--failcount-warn=5"),
        (Config(res_failcount_warn=0), "--failcount-warn=0"),
        (Config(failed_actions_alert_type="warning"), "--failedactions=warning"),
    ],
)
def test_thresholds_are_the_operators(config: Config, words: str):
    assert words in monitoring.checks(config)[0].command


def test_the_agent_finds_the_exporter_where_it_listens(root: pathlib.Path):
    relation = testing.Relation("cos-agent")
    out = run(relation)
    content = json.loads(out.get_relation(relation.id).local_unit_data["config"])
    (job,) = content["metrics_scrape_jobs"]
    assert job["static_configs"] == [{"targets": [f"localhost:{exporter.PORT}"]}]
    assert len(content["metrics_alert_rules"]["groups"][0]["rules"]) > 5
    assert "cluster_watch.exporter" in (root / "_UNIT").read_text()
    assert (root / "_LIBRARY/cluster_watch/exporter.py").exists()
