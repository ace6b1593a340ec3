"""Crops and compositions are those of the published loaders."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, cast

import numpy as np
import pytest

from indexnet_cli.datasets.composing import RULES, compose, fit_background
from indexnet_cli.datasets.sampling.indexnet import random_crop
from indexnet_cli.datasets.sampling.planes import Planes
from indexnet_cli.datasets.sampling.windows import dim_window, indexnet_window
from indexnet_cli.imaging.trimaps import UNKNOWN

GOLDEN = Path(__file__).parents[2] / "golden"
CROPS = json.loads((GOLDEN / "random_crops.json").read_text())
INDEXNET = [case for case in CROPS["indexnet"] if "error" not in case]
COMPOSITES = np.load(GOLDEN / "dim_composite.npz")


class Forced:
    """Random numbers that are always the first or the last possible."""

    def __init__(self, rule: str) -> None:
        self.last = rule == "last"
        self.counts: list[int] = []

    def integers(self, count: int) -> int:
        self.counts.append(count)
        return count - 1 if self.last else 0


def unknown_of(case: dict[str, Any]) -> np.ndarray:
    height, width = case["h"], case["w"]
    unknown = np.zeros((height, width), bool)
    if case["unknown"] == "inside":
        middle, centre = height // 2, width // 2
        unknown[middle - 5 : middle + 5, centre - 7 : centre + 7] = True
    else:
        unknown[:4, -5:] = True
    return unknown


def forced(rng: Forced) -> np.random.Generator:
    return cast(np.random.Generator, rng)


@pytest.mark.parametrize("case", INDEXNET, ids=lambda c: f"{c['h']}-{c['unknown']}-{c['rule']}")
def test_indexnet_crop(case: dict[str, Any]) -> None:
    unknown = unknown_of(case)
    rows, columns = np.indices(unknown.shape).astype(np.float32)
    planes = Planes(
        np.dstack([rows, columns]), rows, np.where(unknown, np.uint8(UNKNOWN), np.uint8(0))
    )
    rng = Forced(case["rule"])
    cropped = random_crop(planes, unknown, forced(rng), 320)
    assert rng.counts == [case["n_sizes"], case["n_candidates"]]
    assert list(cropped.size) == case["out"]
    np.testing.assert_allclose(cropped.image[0, 0], case["top_left_value"], atol=1e-4)


@pytest.mark.parametrize("unknown", ["inside", "nowhere"])
def test_where_the_published_crop_fails(unknown: str) -> None:
    """A picture of exactly the crop's height, and one without unknown pixels."""
    mask = np.zeros((320, 500), bool)
    mask[100:110, 200:210] = unknown == "inside"
    window = indexnet_window(np.random.default_rng(0), mask, [320, 480, 640])
    assert window.top == 0
    assert 0 <= window.left <= 180
    assert (window.height, window.width) == (320, 320)


@pytest.mark.parametrize("case", CROPS["dim"], ids=lambda c: f"{c['h']}x{c['w']}")
def test_dim_crop(case: dict[str, Any]) -> None:
    unknown = np.zeros((case["h"], case["w"]), bool)
    if case["unknown"] is not None:
        unknown[tuple(case["unknown"])] = True
    window = dim_window(np.random.default_rng(0), unknown, case["crop"])
    assert [window.top, window.left] == case["start"]
    assert [window.height, window.width] == case["shape"]


@pytest.mark.parametrize("name", ["0_small", "1_big", "2_wide"])
def test_dim_composition(name: str) -> None:
    height, width = COMPOSITES["alpha"].shape
    photograph = COMPOSITES[f"bg_{name[2:]}"]
    fitted = fit_background(photograph, height, width, RULES["dim"])
    np.testing.assert_array_equal(fitted, COMPOSITES[f"compbg_{name}"])
    composed = compose(COMPOSITES["fg"], COMPOSITES["alpha"], fitted, RULES["dim"])
    np.testing.assert_array_equal(composed, COMPOSITES[f"comp_{name}"])
