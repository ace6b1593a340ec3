"""Weights whose batch norm statistics fp16 cannot hold are written as the same function."""

from __future__ import annotations

from pathlib import Path

import torch
from safetensors.torch import load_file
from torch import nn

from indexnet_cli.training.half_range import scale_into_half_range
from indexnet_cli.training.snapshots import export_weights


def _network(variance: float) -> nn.Sequential:
    torch.manual_seed(0)
    block = nn.Sequential(nn.Conv2d(3, 4, 3), nn.BatchNorm2d(4), nn.ReLU6())
    with torch.no_grad():
        block[0].weight.mul_(variance**0.5)
        block[1].running_var.fill_(variance)
        block[1].running_mean.normal_(0, variance**0.5)
    return nn.Sequential(block).eval()


def test_the_function_stays_and_fp16_holds_it(tmp_path: Path) -> None:
    network = _network(1.5e6)
    pictures = torch.randn(2, 3, 9, 9)
    expected = network(pictures)
    path = tmp_path / "weights.safetensors"
    export_weights(network.state_dict(), path)
    written = {key: value.float() for key, value in load_file(path).items()}
    assert max(float(value.abs().max()) for value in written.values()) < 65504
    network.load_state_dict(written, strict=False)
    assert torch.allclose(network(pictures), expected, atol=0.02)


def test_without_rounding_it_is_the_same_to_the_last_digits() -> None:
    network = _network(9e4)
    pictures = torch.randn(2, 3, 9, 9)
    expected = network(pictures)
    network.load_state_dict(scale_into_half_range(network.state_dict()))
    assert torch.allclose(network(pictures), expected, atol=1e-5)


def test_small_statistics_are_left_alone() -> None:
    state = _network(100.0).state_dict()
    assert all(scale_into_half_range(state)[key] is value for key, value in state.items())
