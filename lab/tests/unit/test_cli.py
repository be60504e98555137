# Copyright 2026 The instance-ha developers
# SPDX-License-Identifier: Apache-2.0

import pytest

from lab import cli, phases
from lab.phases import Phase, UnfitError


@pytest.fixture(autouse=True)
def directory(tmp_path, monkeypatch):
    monkeypatch.setenv("INSTANCE_HA_LAB_DIR", str(tmp_path))
    monkeypatch.delenv("INSTANCE_HA_LAB", raising=False)
    return tmp_path


def use(monkeypatch, *steps: Phase) -> None:
    monkeypatch.setattr(phases, "PHASES", steps)


def test_a_lab_that_is_not_there_is_said_so(capsys):
    assert cli.main(["status", "--name", "x"]) == 1
    assert "no lab called x" in capsys.readouterr().out


@pytest.mark.parametrize("arguments", [["--name", "x", "status"], ["status", "--name", "x"]])
def test_the_name_stands_before_or_after_the_command(arguments, capsys):
    cli.main(arguments)
    assert "called x" in capsys.readouterr().out


def test_phases_run_in_order_and_their_times_are_kept(monkeypatch, directory, capsys):
    ran: list[str] = []
    steps = [Phase(n, n, lambda *_, n=n: ran.append(n) or "ok") for n in ("a", "b")]
    use(monkeypatch, *steps)
    assert cli.main(["up"]) == 0
    assert ran == ["a", "b"]
    assert (directory / "labs/lab/times.json").exists()
    assert "where the time went" in capsys.readouterr().out


def test_a_failure_is_one_line_with_the_phase_and_the_log(monkeypatch, capsys):
    def fail(*_):
        raise UnfitError("no root")

    use(monkeypatch, Phase("preflight", "look", fail))
    assert cli.main(["up"]) == 1
    line = capsys.readouterr().err.strip()
    assert line.startswith("error: preflight: no root (log: ")
    assert "\n" not in line


def test_an_interruption_says_how_to_go_on(monkeypatch, capsys):
    def interrupt(*_):
        raise KeyboardInterrupt

    use(monkeypatch, Phase("image", "build", interrupt))
    assert cli.main(["up"]) == 130
    assert "interrupted in image" in capsys.readouterr().err
