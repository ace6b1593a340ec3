"""Random trimaps never call a soft pixel known."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from indexnet_cli.datasets.trimaps import (
    STYLES,
    fractional_pixels,
    random_trimap,
    short_of_the_edge,
)


def _soft_disc(size: int = 96, sigma: float = 2.0) -> np.ndarray:
    alpha = np.zeros((size, size), np.float32)
    cv2.circle(alpha, (size // 2, size // 2), size // 4, 1.0, -1)
    return np.clip(cv2.GaussianBlur(alpha, (0, 0), sigma), 0, 1)


@pytest.mark.parametrize("style", STYLES)
@pytest.mark.parametrize("sigma", [0.01, 2.0])
def test_known_pixels_have_their_label(style: str, sigma: float) -> None:
    alpha = _soft_disc(sigma=sigma)
    for seed in range(8):
        trimap = random_trimap(np.random.default_rng(seed), alpha, style)
        assert trimap.dtype == np.uint8
        assert set(np.unique(trimap)) <= {0, 128, 255}
        assert (trimap == 128).any()
        assert alpha[trimap == 255].min(initial=1) >= 254.5 / 255 - 1e-6
        assert alpha[trimap == 0].max(initial=0) <= 0.5 / 255 + 1e-6


def test_published_style_is_a_distance() -> None:
    alpha = np.zeros((160, 160), np.float32)
    alpha[:, 80] = 0.5
    alpha[:, 81:] = 1
    trimap = random_trimap(np.random.default_rng(3), alpha, "published")
    widths = (trimap == 128).sum(axis=1)
    assert len(set(widths.tolist())) == 1
    assert 3 <= widths[0] <= 39


def test_missing_foreground() -> None:
    trimap = random_trimap(np.random.default_rng(0), _soft_disc(), "no_foreground")
    assert not (trimap == 255).any()
    assert (trimap == 0).any()


def test_short_of_the_edge_is_strips_along_all_sides() -> None:
    whole = np.full((200, 120), 255, np.uint8)
    trimap = short_of_the_edge(np.random.default_rng(0), whole)
    assert (whole == 255).all()
    assert (trimap[40:-40, 40:-40] == 255).all()
    for side in (trimap[0], trimap[-1], trimap[:, 0], trimap[:, -1]):
        assert (side == 128).mean() > 0.9
    assert 0.05 < (trimap == 128).mean() < 0.7


def test_fractional_pixels_are_those_of_the_8_bit_alpha() -> None:
    alpha = np.arange(256, dtype=np.float32)[None] / 255
    assert fractional_pixels(alpha).sum() == 254
