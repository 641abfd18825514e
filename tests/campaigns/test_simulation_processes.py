"""Simulations over several processes: killed, on a cluster, on a cluster that is not there."""

import json
import os
import signal
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from ovenbird.campaigns import Campaign
from ovenbird.campaigns.simulation import SimulationResult
from ovenbird.campaigns.simulation.one_run import Run, RunKey
from ovenbird.datasets import InputError

LAB = """\
import pandas as pd

def truth(frame, lab):
    temperature = frame["temperature"].astype(float) + 10 * lab
    speed = frame["milling_speed"].fillna(0).astype(float)
    strength = 280 - (temperature - 150).abs() + speed / 5
    return pd.DataFrame({"pure": (temperature > 120).astype(float), "area": 5 + speed, "strength": strength})
"""


@pytest.fixture
def campaign(glass: Path) -> Campaign:
    return Campaign.open(glass, dataset="sqlite://")


@pytest.fixture
def lab_file(tmp_path: Path) -> str:
    file = tmp_path / "lab.py"
    file.write_text(LAB, encoding="utf-8")
    return f"{file}:truth"


def outcomes(result: SimulationResult) -> dict[RunKey, Run]:
    """Runs without the time that they took."""
    return {key: replace(run, seconds=0.0) for key, run in result.runs.items()}


@pytest.mark.slow
def test_a_killed_simulation_loses_no_finished_run(glass: Path, lab_file: str, tmp_path: Path) -> None:
    words = [sys.executable, "-c", "from ovenbird.campaigns.cli.main import main; main()", "simulate"]
    words += [str(glass), "--lab", lab_file, "--labs", "3", "--budget", "4", "--strategies", "random,tpe"]
    words += ["--jobs", "1", "--out"]
    killed, runs = tmp_path / "killed", tmp_path / "killed" / "runs.jsonl"
    process = subprocess.Popen([*words, str(killed)], stdout=subprocess.DEVNULL)
    deadline = time.monotonic() + 60
    while not (runs.exists() and runs.read_bytes().count(b"\n")) and time.monotonic() < deadline:
        time.sleep(0.01)
    process.send_signal(signal.SIGKILL)
    process.wait()
    finished = runs.read_bytes()[: runs.read_bytes().rfind(b"\n") + 1]
    assert finished
    campaign = Campaign.open(glass, dataset="sqlite://")
    settings: dict[str, Any] = {"labs": 3, "budget": 4, "strategies": "random,tpe", "jobs": 1}
    resumed = campaign.simulate(lab_file, **settings, out=killed)
    assert runs.read_bytes().startswith(finished)
    assert outcomes(resumed) == outcomes(campaign.simulate(lab_file, **settings))


@pytest.mark.slow
def test_a_cluster_gives_the_same_runs(campaign: Campaign, lab_file: str, tmp_path: Path) -> None:
    place = tmp_path / "scheduler.json"
    environment = os.environ | {"OMP_NUM_THREADS": "1", "DASK_DISTRIBUTED__ADMIN__LOW_LEVEL_LOG_LENGTH": "0"}
    silent: dict[str, Any] = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL, "env": environment}
    python = [sys.executable, "-m"]
    processes = [
        subprocess.Popen(
            [
                *python,
                "distributed.cli.dask_scheduler",
                "--host",
                "127.0.0.1",
                "--port",
                "0",
                "--no-dashboard",
                "--scheduler-file",
                str(place),
            ],
            **silent,
        )
    ]
    try:
        for number in range(2):
            words = [
                "distributed.cli.dask_worker",
                "--scheduler-file",
                str(place),
                "--nthreads",
                "1",
                "--no-nanny",
            ]
            words += ["--no-dashboard", "--local-directory", str(tmp_path / str(number))]
            processes.append(subprocess.Popen([*python, *words], **silent))
        deadline = time.monotonic() + 60
        while not (place.exists() and place.read_text()) and time.monotonic() < deadline:
            time.sleep(0.1)
        address = json.loads(place.read_text())["address"]
        _wait_for_workers(address, 2)
        settings: dict[str, Any] = {"labs": 2, "budget": 3, "strategies": ("random", "tpe")}
        there = campaign.simulate(lab_file, **settings, scheduler=address, out=tmp_path / "there")
        assert outcomes(there) == outcomes(campaign.simulate(lab_file, **settings, jobs=1))
        assert len((tmp_path / "there" / "runs.jsonl").read_text().splitlines()) == 4
    finally:
        for process in processes:
            process.kill()
        for process in processes:
            process.wait(timeout=30)


def _wait_for_workers(address: str, n: int) -> None:
    from distributed import Client

    with Client(address, set_as_default=False) as client:
        client.wait_for_workers(n, timeout=60)


def test_a_scheduler_that_is_not_there_is_said(
    campaign: Campaign, lab_file: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("ovenbird.campaigns.simulation.execution._PATIENCE_S", 0.5)
    for address in ("tcp://127.0.0.1:1", "nonsense://x"):
        with pytest.raises(InputError, match=f"no dask scheduler answers at '{address}'"):
            campaign.simulate(lab_file, labs=1, budget=1, strategies="random", scheduler=address)
