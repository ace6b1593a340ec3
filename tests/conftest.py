"""No test reads or writes the user's own folders, or asks the internet for anything."""

from __future__ import annotations

import os
import signal
from collections.abc import Generator
from pathlib import Path

import pytest

if "PYTEST_XDIST_WORKER" in os.environ:
    # A core each: threads of several processes that share cores mostly wait for one another.
    # Before torch is loaded, and for the programs under test as well.
    os.environ["OMP_NUM_THREADS"] = "1"

import torch
from safetensors.torch import save_file
from torch import nn

from indexnet_cli.models.registry import DEFAULT_MODEL, build_network, resolve_model
from tests.browsing import browser  # noqa: F401 - for every folder
from tests.golden.reading import read_configurations, seeded_tensors
from tests.made_up_pack import pack, pack_folder  # noqa: F401 - fixtures for every folder

if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    # Started in the background of a shell: the programs under test would inherit it.
    signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.hookimpl(optionalhook=True, wrapper=True)
def pytest_xdist_auto_num_workers() -> Generator[None, int, int]:
    """One more than ``-n auto`` starts: a quarter of the time a test waits for other programs."""
    return (yield) + 1


@pytest.fixture(autouse=True)
def own_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    home = tmp_path / "indexnet-home"
    monkeypatch.setenv("INDEXNET_HOME", str(home))
    monkeypatch.setenv("INDEXNET_OFFLINE", "1")  # but for the server of tests/checkpoints
    return home


@pytest.fixture(scope="session")
def seeded_state_dict() -> dict[str, torch.Tensor]:
    """The released network's goldens are made with these."""
    return seeded_tensors(read_configurations()["m2o_nl1_c1"].keys)


@pytest.fixture
def seeded_network(seeded_state_dict: dict[str, torch.Tensor]) -> nn.Module:
    network = build_network(resolve_model(DEFAULT_MODEL))
    network.load_state_dict(seeded_state_dict)
    return network.eval()


@pytest.fixture(scope="session")
def weights_file(
    tmp_path_factory: pytest.TempPathFactory, seeded_state_dict: dict[str, torch.Tensor]
) -> Path:
    """A checkpoint as the trainer writes it: half precision, without counters."""
    path = tmp_path_factory.mktemp("weights") / "seeded.safetensors"
    halves = {
        key: value.half()
        for key, value in seeded_state_dict.items()
        if not key.endswith("num_batches_tracked")
    }
    save_file(halves, path)
    return path
