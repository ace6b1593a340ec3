"""Blur: what a lens does to a point."""

from __future__ import annotations

import numpy as np
import pytest

from indexnet_cli.datasets.noise import defocus, soft_blur


@pytest.mark.parametrize("radius", [0.7, 3.0, 5.9, 14.0])
def test_a_point_becomes_a_disc_of_the_same_light(radius: float) -> None:
    point = np.zeros((97, 97), np.float32)
    point[48, 48] = 1
    disc = defocus(point, radius)
    assert disc.sum() == pytest.approx(1, rel=0.05)
    rows, columns = np.nonzero(disc > 0.5 * disc.max())
    reach = max(np.ptp(rows), np.ptp(columns)) / 2
    assert reach == pytest.approx(radius, abs=max(1.0, 0.25 * radius))


def test_next_to_nothing_is_nothing() -> None:
    picture = np.random.default_rng(0).random((9, 9)).astype(np.float32)
    assert defocus(picture, 0.3) is picture
    assert soft_blur(picture, 0.1) is picture
