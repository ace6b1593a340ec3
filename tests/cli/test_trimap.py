from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from tests.cli.running import invoke
from tests.imaging.test_grabcut import box_of, scene


@pytest.fixture
def mask(tmp_path: Path) -> Path:
    levels = np.zeros((40, 60), np.uint8)
    levels[10:30, 20:50] = 255
    path = tmp_path / "mask.png"
    Image.fromarray(levels).save(path)
    return path


def read(path: Path) -> np.ndarray:
    return np.asarray(Image.open(path))


def test_radii_outwards_and_inwards(mask: Path) -> None:
    result = invoke("trimap", mask, "--erode", 3, "--dilate", 5, "--json")
    assert result.exit_code == 0, result.output
    trimap = read(mask.with_name("mask_trimap.png"))
    assert (trimap == 255).sum() == 14 * 24
    assert trimap[20].tolist() == [0] * 15 + [128] * 8 + [255] * 24 + [128] * 8 + [0] * 5
    told = json.loads(result.stdout)
    assert told["foreground_share"] == pytest.approx(14 * 24 / 2400)


def test_box_with_preview(tmp_path: Path) -> None:
    image, truth = scene(1)
    photo = tmp_path / "photo.png"
    Image.fromarray(image).save(photo)
    box = ",".join(map(str, box_of(truth, 4)))
    result = invoke("trimap", photo, "--box", box, "-o", tmp_path / "t.png", "--preview")
    assert result.exit_code == 0, result.output
    trimap = read(tmp_path / "t.png")
    assert truth[trimap == 255].mean() > 0.99
    assert truth[trimap == 0].mean() < 0.01
    assert read(tmp_path / "t_preview.jpg").shape == image.shape


def test_a_folder_keeps_its_structure_and_names_the_broken(mask: Path, tmp_path: Path) -> None:
    folder = tmp_path / "in"
    (folder / "größe").mkdir(parents=True)
    mask.rename(folder / "größe/a.png")
    (folder / "broken.png").write_bytes(b"no picture")
    result = invoke("trimap", folder, "-o", tmp_path / "out", "--like", "dim", "--seed", 3)
    assert result.exit_code == 1
    assert "broken.png" in result.stderr
    assert "1 of 2 done" in result.stderr
    trimap = read(tmp_path / "out/größe/a.png")
    assert set(np.unique(trimap)) == {0, 128}  # every radius of the recipe takes this mask whole
    again = invoke("trimap", folder, "-o", tmp_path / "out", "--like", "dim", "--seed", 3)
    assert again.exit_code == 2
    assert "--overwrite" in again.stderr


def test_two_inputs_for_one_output(mask: Path, tmp_path: Path) -> None:
    folder = tmp_path / "in"
    folder.mkdir()
    for name in ("a.png", "a.bmp"):
        (folder / name).write_bytes(mask.read_bytes())
    result = invoke("trimap", folder, "-o", tmp_path / "out")
    assert result.exit_code == 2
    assert "a.bmp" in result.stderr
    assert "a.png" in result.stderr
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("--erode", "much"), "radius"),
        (("--box", "1,2,3"), "box"),
        (("--point", "1"), "point"),
        (("--like", "dim", "--distance", "3"), "exclude"),
        (("--thresholds", "0.9,0.1"), "order"),
        (("-o", "t.jpg"), "JPEG"),
        (("-o", "mask.png", "--overwrite"), "input"),
    ],
)
def test_wrong_usage(
    mask: Path, monkeypatch: pytest.MonkeyPatch, arguments: tuple[str, ...], said: str
) -> None:
    monkeypatch.chdir(mask.parent)
    result = invoke("trimap", mask.name, *arguments)
    assert result.exit_code == 2, result.output
    assert said in result.stderr
