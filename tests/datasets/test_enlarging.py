from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from indexnet_cli.datasets import enlarging
from indexnet_cli.datasets.enlarging import enlarge_part
from indexnet_cli.datasets.open_compositions import OpenCompositions
from indexnet_cli.datasets.pack import Pack
from indexnet_cli.datasets.sample import Sample


def drawn(height: int, width: int) -> Sample:
    """A disc in a trimap that knows one corner, on colours that say where a pixel was."""
    rows, columns = np.mgrid[:height, :width].astype(np.float32)
    distance = np.hypot(rows - height * 0.6, columns - width * 0.6)
    alpha = np.clip((height / 4 - distance) / 6, 0, 1)
    trimap = np.full((height, width), 128, np.uint8)
    trimap[: height // 3, : width // 3] = 0
    image = np.dstack([rows / height, columns / width, alpha])
    return Sample(image, trimap, alpha, image, 1 - image, "disc")


def halved(plane: np.ndarray) -> np.ndarray:
    return plane.reshape(plane.shape[0] // 2, 2, plane.shape[1] // 2, 2).mean((1, 3))


@pytest.mark.parametrize("seed", range(5))
def test_a_part_is_shown_at_twice_its_size(seed: int) -> None:
    sample = drawn(64, 48)
    part = enlarge_part(np.random.default_rng(seed), sample)
    top = round(halved(part.image[..., 0])[8, 8] * 64) - 8
    left = round(halved(part.image[..., 1])[8, 8] * 48) - 8
    window = np.s_[top : top + 32, left : left + 24]
    assert part.image.shape == (64, 48, 3)
    assert np.array_equal(part.trimap[::2, ::2], sample.trimap[window])
    assert np.array_equal(part.trimap[1::2, 1::2], sample.trimap[window])
    assert part.foreground is not None
    assert part.background is not None
    assert np.allclose(part.foreground + part.background, 1, atol=1e-6)


@pytest.mark.parametrize("seed", range(5))
def test_the_means_of_the_enlarged_alpha_are_alpha(seed: int) -> None:
    sample = drawn(64, 64)
    part = enlarge_part(np.random.default_rng(seed), sample)
    found = halved(part.alpha)
    windows = np.lib.stride_tricks.sliding_window_view(sample.alpha, (32, 32)).reshape(-1, 32, 32)
    nearest = np.abs(windows - found).mean((1, 2)).min()
    assert np.count_nonzero((found > 0.01) & (found < 0.99)) > 0
    assert nearest < 1e-3  # but for what was clipped at 0 and 1
    assert part.alpha.min() >= 0
    assert part.alpha.max() <= 1


def test_odd_sides_and_unknown_layers() -> None:
    sample = drawn(45, 31)
    bare = Sample(sample.image, sample.trimap, sample.alpha, None, None, sample.kind)
    part = enlarge_part(np.random.default_rng(0), bare)
    assert part.image.shape == (45, 31, 3)
    assert part.trimap.shape == part.alpha.shape == (45, 31)
    assert part.foreground is None
    assert part.background is None


def test_known_pixels_keep_their_alpha() -> None:
    sample = drawn(64, 64)
    known = np.where(sample.alpha == 1, 255, np.where(sample.alpha == 0, 0, 128)).astype(np.uint8)
    for seed in range(5):
        part = enlarge_part(np.random.default_rng(seed), replace(sample, trimap=known))
        assert np.all(part.alpha[part.trimap == 0] == 0)
        assert np.all(part.alpha[part.trimap == 255] == 1)


def test_a_part_with_something_known_is_preferred(monkeypatch: pytest.MonkeyPatch) -> None:
    def with_known() -> int:
        parts = [enlarge_part(np.random.default_rng(seed), sample) for seed in range(40)]
        return sum(bool((part.trimap != 128).any()) for part in parts)

    sample = drawn(64, 64)
    preferred = with_known()
    monkeypatch.setattr(enlarging, "_ATTEMPTS", 1)
    assert with_known() < preferred


def test_training_shows_some_enlarged_and_validation_none(pack: Pack) -> None:
    for split, expected in (("train", True), ("validation", False)):
        plain, others = (OpenCompositions(pack, 0, 64, split, kinds=["blur"]) for _ in range(2))
        plain.enlarged = 0.0
        differ = [not np.array_equal(plain[i].alpha, others[i].alpha) for i in range(12)]
        assert any(differ) == expected
        assert not all(differ)
