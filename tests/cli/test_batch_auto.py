"""``indexnet batch --auto``: no trimaps."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from tests.cli.running import invoke
from tests.golden.reading import read_arrays

GOLDEN = read_arrays("aimnet_path.npz")


@pytest.fixture
def photos(tmp_path: Path) -> Path:
    folder = tmp_path / "photos"
    (folder / "below").mkdir(parents=True)
    Image.fromarray(GOLDEN["rgb"]).save(folder / "a.png")
    Image.fromarray(GOLDEN["rgb"][:, ::-1].copy()).save(folder / "below" / "ü.png")
    return folder


def batch(photos: Path, weights: Path, *more: str | Path) -> list[dict]:
    result = invoke("batch", photos, "--auto", "--weights", weights, "--json", *more)
    assert result.exit_code == 0, result.output
    return [json.loads(line) for line in result.stdout.splitlines()]


def levels(path: Path) -> np.ndarray:
    return np.asarray(Image.open(path)).astype(int)


def test_every_picture_as_matte_would(photos: Path, aimnet_file: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    told = batch(photos, aimnet_file, "-o", out, "--save", "alpha,trimap")
    assert [one["status"] for one in told] == ["done", "done"]
    assert "trimap" not in told[0]
    alone = tmp_path / "alone.png"
    for name in ("a.png", "below/ü.png"):
        options = ("--auto", "--weights", aimnet_file, "--overwrite", "-o", alone)
        assert invoke("matte", photos / name, *options).exit_code == 0
        assert np.array_equal(levels(out / "alpha" / name), levels(alone))
        trimap = levels(out / "trimap" / name)
        assert one_share(trimap) == told[0 if name == "a.png" else 1]["unknown_share"]
    again = batch(photos, aimnet_file, "-o", out, "--save", "alpha,trimap")
    assert [one["status"] for one in again] == ["done before", "done before"]
    # Another strategy is other work.
    other = batch(
        photos, aimnet_file, "-o", out, "--save", "alpha,trimap", "--strategy", "hybrid-half"
    )
    assert [one["status"] for one in other] == ["done", "done"]


def one_share(trimap: np.ndarray) -> float:
    return round(float((trimap == 128).mean()), 6)


def test_refined(photos: Path, aimnet_file: Path, tmp_path: Path) -> None:
    out, alone = tmp_path / "out", tmp_path / "alone.png"
    (photos / "below" / "ü.png").unlink()
    batch(photos, aimnet_file, "-o", out, "--refine-with", "indexnet")
    options = ("--auto", "--weights", aimnet_file, "--refine-with", "indexnet", "-o", alone)
    assert invoke("matte", photos / "a.png", *options).exit_code == 0
    assert np.array_equal(levels(out / "a.png"), levels(alone))


def test_lists_and_leftover_trimaps(photos: Path, aimnet_file: Path, tmp_path: Path) -> None:
    Image.new("L", (32, 32)).save(photos / "a_trimap.png")
    listed = photos / "list.csv"
    listed.write_text("image\na.png\nbelow/ü.png,,there/b.png\n", encoding="utf-8")
    out = tmp_path / "out"
    assert len(batch(photos, aimnet_file, "-o", out)) == 2
    result = invoke("batch", listed, "--auto", "--weights", aimnet_file, "-o", tmp_path / "o2")
    assert result.exit_code == 0, result.output
    assert (tmp_path / "o2" / "there" / "b.png").is_file()
    listed.write_text("a.png,trimap.png\n", encoding="utf-8")
    result = invoke("batch", listed, "--auto", "--weights", aimnet_file, "-o", tmp_path / "o2")
    assert result.exit_code == 3
    assert "line 1" in result.stderr


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        ([".", "tri", "--auto"], 2, "Both"),
        ([".", "--mask-dir", "tri", "--auto"], 2, "Both"),
        ([".", "--strategy", "resize"], 2, "--auto"),
        ([".", "--auto", "--model", "indexnet"], 2, "needs a trimap"),
        ([".", "--auto"], 4, "aimnet.update"),
    ],
)
def test_what_does_not_go_together(
    photos: Path, monkeypatch: pytest.MonkeyPatch, arguments: list[str], code: int, said: str
) -> None:
    monkeypatch.chdir(photos)
    result = invoke("batch", *arguments, "-o", "../out")
    assert result.exit_code == code, result.output
    assert said in result.stderr
