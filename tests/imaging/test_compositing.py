from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from indexnet_cli.imaging.compositing import (
    checkerboard,
    composite,
    cutout,
)
from indexnet_cli.imaging.foreground import estimate_foreground
from tests.imaging.pictures import noise


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16])
def test_composite_is_exact_where_alpha_is_known(dtype: type) -> None:
    front, back = noise(5, 6, 3, dtype=dtype), noise(5, 6, 3, dtype=dtype, seed=1)
    np.testing.assert_array_equal(composite(front, back, np.ones((5, 6))), front)
    np.testing.assert_array_equal(composite(front, back, np.zeros((5, 6))), back)


def test_composite_mixes_and_takes_a_colour() -> None:
    white = np.full((2, 3, 3), 255, np.uint8)
    mixed = composite(white, np.array([0, 255, 0], np.uint8), np.full((2, 3), 0.5))
    assert mixed[0, 0].tolist() == [128, 255, 128]
    with pytest.raises(ValueError, match="differ"):
        composite(white, white[:1], np.ones((2, 3)))
    with pytest.raises(ValueError, match="differ"):
        composite(white, white, np.ones((3, 2)))


def test_checkerboard() -> None:
    board = checkerboard(5, 7, cell=2)
    assert board.shape == (5, 7, 3)
    assert board[0, 0, 0] == board[1, 1, 0] == board[2, 2, 0] == 255
    assert board[0, 2, 0] == board[2, 0, 0] == 204


def scene() -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """A smooth foreground over a smooth background through a wide soft edge."""
    rows, columns = np.mgrid[:80, :120].astype(np.float32)
    front = np.dstack([0.9 - rows / 200, 0.2 + columns / 400, np.full_like(rows, 0.1)])
    back = np.dstack([np.full_like(rows, 0.1), 0.3 + rows / 300, 0.9 - columns / 300])
    alpha = np.clip((columns - 40) / 40, 0, 1).astype(np.float32)
    return front.astype(np.float32), back.astype(np.float32), alpha


def test_estimated_foreground_is_near_the_true_one() -> None:
    front, back, alpha = scene()
    image = composite(front, back, alpha)
    estimate = estimate_foreground(image, alpha)
    assert estimate.dtype == np.float32
    weight = alpha[..., None]
    error = np.abs(estimate - front) * weight
    assert error.mean() < 0.1 * (np.abs(image - front) * weight).mean() + 0.005
    np.testing.assert_array_equal(estimate[alpha == 1], image[alpha == 1])
    # Composited onto its old background again, it gives the picture back.
    again = composite(estimate, back, alpha)
    assert np.abs(again - image).mean() < 0.01


def test_estimated_foreground_takes_integers_and_tiny_pictures() -> None:
    image = noise(1, 2, 3)
    estimate = estimate_foreground(image, np.array([[1.0, 0.0]], np.float32))
    assert estimate.shape == (1, 2, 3)
    np.testing.assert_allclose(estimate[0, 0], image[0, 0] / 255, atol=1e-6)
    assert np.isfinite(estimate_foreground(image, np.zeros((1, 2)))).all()
    with pytest.raises(ValueError, match="differ"):
        estimate_foreground(image, np.zeros((2, 2)))


def test_cutout() -> None:
    front, back, alpha = scene()
    image = composite((front * 255).astype(np.uint8), back, alpha)
    cut = cutout(image, alpha)
    assert cut.dtype == np.uint8
    assert cut.shape == (80, 120, 4)
    np.testing.assert_array_equal(cut[..., 3], np.rint(alpha * 255))
    np.testing.assert_array_equal(cut[alpha == 1][:, :3], image[alpha == 1])
    given = cutout(image, alpha, foreground=front)
    np.testing.assert_array_equal(given[alpha > 0][:, :3], np.rint(front * 255)[alpha > 0])
    assert (given[alpha == 0][:, :3] == 0).all(axis=1).any()
    deep = cutout(image.astype(np.uint16) * 257, alpha)
    assert deep.dtype == np.uint16
    np.testing.assert_allclose(deep[..., :3] / 257, cut[..., :3], atol=0.51)


def test_linear_light() -> None:
    white, black = np.full((1, 1, 3), 255, np.uint8), np.zeros(3, np.uint8)
    half = np.full((1, 1), 0.5)
    # Half the light of white is sRGB level 188 (IEC 61966-2-1).
    assert composite(white, black, half, linear=True).tolist() == [[[188] * 3]]
    assert composite(white, black, half).tolist() == [[[128] * 3]]
    colours = noise(9, 9, 3, dtype=np.uint16)
    same = composite(colours, black, np.ones((9, 9)), linear=True)
    np.testing.assert_allclose(same.astype(int), colours, atol=1)


RAMP = np.linspace(0, 1, 12, dtype=np.float32).reshape(3, 4)


def plain(value: float) -> np.ndarray:
    return np.full((3, 4, 3), value, np.float32)


@pytest.mark.parametrize("linear", [False, True])
def test_ends_of_a_ramp_are_the_layers(linear: bool) -> None:
    mixed = composite(plain(0.8), plain(0.1), RAMP, linear=linear)
    assert mixed.dtype == np.float32
    np.testing.assert_allclose(mixed[0, 0], 0.1, atol=1e-6)
    np.testing.assert_allclose(mixed[-1, -1], 0.8, atol=1e-6)


def test_values_are_mixed_by_default() -> None:
    mixed = composite(plain(0.8), plain(0.1), RAMP)
    np.testing.assert_allclose(mixed[..., 1], 0.1 + 0.7 * RAMP, atol=1e-6)


def test_light_adds_up() -> None:
    def light(value: Any) -> Any:
        return ((value + 0.055) / 1.055) ** 2.4

    mixed = composite(plain(0.8), plain(0.1), RAMP, linear=True)[..., 2].astype(np.float64)
    np.testing.assert_allclose(light(mixed), RAMP * light(0.8) + (1 - RAMP) * light(0.1), atol=1e-5)


def test_in_light_bright_strands_look_more_opaque_than_they_are_and_dark_ones_less() -> None:
    half = np.full((3, 4), 0.5, np.float32)
    assert composite(plain(1.0), plain(0.0), half, linear=True).min() > 0.7  # white over black
    assert composite(plain(0.0), plain(1.0), half, linear=True).min() > 0.7  # black over white


def test_error_of_foreground_colours_stays_as_small() -> None:
    """A ratchet (0.147 today) against naive cut-outs, over a wide soft edge with grain."""
    front, back, alpha = scene()
    grain = np.random.default_rng(1).normal(0, 0.02, front.shape).astype(np.float32)
    front = np.clip(front + grain, 0, 1)
    image = composite(front, back, alpha)
    weight = alpha[..., None]
    naive = np.abs((image - front) * weight).mean()
    assert np.abs((estimate_foreground(image, alpha) - front) * weight).mean() < 0.15 * naive
