"""Files that Python 2, GPUs and torch 0.1 wrote."""

from __future__ import annotations

import os
from collections import OrderedDict
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import Tensor

from indexnet_cli.checkpoints.reading import read_state_dict
from indexnet_cli.errors import CheckpointError
from tests.checkpoints.legacy_files import save_as_python2, save_as_tar

STATE = {"a.weight": torch.arange(6.0).reshape(2, 3), "a.bias": torch.ones(2)}


def assert_same(found: dict[str, Tensor]) -> None:
    assert list(found) == list(STATE)
    assert all(torch.equal(found[key], value) for key, value in STATE.items())


def test_python_2(tmp_path: Path) -> None:
    path = tmp_path / "old.pth"
    save_as_python2({"state_dict": STATE, "note": "Stück für Stück"}, path)
    assert "Stück".encode("latin1") in path.read_bytes()
    assert_same(read_state_dict(path))


@pytest.mark.parametrize("zipped", [True, False])
def test_from_a_gpu(tmp_path: Path, zipped: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "gpu.pth"
    with monkeypatch.context() as patched:
        patched.setattr(torch.serialization, "location_tag", lambda _storage: "cuda:3")
        torch.save({"state_dict": STATE}, path, _use_new_zipfile_serialization=zipped)
    assert b"cuda:3" in path.read_bytes()
    found = read_state_dict(path)
    assert_same(found)
    assert {tensor.device.type for tensor in found.values()} == {"cpu"}


def tar_of(path: Path, extra: Any = None) -> None:
    root = torch.arange(12.0)
    root[6:8] = 1
    weight, bias = root[:6].view(2, 3), root[6:8]
    state = OrderedDict([("module.a.weight", weight), ("module.a.bias", bias)])
    save_as_tar({"state_dict": state, "epoch": 3, "x": extra}, [weight, bias], path, root)


def test_tar(tmp_path: Path) -> None:
    path = tmp_path / "ancient.pth.tar"
    tar_of(path)
    assert_same(read_state_dict(path))


def test_tar_is_as_torch_reads_it(tmp_path: Path) -> None:
    """The file made here is one: torch's own reader, which trusts it, finds the same in it."""
    path = tmp_path / "ancient.pth.tar"
    tar_of(path)
    trusted = torch.load(path, weights_only=False)["state_dict"]
    assert_same({key.removeprefix("module."): value for key, value in trusted.items()})


class _Attack:
    def __init__(self, command: str) -> None:
        self.command = command

    def __reduce__(self) -> Any:
        return os.system, (self.command,)


def test_code_in_a_tar_is_refused(tmp_path: Path) -> None:
    path, trace = tmp_path / "evil.pth.tar", tmp_path / "ran"
    tar_of(path, _Attack(f"touch {trace}"))
    with pytest.raises(CheckpointError, match=r"would run code.*system"):
        read_state_dict(path)
    assert not trace.exists()


def test_a_truncated_tar(tmp_path: Path) -> None:
    path = tmp_path / "cut.pth.tar"
    tar_of(path)
    whole = path.read_bytes()
    path.write_bytes(whole[: whole.rindex(b"ustar") + 700])
    with pytest.raises(CheckpointError, match="damaged"):
        read_state_dict(path)


def test_a_web_page_is_called_one(tmp_path: Path) -> None:
    (tmp_path / "a.pth").write_text("<!doctype html><title>Sign in</title>")
    with pytest.raises(CheckpointError, match="is a web page"):
        read_state_dict(tmp_path / "a.pth")
