"""Compact snapshots: how near they come, and which of them counts."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import nn

from indexnet_cli.errors import CheckpointError, UsageError
from indexnet_cli.training import shards
from indexnet_cli.training.compact import decode, encode
from indexnet_cli.training.optimisers import build_optimizer
from indexnet_cli.training.recipe import load_recipe
from indexnet_cli.training.shards import check_size, last_compact, load_compact, save_compact


def state_after(step: int, optimizer: str = "adamw", averages: bool = True) -> dict[str, Any]:
    """Of a toy network, as Trainer makes them."""
    torch.manual_seed(step)
    network = nn.Sequential(nn.Conv2d(16, 64, 3), nn.BatchNorm2d(64), nn.Conv2d(64, 4, 1))
    before = {key: value.clone() for key, value in network.state_dict().items()}
    start = {key: 0.99 * value for key, value in before.items()}
    taken = build_optimizer(network, load_recipe("open", [f"optimizer={optimizer}"]))
    for _ in range(2):
        network(torch.randn(2, 16, 8, 8)).square().mean().backward()
        taken.step()
    state = {
        "recipe": asdict(load_recipe("open")),
        "step": step,
        "seconds": 12.5,
        "network": network.state_dict(),
        "guides": {"at_half.weight": torch.randn(1, 4, 3, 3)},
        "optimizer": taken.state_dict(),
        "scaler": {},
        "best": None,
        "scores": {"mad": 0.25},
    }
    return {**state, "average": before, "start": start} if averages else state


@pytest.mark.parametrize(
    ("optimizer", "averages"), [("adamw", True), ("muon", True), ("sgd", False)]
)
def test_comes_near(tmp_path: Path, optimizer: str, averages: bool) -> None:
    state = state_after(7, optimizer, averages)
    save_compact(tmp_path, state)
    found = load_compact(tmp_path)
    for key in ("recipe", "step", "seconds", "scaler", "best", "scores"):
        assert found[key] == state[key]
    for part in ("network", "average", "start") if averages else ("network",):
        assert found[part].keys() == state[part].keys()
        for key, value in state[part].items():
            assert found[part][key].dtype == value.dtype
            torch.testing.assert_close(found[part][key], value, rtol=1e-3, atol=1e-4)
    assert torch.equal(found["guides"]["at_half.weight"], state["guides"]["at_half.weight"])
    small = ("1.weight", "1.running_var", "1.num_batches_tracked", "2.weight", "0.bias")
    assert all(torch.equal(found["network"][key], state["network"][key]) for key in small)
    for number, moments in state["optimizer"]["state"].items():
        for kind in moments.keys() - {"exp_avg", "momentum_buffer"}:
            near = found["optimizer"]["state"][number][kind]
            torch.testing.assert_close(near, moments[kind], rtol=0.3, atol=0.0)


def test_an_optimiser_takes_its_moments_back() -> None:
    state = state_after(3)
    found = decode(*encode(state))
    network = nn.Sequential(nn.Conv2d(16, 64, 3), nn.BatchNorm2d(64), nn.Conv2d(64, 4, 1))
    network.load_state_dict(found["network"])
    optimizer = build_optimizer(network, load_recipe("open", ["optimizer=adamw"]))
    optimizer.load_state_dict(found["optimizer"])
    weight = network[0].weight
    assert isinstance(weight, nn.Parameter)
    before = weight.detach().clone()
    network(torch.randn(2, 16, 8, 8)).square().mean().backward()
    optimizer.step()
    assert (
        float((weight.detach() - before).abs().max()) < 3e-3
    )  # no root is 0 where a moment is not


def test_the_newest_whole_one_counts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shards, "SHARD_BYTES", 20_000)
    assert last_compact(tmp_path) == -1
    save_compact(tmp_path, state_after(5))
    first = {path.name: path.read_bytes() for path in tmp_path.iterdir()}
    assert len(first) > 1
    save_compact(tmp_path, state_after(9))
    assert {path.name.split("-")[1] for path in tmp_path.iterdir()} == {"00000009"}
    for name, data in first.items():
        (tmp_path / name).write_bytes(data)
    assert load_compact(tmp_path)["step"] == 9
    next(tmp_path.glob("snapshot-00000009-2*")).unlink()  # killed between two files
    assert load_compact(tmp_path)["step"] == 5


def test_damage_is_told(tmp_path: Path) -> None:
    save_compact(tmp_path, state_after(5))
    path = next(tmp_path.iterdir())
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 255
    path.write_bytes(data)
    with pytest.raises(CheckpointError, match="damaged snapshot of step 5"):
        load_compact(tmp_path)
    path.write_bytes(data[:100])
    with pytest.raises(CheckpointError, match="damaged"):
        load_compact(tmp_path)


def test_what_is_too_large_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shards, "SHARD_BYTES", 4_000)
    with pytest.raises(UsageError, match="snapshot-dir"):
        save_compact(tmp_path, state_after(5))
    assert not list(tmp_path.iterdir())
    monkeypatch.undo()
    check_size(6_000_000, with_start=True)
    check_size(7_500_000)
    with pytest.raises(UsageError, match="snapshot-dir"):
        check_size(7_500_000, with_start=True)
    with pytest.raises(UsageError, match="snapshot-dir"):
        check_size(25_000_000)
