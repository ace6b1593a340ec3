from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from tests.cli.running import invoke
from tests.imaging.pictures import deep_png, noise


@pytest.fixture
def pair(tmp_path: Path) -> tuple[Path, Path]:
    image, alpha = tmp_path / "photo.png", tmp_path / "photo_alpha.png"
    Image.fromarray(noise(20, 30, 3)).save(image)
    levels = np.zeros((20, 30), np.uint8)
    levels[5:15, 8:20] = 255
    levels[5:15, 20] = 128
    Image.fromarray(levels).save(alpha)
    return image, alpha


def read(path: Path) -> np.ndarray:
    return np.asarray(Image.open(path))


def test_colour(pair: tuple[Path, Path]) -> None:
    result = invoke("composite", *pair, "--background", "#0000ff", "--json")
    assert result.exit_code == 0, result.output
    out = Path(json.loads(result.stdout)["output"])
    assert out == pair[0].with_name("photo_composite.png")
    mixed, alpha = read(out), read(pair[1])
    np.testing.assert_array_equal(mixed[alpha == 255], read(pair[0])[alpha == 255])
    assert (mixed[alpha == 0] == [0, 0, 255]).all()


def test_transparent_keeps_16_bits(pair: tuple[Path, Path]) -> None:
    colours = noise(20, 30, 3, dtype=np.uint16)
    pair[0].write_bytes(deep_png(colours))
    out = pair[0].with_name("cut.tif")
    result = invoke("composite", *pair, "--background", "transparent", "-o", out, "--no-estimate")
    assert result.exit_code == 0, result.output
    from indexnet_cli.imaging.reading import read_samples

    cut = read_samples(out).values
    assert cut.dtype == np.uint16
    visible = cut[..., 3] > 0
    np.testing.assert_array_equal(cut[visible][:, :3], colours[visible])


def test_canvas_of_the_background(pair: tuple[Path, Path], tmp_path: Path) -> None:
    Image.new("RGB", (100, 80), "red").save(tmp_path / "wall.png")
    out = tmp_path / "o.png"
    result = invoke(
        "composite", *pair, "--background", tmp_path / "wall.png", "--canvas", "background",
        "--position", "20,25", "-o", out,
    )  # fmt: skip
    assert result.exit_code == 0, result.output
    mixed = read(out)
    assert mixed.shape == (80, 100, 3)
    np.testing.assert_array_equal(mixed[15:25, 13:25], read(pair[0])[5:15, 8:20])
    assert (mixed[40:] == [255, 0, 0]).all()


def test_folders(pair: tuple[Path, Path], tmp_path: Path) -> None:
    images, mattes = tmp_path / "in", tmp_path / "mattes"
    (images / "sub").mkdir(parents=True)
    (mattes / "sub").mkdir(parents=True)
    pair[0].rename(images / "sub/photo.png")
    pair[1].rename(mattes / "sub/photo.png")
    Image.new("RGB", (4, 4)).save(images / "alone.png")
    command = ("composite", images, mattes, "--background", "white", "-o", tmp_path / "out")
    result = invoke(*command)
    assert result.exit_code == 1
    assert "alone.png: it has no matte" in result.stderr
    assert read(tmp_path / "out/sub/photo.png").shape == (20, 30, 3)


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (("--background", "nothing"), 2, "neither a file nor a colour"),
        (("--background", "white", "--canvas", "background"), 2, "picture"),
        (("--background", "white", "--scale", "0"), 2, "scale"),
        (("--background", "transparent", "-o", "x.jpg"), 2, "transparency"),
        (("--background", "white", "-o", "photo.png", "--overwrite"), 2, "input"),
    ],
)
def test_wrong_usage(
    pair: tuple[Path, Path],
    monkeypatch: pytest.MonkeyPatch,
    arguments: tuple[str, ...],
    code: int,
    said: str,
) -> None:
    monkeypatch.chdir(pair[0].parent)
    result = invoke("composite", "photo.png", "photo_alpha.png", *arguments)
    assert result.exit_code == code, result.output
    assert said in result.stderr


def test_different_sizes(pair: tuple[Path, Path]) -> None:
    Image.new("L", (3, 4)).save(pair[1])
    result = invoke("composite", *pair, "--background", "white")
    assert result.exit_code == 3
    assert "30 x 20" in result.stderr
