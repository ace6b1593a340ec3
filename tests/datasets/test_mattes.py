"""Every kind of matte draws alphas that training can use."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from indexnet_cli.datasets.mattes import KINDS, basket, meshes, tangle, vessel
from indexnet_cli.datasets.mattes.revolution import Shape, radius_at
from indexnet_cli.datasets.pack import RENDERED, Pack, PackPart
from indexnet_cli.datasets.trimaps import fractional_pixels


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("size", [64, 150])
def test_draws_an_alpha(kind: str, size: int, pack: Pack) -> None:
    soft = 0
    for seed in range(6):
        rng = np.random.default_rng([seed, size])
        part = (PackPart(pack, "train"),) if KINDS[kind].folder else ()
        alpha, colours, pieces = KINDS[kind].draw(rng, size, *part)
        assert colours is None or (colours.shape, colours.dtype) == ((size, size, 3), np.uint8)
        assert pieces is None or (pieces.shape, pieces.dtype) == ((size, size), np.uint8)
        assert alpha.shape == (size, size)
        assert alpha.dtype == np.float32
        assert np.isfinite(alpha).all()
        assert alpha.min() >= 0
        assert alpha.max() <= 1
        soft += int(fractional_pixels(alpha).sum())
    assert soft > 6 * size


def test_shares_sum_to_one() -> None:
    shares = [kind.weight for kind in KINDS.values() if kind.folder != RENDERED]
    assert sum(shares) == pytest.approx(1)


@pytest.mark.parametrize("kind", ["hair", "leaves_branches"])
def test_strands_and_leaves_are_pieces(kind: str) -> None:
    alpha, _, pieces = KINDS[kind].draw(np.random.default_rng(1), 128)
    assert pieces is not None
    assert len(np.unique(pieces)) > 10
    # A piece lies where something is drawn: at most its border is outside.
    assert (alpha[pieces > 0] > 0).mean() > 0.8


def test_tangles_are_soft_nearly_everywhere_and_have_no_body() -> None:
    soft, solid = [], []
    for seed in range(12):
        matte = tangle.draw(np.random.default_rng(seed), 128)
        assert matte.pieces is not None
        soft.append(np.mean(fractional_pixels(matte.alpha)))
        solid.append(np.mean(matte.alpha > 0.98))
    assert np.median(soft) > 0.4
    assert np.median(solid) < 0.2


@pytest.mark.parametrize("maker", meshes.MAKERS)
def test_meshes_have_threads_and_gaps(maker: meshes.Maker) -> None:
    across, down = np.meshgrid(*[np.arange(-64, 64, dtype=np.float32)] * 2)
    mesh = maker(np.random.default_rng(4), across, down, 12.0, 3.0)
    assert (mesh.shape, mesh.dtype) == ((128, 128), np.float32)
    assert (mesh.min(), mesh.max()) == (0, 1)
    assert 0.1 < mesh.mean() < 0.9


def test_cords_hang_side_by_side() -> None:
    across, down = np.meshgrid(*[np.arange(-64, 64, dtype=np.float32)] * 2)
    mesh = meshes.cords(np.random.default_rng(4), across, down, 12.0, 3.0)
    crossed = np.abs(np.diff(mesh > 0.5, axis=1)).sum(axis=1)
    along = np.abs(np.diff(mesh > 0.5, axis=0)).sum(axis=0)
    assert crossed.mean() > 3 * along.mean()
    assert crossed.min() > 4


def test_baskets_have_gaps_between_solid_threads_and_colours_of_their_own() -> None:
    gaps, solid = [], []
    for seed in range(12):
        matte = basket.draw(np.random.default_rng(seed), 128)
        assert matte.colours is not None
        drawn = cv2.morphologyEx(
            (matte.alpha > 0.5).astype(np.uint8), cv2.MORPH_CLOSE, np.ones((9, 9))
        )
        gaps.append(np.mean(matte.alpha[drawn > 0] < 0.2))
        solid.append(np.mean(matte.alpha[drawn > 0] > 0.9))
    assert np.median(gaps) > 0.05
    assert np.median(solid) > 0.2


def test_threads_of_a_basket_draw_together_where_one_looks_along_the_wall() -> None:
    middle, beside = [], []
    for seed in range(24):
        shape = Shape.drawn(np.random.default_rng(seed), 512, ("tumbler",))
        near, far = basket.walls(np.random.default_rng(seed), shape)
        assert near.shape == far.shape == (256, 256)
        crossed = np.abs(np.diff((near > 0.5).astype(np.int8), axis=1))
        across = np.abs(shape.across[::2, 2::2])
        inside = shape.inside[::2, 2::2] == 1
        middle.extend(crossed[inside & (across < 0.4)])
        beside.extend(crossed[inside & (across > 0.7) & (across < 0.9)])
    assert np.mean(beside) > 1.2 * np.mean(middle)


def test_vessels_are_seen_through_and_have_light_of_their_own() -> None:
    clear, shining = [], 0
    for seed in range(12):
        matte = vessel.draw(np.random.default_rng(seed), 128)
        assert matte.colours is not None
        glass = (matte.alpha > 0.02) & (matte.alpha < 0.98)
        clear.append(np.median(matte.alpha[glass]))
        bright = matte.colours.min(axis=2) > 150
        shining += int(np.count_nonzero(bright & (matte.alpha > 0.3) & glass))
    assert np.median(clear) < 0.4
    assert shining > 12 * 20


def test_a_circle_around_the_axis_is_an_ellipse_of_the_radius_there() -> None:
    shape = Shape.drawn(np.random.default_rng(3), 256)
    line = shape.ring(0.5, 2.0) > 0.5
    assert line.any()
    reach = np.abs(shape.side[line]).max()
    assert reach <= radius_at(shape.profile, 0.5) * shape.height + 2
    # Further up and down than its own opening there is nothing of it.
    assert np.abs(shape.along[line] - 0.5).max() * shape.height <= reach * shape.tilt + 3
