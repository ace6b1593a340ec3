"""What fuzzing found, kept for good."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch

from indexnet_cli.checkpoints import manifest
from indexnet_cli.checkpoints.downloading.google_drive import confirmed_address
from indexnet_cli.checkpoints.reading import read_state_dict
from indexnet_cli.errors import CheckpointError, InputError, UsageError
from indexnet_cli.training.recipe import load_recipe


def test_a_recipe_of_brackets(tmp_path: Path) -> None:
    path = tmp_path / "deep.toml"
    path.write_text("model = " + "[" * 3000)
    with pytest.raises(InputError, match=r"deep\.toml: not valid TOML"):
        load_recipe(str(path))


def test_a_manifest_of_brackets(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "manifest.json"
    path.write_text("[" * 100_000)
    monkeypatch.setattr(manifest, "manifest_path", lambda: path)
    with pytest.raises(CheckpointError, match="nested too deeply"):
        manifest.load_manifest.__wrapped__()


def test_a_number_beyond_all_numbers() -> None:
    with pytest.raises(UsageError, match="crop"):
        load_recipe("open", ["crop=" + "9" * 5000])


@pytest.mark.parametrize(
    "page",
    [
        '<form id="download-form" action="https://drive[[[.google.com/x">',
        "<![nothing that is known",
    ],
)
def test_a_page_of_drive_that_makes_no_sense(page: str) -> None:
    assert confirmed_address(page, "https://drive.google.com/uc") is None


def test_a_checkpoint_in_an_encoding_that_nobody_knows(tmp_path: Path) -> None:
    path = tmp_path / "odd.pth"
    torch.save({"curve": np.zeros(1)}, path, _use_new_zipfile_serialization=False)
    content = path.read_bytes()
    assert b"latin1" in content
    path.write_bytes(content.replace(b"latin1", b"hatin1"))
    with pytest.raises(CheckpointError, match=r"odd\.pth"):
        read_state_dict(path)
