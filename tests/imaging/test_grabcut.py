"""GrabCut finds generated subjects, with a floor on the intersection over union."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest

from indexnet_cli.errors import InputError
from indexnet_cli.imaging.grabcut import mask_from_box, mask_from_points
from indexnet_cli.imaging.reading import read_alpha, read_image

EXAMPLES = Path(__file__).parents[2] / "examples"


def scene(seed: int) -> tuple[np.ndarray, np.ndarray]:
    """A blob with its own texture before another one: image HxWx3 uint8 and its mask."""
    rng = np.random.default_rng(seed)
    mask = np.zeros((120, 160), np.uint8)
    for _ in range(4):
        centre = (int(rng.integers(60, 100)), int(rng.integers(45, 75)))
        axes = (int(rng.integers(12, 34)), int(rng.integers(12, 34)))
        cv2.ellipse(mask, centre, axes, float(rng.uniform(0, 180)), 0, 360, 1, -1)
    layers = []
    for base in ((150, 60, 50), (60, 110, 140)):
        field = cv2.GaussianBlur(rng.standard_normal((120, 160, 3)), (0, 0), 4) * 150
        layers.append(np.clip(np.array(base) + field, 0, 255))
    image = np.where(mask[..., None] > 0, layers[0], layers[1]).astype(np.uint8)
    return image, mask > 0


def iou(found: np.ndarray, truth: np.ndarray) -> float:
    return float((found & truth).sum() / (found | truth).sum())


def box_of(truth: np.ndarray, margin: int) -> tuple[int, int, int, int]:
    x, y, w, h = cv2.boundingRect(truth.astype(np.uint8))
    return x - margin, y - margin, w + 2 * margin, h + 2 * margin


@pytest.mark.parametrize("seed", range(5))
def test_box(seed: int) -> None:
    image, truth = scene(seed)
    mask = mask_from_box(image, box_of(truth, 4))
    assert set(np.unique(mask)) == {0, 255}
    assert iou(mask > 0, truth) > 0.9
    np.testing.assert_array_equal(mask, mask_from_box(image, box_of(truth, 4)))


@pytest.mark.parametrize("seed", range(3))
def test_point(seed: int) -> None:
    image, truth = scene(seed)
    y, x = np.argwhere(cv2.erode(truth.astype(np.uint8), np.ones((9, 9))))[0]
    assert iou(mask_from_points(image, [(int(x), int(y))]) > 0, truth) > 0.8


def test_the_example() -> None:
    image = read_image(EXAMPLES / "fluff.jpg").pixels
    truth = read_alpha(EXAMPLES / "fluff_truth.png") > 0.5
    assert iou(mask_from_box(image, box_of(truth, 8)) > 0, truth) > 0.85


def test_16_bits_give_the_same_mask() -> None:
    image, truth = scene(0)
    box = box_of(truth, 4)
    deep = image.astype(np.uint16) * 257
    np.testing.assert_array_equal(mask_from_box(deep, box), mask_from_box(image, box))


def test_boxes_and_points_that_hold_nothing() -> None:
    image, _ = scene(0)
    with pytest.raises(InputError, match="holds nothing"):
        mask_from_box(image, (500, 0, 10, 10))
    with pytest.raises(InputError, match="whole picture"):
        mask_from_box(image, (0, 0, 160, 120))
    with pytest.raises(InputError, match="outside"):
        mask_from_points(image, [(160, 0)])
    with pytest.raises(InputError, match="No subject"):
        mask_from_box(np.full((60, 60, 3), 90, np.uint8), (20, 20, 20, 20))
