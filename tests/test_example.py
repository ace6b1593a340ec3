from __future__ import annotations

import runpy
from pathlib import Path

import numpy as np

from indexnet_cli.imaging.reading import read_alpha, read_image, read_trimap

EXAMPLES = Path(__file__).parents[1] / "examples"


def test_the_example_is_consistent():
    image = read_image(EXAMPLES / "fluff.jpg").pixels
    trimap, summary = read_trimap(EXAMPLES / "fluff_trimap.png")
    truth = read_alpha(EXAMPLES / "fluff_truth.png")
    assert image.shape[:2] == trimap.shape == truth.shape == (600, 800)
    assert summary.snapped == 0
    assert (truth[trimap == 0] == 0).all()
    assert (truth[trimap == 255] == 1).all()


def test_the_pictures_of_the_training_tutorial_can_be_drawn(tmp_path: Path) -> None:
    main = runpy.run_path(str(EXAMPLES / "forty_pictures.py"))["main"]
    main(tmp_path, 4, 64)
    stems = ["feather-03", "fur-00", "hair-01", "leaves_branches-02"]
    assert sorted(path.stem for path in (tmp_path / "image").iterdir()) == stems
    for stem in stems:
        alpha = read_alpha(tmp_path / "alpha" / f"{stem}.png")
        assert read_image(tmp_path / "image" / f"{stem}.jpg").pixels.shape == (64, 64, 3)
        assert np.ptp(alpha) > 0.5
