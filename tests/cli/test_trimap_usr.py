from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from indexnet_cli.imaging.trimap_recipes import aimnet_usr
from tests.cli.running import invoke
from tests.datasets.scenes import disc, fill, names

KINDS = {"a0": "SO", "a1": "STM", "a2": "NS"}


@pytest.fixture
def masks(tmp_path: Path) -> Path:
    fill(tmp_path / "DIM/train", "mask", names(3), [disc(200, 200)] * 3)
    return tmp_path / "DIM/train/mask"


def write_types(folder: Path, content: object) -> Path:
    path = folder / "types.json"
    path.write_text(json.dumps(content))
    return path


@pytest.mark.parametrize(
    "content",
    [
        # another set has the same names with other types
        {"HATT": dict.fromkeys(KINDS, "NS"), "DIM": {f"{n}.png": k for n, k in KINDS.items()}},
        {f"{name}.jpg": {"type": kind, "category": "toy"} for name, kind in KINDS.items()},
        KINDS,
    ],
    ids=["AIM", "AIM-500", "plain"],
)
def test_folder(masks: Path, tmp_path: Path, content: object) -> None:
    out = tmp_path / "usr"
    types = write_types(tmp_path, content)
    result = invoke("trimap", masks, "-o", out, "--usr", "--types", types)
    assert result.exit_code == 0, result.output
    for name, kind in KINDS.items():
        made = np.asarray(Image.open(out / f"{name}.png"))
        np.testing.assert_array_equal(made, aimnet_usr(disc(200, 200), kind))
    assert {255} <= set(np.unique(Image.open(out / "a0.png")))
    assert set(np.unique(Image.open(out / "a1.png"))) == {0, 128}
    assert set(np.unique(Image.open(out / "a2.png"))) == {128}


def test_one_without_a_type(masks: Path, tmp_path: Path) -> None:
    types = write_types(tmp_path, {"a0.png": "SO", "a2.png": "NS"})
    result = invoke("trimap", masks, "-o", tmp_path / "usr", "--usr", "--types", types)
    assert result.exit_code == 1
    assert "a1.png: the list has no type for it" in result.stderr
    assert (tmp_path / "usr/a2.png").is_file()


def test_sets_that_disagree(masks: Path, tmp_path: Path) -> None:
    mask = masks.rename(tmp_path / "elsewhere") / "a0.png"
    types = write_types(tmp_path, {"DIM": {"a0.png": "SO"}, "HATT": {"a0.png": "NS"}})
    result = invoke("trimap", mask, "-o", tmp_path / "o.png", "--usr", "--types", types)
    assert result.exit_code == 3
    assert "several types" in result.stderr


def test_wrong_usage(masks: Path, tmp_path: Path) -> None:
    types = write_types(tmp_path, KINDS)
    mask = masks / "a0.png"
    assert invoke("trimap", mask, "--usr").exit_code == 2
    assert invoke("trimap", mask, "--types", types).exit_code == 2
    assert invoke("trimap", mask, "--usr", "--types", types, "--like", "dim").exit_code == 2
    wrong = write_types(tmp_path, {"a0": "SOLID"})
    result = invoke("trimap", mask, "--usr", "--types", wrong)
    assert (result.exit_code, "SOLID" in result.stderr) == (3, True)
