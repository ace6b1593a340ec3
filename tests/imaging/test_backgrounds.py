from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from indexnet_cli.errors import UsageError
from indexnet_cli.imaging.backgrounds import Background, blur_behind, parse_position
from indexnet_cli.imaging.placement import Placement
from tests.imaging.pictures import noise
from tests.imaging.test_tags import SWAPPED

PHOTO = noise(20, 30, 3)
NOTHING = np.zeros((20, 30), np.float32)


def render(background: Background, dtype: type = np.uint8, profile: bytes | None = None):
    return background.render(PHOTO.astype(dtype), NOTHING, (20, 30), profile)


@pytest.mark.parametrize(
    ("text", "colour"),
    [("white", [255] * 3), ("#0a0", [0, 170, 0]), ("rgb(1,2,3)", [1, 2, 3])],
)
def test_colours(text: str, colour: list[int]) -> None:
    assert (render(Background.parse(text)) == colour).all()
    deep = render(Background.parse(text), np.uint16)
    assert deep.dtype == np.uint16
    assert (deep == np.array(colour) * 257).all()


def test_colours_are_converted_to_the_photographs_profile() -> None:
    swapped = render(Background.parse("#c02020"), profile=SWAPPED)[0, 0]
    assert swapped[1] > 150 > swapped[0]


@pytest.mark.parametrize("text", ["nowhere.jpg", "", "blur:wide"])
def test_no_background(text: str) -> None:
    with pytest.raises(UsageError):
        Background.parse(text)
    with pytest.raises(UsageError, match="position"):
        parse_position("150,0")


@pytest.fixture
def halves(tmp_path: Path) -> str:
    """A wide picture: left red, right blue."""
    pixels = np.zeros((10, 40, 3), np.uint8)
    pixels[:, :20, 0] = pixels[:, 20:, 2] = 255
    Image.fromarray(pixels).save(tmp_path / "halves.png")
    return str(tmp_path / "halves.png")


def test_fill_crops_where_it_is_told(halves: str) -> None:
    middle = render(Background.parse(halves))
    assert middle.shape == (20, 30, 3)
    assert middle[5, 2].tolist() == [255, 0, 0]
    assert middle[5, 27].tolist() == [0, 0, 255]
    left = render(Background.parse(halves, position="left"))
    assert (left == [255, 0, 0]).mean() > 0.9


def test_stretch_and_fit(halves: str) -> None:
    stretched = render(Background.parse(halves, fit="stretch"))
    assert stretched[0, 0].tolist() == [255, 0, 0]
    assert stretched[19, 29].tolist() == [0, 0, 255]
    bars = render(Background.parse(halves, fit="fit", position="bottom"))
    assert (bars[:12] == 0).all()
    assert bars[19, 0].tolist() == [255, 0, 0]


def test_the_subject_does_not_bleed_into_the_blur() -> None:
    image = np.full((40, 60, 3), 0.2, np.float32)
    alpha = np.zeros((40, 60), np.float32)
    alpha[10:, 15:45] = 1
    image[alpha == 1] = 1
    for radius in (1.0, 9.0, 40.0):
        np.testing.assert_allclose(blur_behind(image, alpha, radius), 0.2, atol=0.01)
    assert np.isfinite(blur_behind(image, np.ones_like(alpha), 5.0)).all()


def test_placement() -> None:
    front = noise(9, 11, 3).astype(np.float32) / 255
    alpha = np.ones((9, 11), np.float32)
    assert Placement().apply(front, alpha, (9, 11))[0] is front
    colours, visible = Placement(position=(0.25, 0.5)).apply(front, alpha, (9, 44))
    np.testing.assert_array_equal(visible[:, 6:17], 1)
    np.testing.assert_allclose(colours[:, 6:17], front, atol=1e-6)
    assert visible.sum() == 99
    turned, _ = Placement(degrees=90).apply(front, alpha, (11, 9))
    np.testing.assert_allclose(turned, np.rot90(front), atol=1e-6)
    _, small = Placement(scale=0.5).apply(front, alpha, (9, 11))
    assert small.sum() == pytest.approx(24, abs=6)


def test_what_is_invisible_does_not_tint_a_scaled_edge() -> None:
    front = np.zeros((16, 16, 3), np.float32)
    front[:, 7:] = 1  # the subject is white, what is cut away black
    alpha = np.zeros((16, 16), np.float32)
    alpha[:, 7:] = 1
    for placement in (Placement(scale=0.5), Placement(scale=1.7, degrees=10)):
        colours, visible = placement.apply(front, alpha, (24, 24))
        assert colours[visible > 0.01].min() > 0.99
