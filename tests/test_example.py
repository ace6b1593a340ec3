from __future__ import annotations

from pathlib import Path

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
