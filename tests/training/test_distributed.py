"""Two processes do what one does, and a run survives the death of one of them."""

from __future__ import annotations

import csv
import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
import torch

from indexnet_cli.engine.ranks import Ranks
from indexnet_cli.errors import UsageError
from tests.training.two_processes import CASES, run

ROOT = Path(__file__).parents[2]
WAIT = 240  # seconds, on a machine that does other things


def torchrun(*arguments: str, restarts: int = 0) -> list[str]:
    return [
        *(sys.executable, "-m", "torch.distributed.run", "--standalone", "--nproc-per-node", "2"),
        *("--max-restarts", str(restarts), *arguments),
    ]


def environment(home: Path | None = None) -> dict[str, str]:
    own = {"OMP_NUM_THREADS": "1", "PYTHONPATH": str(ROOT), "CUDA_VISIBLE_DEVICES": ""}
    return {**os.environ, **own}


@pytest.fixture(scope="module")
def together(tmp_path_factory: pytest.TempPathFactory) -> dict[str, dict[str, list[float]]]:
    out = tmp_path_factory.mktemp("two") / "outcome.json"
    command = torchrun("-m", "tests.training.two_processes", str(out))
    subprocess.run(command, cwd=ROOT, env=environment(), check=True, timeout=WAIT)
    return json.loads(out.read_text())


@pytest.mark.parametrize("case", CASES)
def test_two_processes_take_the_steps_of_one(
    together: dict[str, dict[str, list[float]]], case: str
) -> None:
    alone = run(case, Ranks())
    assert np.allclose(together[case]["losses"], alone["losses"], atol=1e-4, rtol=1e-4)
    assert np.allclose(together[case]["norms"], alone["norms"], rtol=1e-3)
    assert np.allclose(together[case]["buffers"], alone["buffers"], rtol=1e-4)


SETTINGS = {
    "crop": 32,
    "batch_size": 2,
    "steps": 8,
    "late_share": 0,
    "warmup_steps": 1,
    "calibration_batches": 1,
    "validation_crop": 32,
    "validation_per_kind": 1,
    "validate_every": 8,
    "snapshot_every": 2,
}


def train_command(pack_folder: Path, out: Path) -> list[str]:
    settings = [part for key, value in SETTINGS.items() for part in ("--set", f"{key}={value}")]
    return [
        *("-m", "indexnet_cli", "train", "--data-dir", str(pack_folder), "-o", str(out)),
        *("--device", "cpu", "--workers", "0", *settings),
    ]


def children_of(pid: int) -> list[int]:
    found = []
    for status in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = status.read_text().rsplit(")", 1)[1].split()
        except OSError:
            continue  # it has ended in the meantime
        if int(fields[1]) == pid:
            found.append(int(status.parent.name))
    return found


@pytest.mark.slow
@pytest.mark.skipif(not Path("/proc").is_dir(), reason="finds processes in /proc")
def test_run_recovers_from_a_killed_worker(pack_folder: Path, tmp_path: Path) -> None:
    """The longest test here: two starts of two processes each."""
    out = tmp_path / "run"
    command = torchrun(*train_command(pack_folder, out), restarts=3)
    log = tmp_path / "log.txt"
    with log.open("wb") as file:
        agent = subprocess.Popen(command, cwd=ROOT, env=environment(), stdout=file, stderr=file)
    try:
        deadline = time.monotonic() + WAIT
        while not (out / "snapshot.pt").exists():
            assert agent.poll() is None, log.read_text()
            assert time.monotonic() < deadline, log.read_text()
            time.sleep(0.05)
        workers = children_of(agent.pid)
        assert len(workers) == 2
        os.kill(workers[-1], signal.SIGKILL)
        assert agent.wait(WAIT) == 0, log.read_text()
    finally:
        if agent.poll() is None:
            agent.kill()
    assert "goes on after step" in log.read_text()
    assert torch.load(out / "snapshot.pt", weights_only=True)["step"] == SETTINGS["steps"]
    with (out / "curve.csv").open() as file:
        assert [row["step"] for row in csv.DictReader(file)] == ["8"]


def test_batch_that_cannot_be_shared_out_is_refused(pack_folder: Path, tmp_path: Path) -> None:
    from indexnet_cli.training.data import open_data
    from indexnet_cli.training.loop import Trainer
    from indexnet_cli.training.recipe import load_recipe
    from indexnet_cli.training.starting import Start

    recipe = load_recipe("open", ["batch_size=3", "late_share=0", "validation_per_kind=1"])
    data = open_data([pack_folder], recipe)
    with pytest.raises(UsageError, match="2 processes"):
        Trainer(recipe, data, tmp_path, torch.device("cpu"), Start(), 0, Ranks(0, 2))
