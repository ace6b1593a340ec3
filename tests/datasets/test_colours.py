"""The colours that samples are given, property by property."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from indexnet_cli.datasets import colours
from indexnet_cli.datasets.colours import _dyed, _evenly_lit, recolour, vary_saturation


def photograph(seed: int) -> np.ndarray:
    """Soft blobs of many colours, 64 x 64."""
    rng = np.random.default_rng(seed)
    small = rng.integers(20, 236, (8, 8, 3), dtype=np.uint8)
    return np.asarray(cv2.resize(small, (64, 64), interpolation=cv2.INTER_CUBIC))


def light(pixels: np.ndarray) -> np.ndarray:
    return np.asarray(cv2.cvtColor(pixels, cv2.COLOR_RGB2GRAY), np.float64)


@pytest.mark.parametrize("seed", range(5))
def test_what_is_dyed_has_one_hue_and_keeps_its_shades(seed: int) -> None:
    pixels = photograph(seed)
    dyed = _dyed(np.random.default_rng(seed), pixels)
    darker = light(pixels) < 255 * light(pixels).mean() / dyed.max()  # what cannot be clipped
    assert np.corrcoef(light(pixels)[darker], light(dyed)[darker])[0, 1] > 0.9
    bright = dyed[(dyed.max(axis=2) > 60) & (dyed.max(axis=2) < 250)].astype(float)
    ratios = bright / bright.max(axis=1, keepdims=True)
    assert ratios.std(axis=0).max() < 0.03
    assert ratios.mean(axis=0).min() < 0.65  # a strong one


@pytest.mark.parametrize("seed", range(5))
def test_what_is_evenly_lit_is_as_bright_as_the_background(seed: int) -> None:
    front, behind = photograph(seed) // 3, photograph(seed + 10)
    lit = _evenly_lit(np.random.default_rng(seed), front, behind)
    assert abs(np.log(front.mean() / behind.mean())) > 0.7
    assert abs(np.log(lit.mean() / behind.mean())) < 0.5


def test_what_is_recoloured_keeps_its_structure_and_changes_its_hue() -> None:
    pixels = np.maximum(photograph(0), 20)  # no black, which has no hue
    gains, moved = [], 0
    for seed in range(12):
        other = recolour(np.random.default_rng(seed), pixels)
        sources = []
        for channel in np.moveaxis(other, 2, 0).astype(np.float64):
            kept = channel < 255  # what is not clipped
            ratios = [channel[kept] / own[kept] for own in np.moveaxis(pixels, 2, 0)]
            sources.append(int(np.argmin([ratio.std() for ratio in ratios])))
            gains.append(ratios[sources[-1]].mean())
            assert ratios[sources[-1]].std() < 0.03
        assert sorted(sources) == [0, 1, 2]
        moved += sources != [0, 1, 2]
    assert 2 <= moved <= 9
    assert min(gains) < 0.85
    assert max(gains) > 1.2


def test_the_saturation_of_both_layers_changes_alike(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(colours, "_VIVID", 1.0)
    pixels = photograph(0)
    changes = []
    for seed in range(12):
        front, behind = vary_saturation(np.random.default_rng(seed), pixels, pixels.copy())
        np.testing.assert_array_equal(front, behind)
        middle = (front.min(axis=2) > 0) & (front.max(axis=2) < 255)  # what is not clipped
        np.testing.assert_allclose(light(front)[middle], light(pixels)[middle], atol=2)
        changes.append(
            np.ptp(front[middle].astype(int), axis=1).mean() / np.ptp(pixels, axis=2).mean()
        )
    assert min(changes) < 0.95
    assert max(changes) > 1.05


def test_most_samples_keep_their_saturation() -> None:
    pixels = photograph(0)
    same = [
        vary_saturation(np.random.default_rng(seed), pixels, pixels)[0] is pixels
        for seed in range(40)
    ]
    assert 0.5 < np.mean(same) < 0.9


class _Photographs:
    """Stands in for a part of a pack."""

    def photograph(self, rng: np.random.Generator) -> np.ndarray:
        return photograph(int(rng.integers(100)))


@pytest.mark.parametrize(("kind", "least", "most"), [("hair", 1.0, 1.0), ("net_lace", 0.15, 0.45)])
def test_most_wire_is_metal_without_a_hue(
    monkeypatch: pytest.MonkeyPatch, kind: str, least: float, most: float
) -> None:
    dyed: list[int] = []
    seed = 0
    monkeypatch.setattr(colours, "_DYED", 1.0)
    monkeypatch.setattr(colours, "_camouflage", lambda _rng, pixels: pixels)
    monkeypatch.setattr(colours, "_dyed", lambda _rng, pixels: dyed.append(seed) or pixels)
    chosen = []
    for seed in range(150):
        rng = np.random.default_rng(seed)
        if np.random.default_rng(seed).random() >= 0.11:  # else camouflage, which has no colour
            chosen.append(seed)
        colours.foreground_colours(rng, _Photographs(), photograph(1), photograph(2), kind)
    assert set(dyed) <= set(chosen)
    assert least <= len(dyed) / len(chosen) <= most
