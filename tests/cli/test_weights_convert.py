"""``indexnet weights convert``."""

from __future__ import annotations

import json
from pathlib import Path

import torch
from safetensors.torch import load_file

from indexnet_cli.checkpoints.vgg16_to_dim import LAYERS
from tests.cli.running import invoke


def test_convert(tmp_path: Path) -> None:
    tensors = {"a": torch.arange(4.0), "b": torch.ones(2, 2)}
    shared = {f"module.{key}": value for key, value in tensors.items()}
    shared["module.alias"] = shared["module.b"].t()
    torch.save({"state_dict": shared, "epoch": 1}, tmp_path / "in.pth")
    out = tmp_path / "out.safetensors"
    result = invoke("weights", "convert", tmp_path / "in.pth", "-o", out, "--json")
    assert result.exit_code == 0, result.output
    assert json.loads(result.stdout)["values"] == 12
    found = load_file(out)
    assert sorted(found) == ["a", "alias", "b"]
    assert torch.equal(found["a"], tensors["a"])
    assert invoke("weights", "convert", tmp_path / "in.pth", "-o", out).exit_code == 2
    assert invoke("weights", "convert", tmp_path / "in.pth", "-o", "x.pth").exit_code == 2


def vgg16(skip: int | None = None) -> dict[str, torch.Tensor]:
    state = {"classifier.0.weight": torch.ones(3, 3)}
    for number, position in enumerate(LAYERS):
        if position != skip:
            planes = 3 if position == 0 else 2
            state[f"features.{position}.weight"] = torch.full((2, planes, 3, 3), number + 1.0)
            state[f"features.{position}.bias"] = torch.full((2,), float(number))
    return state


def test_convert_to_dim(tmp_path: Path) -> None:
    torch.save(vgg16(), tmp_path / "vgg16.pth")
    out = tmp_path / "dim.safetensors"
    result = invoke("weights", "convert", tmp_path / "vgg16.pth", "--to", "dim", "-o", out)
    assert result.exit_code == 0, result.output
    found = load_file(out)
    assert len(found) == 26
    assert found["conv1_1.weight"].shape == (2, 4, 3, 3)
    assert (found["conv1_1.weight"][:, :3] == 1).all()
    assert (found["conv1_1.weight"][:, 3] == 0).all()
    assert (found["conv5_3.weight"] == 13).all()
    assert (found["conv5_3.bias"] == 12).all()


def test_only_vgg16_becomes_dim(tmp_path: Path) -> None:
    torch.save(vgg16(skip=28), tmp_path / "other.pth")
    out = tmp_path / "dim.safetensors"
    result = invoke("weights", "convert", tmp_path / "other.pth", "--to", "dim", "-o", out)
    assert result.exit_code == 4
    assert "features.28 is no convolution" in result.stderr
    assert not out.exists()
