"""Trimaps are those of the published loaders, pixel for pixel."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from indexnet_cli.errors import UsageError
from indexnet_cli.imaging.trimap_recipes import (
    RECIPES,
    aimnet_trimap,
    aimnet_usr,
    dim_trimap,
    indexnet_trimap,
    mmagic_trimap,
    recipe_trimap,
)
from indexnet_cli.imaging.trimap_style import Radius, TrimapStyle

GOLDEN = np.load(Path(__file__).parents[1] / "golden/trimaps.npz")


@pytest.mark.parametrize("distance", [1, 2, 5, 12, 19])
def test_indexnet(distance: int) -> None:
    expected = GOLDEN[f"official_dist{distance}"]
    np.testing.assert_array_equal(indexnet_trimap(GOLDEN["alpha"], distance), expected)


@pytest.mark.parametrize(("erode", "dilate"), [(1, 1), (3, 8), (10, 4), (29, 29)])
def test_mmagic(erode: int, dilate: int) -> None:
    expected = GOLDEN[f"mmagic_ellipse_erode{erode}_dilate{dilate}"]
    np.testing.assert_array_equal(mmagic_trimap(GOLDEN["alpha"], erode, dilate), expected)


@pytest.mark.parametrize("size", [2, 3, 4])
@pytest.mark.parametrize("iterations", [5, 9, 14])
def test_dim(size: int, iterations: int) -> None:
    expected = GOLDEN[f"dim_k{size}_it{iterations}"]
    np.testing.assert_array_equal(dim_trimap(GOLDEN["dim_alpha"], size, iterations), expected)


@pytest.mark.parametrize("size", [10, 20, 30])
def test_aimnet(size: int) -> None:
    np.testing.assert_array_equal(aimnet_trimap(GOLDEN["dim_alpha"], size), GOLDEN[f"aim_k{size}"])


@pytest.mark.parametrize("size", [10, 20, 30])
@pytest.mark.parametrize("kind", ["STM", "NS"])
def test_unified_semantic_representation(kind: str, size: int) -> None:
    alpha = GOLDEN["dim_alpha"]
    np.testing.assert_array_equal(aimnet_usr(alpha, kind, size), GOLDEN[f"aim_usr_{kind}_k{size}"])
    np.testing.assert_array_equal(aimnet_usr(alpha, "SO", size), aimnet_trimap(alpha, size))


def test_draws_cover_the_recipes_ranges() -> None:
    alpha = GOLDEN["alpha"]
    drawn = {
        recipe_trimap("indexnet", alpha, np.random.default_rng(seed)).tobytes()
        for seed in range(300)
    }
    possible = {indexnet_trimap(alpha, d).tobytes() for d in range(1, 20)}
    assert drawn == possible


@pytest.mark.parametrize("recipe", RECIPES)
def test_a_picture_has_its_trimap_whatever_lies_beside_it(recipe: str) -> None:
    alpha = GOLDEN["alpha"] / np.float32(255)
    style = TrimapStyle(recipe=recipe, seed=5)
    np.testing.assert_array_equal(style.make(alpha, "cat"), style.make(alpha, "cat"))
    if recipe != "aimnet":
        others = [style.make(alpha, name).tobytes() for name in "abcdef"]
        assert len(set(others)) > 1


def test_radius() -> None:
    assert Radius.parse("12").pixels((50, 80)) == 12
    assert Radius.parse("2.5px").pixels((50, 80)) == 2.5
    assert Radius.parse("10%").pixels((50, 80)) == 5
    assert Radius.parse("0.1%").pixels((50, 80)) == 1
    assert Radius.parse("0%").pixels((50, 80)) == 0
    for text in ("-1", "abc", "100%", "nan", ""):
        with pytest.raises(UsageError, match="radius"):
            Radius.parse(text)


def test_ellipse_and_thresholds() -> None:
    alpha = np.zeros((41, 41), np.float32)
    alpha[20, 20] = 1
    trimap = TrimapStyle(erode=Radius(0), dilate=Radius(9), shape="ellipse").make(alpha)
    import cv2

    kernel = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (19, 19))
    assert (trimap != 0).sum() == kernel.sum()
    assert trimap[20, 20] == 255
    noisy = np.full((9, 9), 0.04, np.float32)
    assert (TrimapStyle(thresholds=(0.05, 0.95)).make(noisy) == 0).all()
    assert (TrimapStyle().make(noisy) == 128).all()
    with pytest.raises(UsageError, match="thresholds"):
        TrimapStyle(thresholds=(0.9, 0.1))


def test_distance_uses_the_thresholds() -> None:
    alpha = np.tile(np.linspace(0, 1, 60, dtype=np.float32), (20, 1))
    wide = TrimapStyle(distance=2).make(alpha)
    narrow = TrimapStyle(distance=2, thresholds=(0.3, 0.7)).make(alpha)
    assert (narrow == 128).sum() < (wide == 128).sum()
