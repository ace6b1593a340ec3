"""Crops and trimaps are distributed as those of the published loader, which loads all at full size.

Foregrounds hold their own coordinates, so that a sample tells where it was cut.
"""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import ks_2samp

from benchmarks.published_loader import Row, load_published
from indexnet_cli.datasets.decoded import DecodedStore
from indexnet_cli.datasets.sources import open_samples
from tests.datasets.scenes import disc, make_photographs, write

CROP, HEIGHT, WIDTH, COUNT = 32, 140, 200, 250


@pytest.fixture(scope="module")
def drawn(tmp_path_factory: pytest.TempPathFactory) -> tuple[np.ndarray, np.ndarray]:
    """Features of samples of the published loader, and of ours: COUNT x 4 each."""
    root = tmp_path_factory.mktemp("set")
    rows, columns = np.indices((HEIGHT, WIDTH), dtype=np.uint8)
    coordinates = np.dstack([np.zeros_like(rows), columns, rows])  # BGR
    alpha = disc(HEIGHT, WIDTH, soft=2.0)
    alpha[:, : WIDTH // 3] = 0
    place = root / "Training_set"
    parts = ("merged/f_0.png", "alpha/f.png", "fg/f.png", "train2014/b0.jpg")
    write(place / parts[0], coordinates)
    write(place / parts[1], alpha)
    write(place / parts[2], coordinates)
    make_photographs(place / "train2014", 1)
    (root / "train.txt").write_text("\t".join(f"Training_set/{part}" for part in parts))
    rng = np.random.default_rng(0)
    row = Row(*(place / part for part in parts))
    published = [load_published(row, rng, CROP) for _ in range(COUNT)]
    samples = open_samples([root], "indexnet", 1, CROP, store=DecodedStore(root / "decoded"))
    ours = [samples[i] for i in range(COUNT)]
    return (
        np.array([_features(p.planes[..., 2:5], p.planes[..., 1] > 0) for p in published]),
        np.array([_features(s.foreground, s.trimap == 128) for s in ours]),
    )


def _features(coordinates: np.ndarray | None, unknown: np.ndarray) -> tuple[float, ...]:
    assert coordinates is not None
    rows, columns = 255 * coordinates[..., 0], 255 * coordinates[..., 1]
    flipped = columns[0, 0] > columns[0, -1]
    side = np.rint(rows[-1, 0] - rows[0, 0])
    return float(unknown.mean()), columns.min(), rows[0, 0], side if flipped else -side


@pytest.mark.parametrize("feature", range(4), ids=["unknown", "left", "top", "size and flip"])
def test_as_published(drawn: tuple[np.ndarray, np.ndarray], feature: int) -> None:
    published, ours = (values[:, feature] for values in drawn)
    assert np.unique(published).size > 3
    assert ks_2samp(published, ours).pvalue > 0.01


def test_the_test_sees_other_distributions(drawn: tuple[np.ndarray, np.ndarray]) -> None:
    published, ours = drawn
    assert ks_2samp(published[:, 1], ours[:, 1] + 8).pvalue < 0.01
    assert ks_2samp(published[:, 0], 0.8 * ours[:, 0]).pvalue < 0.01
