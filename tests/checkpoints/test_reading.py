from __future__ import annotations

import os
import pickle
from argparse import Namespace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from safetensors.torch import save_file
from torch import Tensor, nn

from indexnet_cli.checkpoints.conversion import from_openmmlab, official_key
from indexnet_cli.checkpoints.reading import load_into, read_state_dict
from indexnet_cli.errors import CheckpointError
from tests.golden.reading import read_json

STATE = {"a.weight": torch.arange(6.0).reshape(2, 3), "a.bias": torch.ones(2)}


def assert_same(found: dict[str, Tensor]) -> None:
    assert list(found) == list(STATE)
    for key, value in STATE.items():
        assert torch.equal(found[key], value)


@pytest.mark.parametrize("zipped", [True, False])
@pytest.mark.parametrize(
    "document",
    [
        STATE,
        {"state_dict": STATE},
        {"state_dict": {f"module.{key}": value for key, value in STATE.items()}, "epoch": 3},
        {"state_dict": STATE, "meta": {"author": "someone"}, "args": Namespace(lr=0.1)},
        {"state_dict": STATE, "measure": {"sad": [np.float64(45.8), np.float32(1)]}},
        {"state_dict": STATE, "curve": np.arange(3.0), "order": np.arange(2)},
        {"state_dict": {f"_orig_mod.module.{key}": value for key, value in STATE.items()}},
        {"state_dict": {**STATE, "version": 3, "name": "net"}, "best_sad": 52.9},
    ],
    ids=[
        "bare",
        "wrapped",
        "parallel",
        "with-meta",
        "with-numpy-scalars",
        "with-numpy-arrays",
        "compiled",
        "with-extras",
    ],
)
def test_published_quirks_load(tmp_path: Path, document: Any, zipped: bool) -> None:
    path = tmp_path / "published.pth.tar"
    torch.save(document, path, _use_new_zipfile_serialization=zipped)
    assert_same(read_state_dict(path))


def test_safetensors(tmp_path: Path) -> None:
    save_file(STATE, tmp_path / "a.safetensors")
    found = read_state_dict(tmp_path / "a.safetensors")
    assert_same({key: found[key] for key in STATE})


class _Attack:
    def __init__(self, command: str) -> None:
        self.command = command

    def __reduce__(self) -> Any:
        return os.system, (self.command,)


@pytest.mark.parametrize("how", ["zipped", "legacy", "pickle"])
def test_code_is_refused_and_not_run(tmp_path: Path, how: str) -> None:
    path, trace = tmp_path / "evil.pth", tmp_path / "ran"
    document = {"state_dict": STATE, "extra": _Attack(f"touch {trace}")}
    if how == "pickle":
        path.write_bytes(pickle.dumps(document["extra"]))
    else:
        torch.save(document, path, _use_new_zipfile_serialization=how == "zipped")
    with pytest.raises(CheckpointError, match=r"(would run code.*system|could run code)"):
        read_state_dict(path)
    assert not trace.exists()


@pytest.mark.parametrize("name", ["a.pth", "a.safetensors"])
@pytest.mark.parametrize("content", [b"", b"<html>not found</html>", b"\x80\x02}q\x00", b"PK\3\4"])
def test_damaged_files(tmp_path: Path, name: str, content: bytes) -> None:
    (tmp_path / name).write_bytes(content)
    with pytest.raises(CheckpointError, match=name):
        read_state_dict(tmp_path / name)


def test_a_truncated_file(tmp_path: Path, weights_file: Path) -> None:
    whole = weights_file.read_bytes()
    (tmp_path / "cut.safetensors").write_bytes(whole[: len(whole) // 2])
    with pytest.raises(CheckpointError, match="damaged"):
        read_state_dict(tmp_path / "cut.safetensors")


@pytest.mark.parametrize("document", [{"epoch": 1}, [1, 2], {"state_dict": {}}])
def test_no_tensors(tmp_path: Path, document: Any) -> None:
    torch.save(document, tmp_path / "a.pth")
    with pytest.raises(CheckpointError, match="holds no"):
        read_state_dict(tmp_path / "a.pth")


def test_openmmlab_names() -> None:
    for official, other in read_json("indexnet_openmmlab_keys.json.gz"):
        assert official_key(other) == official
    assert from_openmmlab({"something.else": 1}) == {"something.else": 1}


def test_openmmlab_file(tmp_path: Path, seeded_network: nn.Module) -> None:
    state = seeded_network.state_dict()
    pairs = read_json("indexnet_openmmlab_keys.json.gz")
    theirs = {other: state[official] for official, other in pairs}
    torch.save({"meta": {}, "state_dict": theirs}, tmp_path / "a.pth")
    found = read_state_dict(tmp_path / "a.pth")
    assert set(found) == set(state)
    load_into(seeded_network, found, "a.pth")


def test_differences_are_named(seeded_network: nn.Module) -> None:
    state = dict(seeded_network.state_dict())
    del state["pred.1.weight"]
    state["pred.0.0.weight"] = torch.zeros(1, 2, 3, 3)
    state["extra.weight"] = torch.zeros(1)
    with pytest.raises(CheckpointError) as raised:
        load_into(seeded_network, state, "some.pth")
    for said in ("some.pth", "missing: pred.1.weight", "unknown: extra.weight", "(1, 2, 3, 3)"):
        assert said in raised.value.message


def test_counters_may_be_missing(seeded_network: nn.Module) -> None:
    state = {k: v for k, v in seeded_network.state_dict().items() if "num_batches" not in k}
    assert len(state) == 461
    load_into(seeded_network, state, "a.pth")
