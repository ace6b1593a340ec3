"""Resampling against SciPy, which scikit-image hands it to."""

from __future__ import annotations

import numpy as np
import pytest

from indexnet_cli.engine.resampling import resample

SIZES = [
    ((67, 75), (32, 32)),
    ((32, 32), (67, 75)),
    ((20, 33), (8, 50)),
    ((1, 9), (3, 3)),
    ((7, 9), (1, 1)),
]


def as_scikit_image_does(values: np.ndarray, height: int, width: int) -> np.ndarray:
    ndimage = pytest.importorskip("scipy.ndimage")
    factors = np.divide(values.shape, (height, width))
    blurred = ndimage.gaussian_filter(values, np.maximum(0, (factors - 1) / 2), mode="mirror")
    zoomed = ndimage.zoom(blurred, 1 / factors, order=1, mode="mirror", grid_mode=True)
    return np.clip(zoomed, values.min(), values.max())


@pytest.mark.parametrize(("size", "wanted"), SIZES)
def test_the_newer_rule(size: tuple[int, int], wanted: tuple[int, int]) -> None:
    values = np.random.default_rng(0).random(size)
    expected = as_scikit_image_does(values, *wanted)
    np.testing.assert_allclose(resample(values, *wanted, antialias=True), expected, atol=1e-12)


def test_the_older_rule_sees_black_outside() -> None:
    enlarged = resample(np.array([[0.5, 1.0]]), 1, 4, antialias=False)
    # Places -0.25, 0.25, 0.75, 1.25 of two pixels with 0 on either side; not below their range.
    np.testing.assert_allclose(enlarged, [[0.5, 0.625, 0.875, 0.75]])


@pytest.mark.parametrize("antialias", [True, False])
def test_between_equal_values_nothing_is_rounded(antialias: bool) -> None:
    values = np.zeros((9, 11))
    values[3:7, 3:8] = 1
    inner = resample(values, 101, 97, antialias)[40:70, 35:60]
    assert (inner == 1).all()


def test_channels_are_resampled_alike() -> None:
    values = np.random.default_rng(1).random((12, 10, 3))
    found = resample(values, 5, 7, antialias=True)
    assert found.shape == (5, 7, 3)
    assert np.array_equal(found[:, :, 1], resample(values[:, :, 1], 5, 7, antialias=True))
