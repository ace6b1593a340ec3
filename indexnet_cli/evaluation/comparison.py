"""Whether one source of predictions is better than another, image by image."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from indexnet_cli.evaluation.results import METRICS, Evaluation, Metric, SourceResult
from indexnet_cli.metrics.flavours import Region

RESAMPLES = 10_000
CONFIDENCE = 0.95
_AT_ONCE = 500  # resamples in memory


@dataclass(frozen=True)
class Difference:
    """Mean of (other - first) over the images both have; negative: the other is better.

    ``low`` and ``high`` bound it with 95 % confidence; ``better`` counts the images on which the
    other source has the smaller error.
    """

    first: str
    other: str
    region: Region
    metric: Metric
    images: int
    mean: float
    low: float
    high: float
    better: int


def compare(evaluation: Evaluation) -> list[Difference]:
    """Compare every source with the first one, in every region and metric."""
    if len(evaluation.sources) < 2:
        return []
    first, *others = evaluation.sources
    return [
        difference
        for other in others
        for region in evaluation.rules.regions
        for metric in METRICS
        if (difference := _compare(first, other, region, metric)) is not None
    ]


def _compare(
    first: SourceResult, other: SourceResult, region: Region, metric: Metric
) -> Difference | None:
    reference = {image.name: getattr(image.scores[region], metric) for image in first.images}
    values = np.array(
        [
            getattr(image.scores[region], metric) - reference[image.name]
            for image in other.images
            if image.name in reference
        ],
        np.float64,
    )
    values = values[np.isfinite(values)]
    if not values.size:
        return None
    low, high = bootstrap_interval(values)
    return Difference(
        first.label,
        other.label,
        region,
        metric,
        images=values.size,
        mean=float(values.mean()),
        low=low,
        high=high,
        better=int(np.count_nonzero(values < 0)),
    )


def bootstrap_interval(
    values: np.ndarray, resamples: int = RESAMPLES, seed: int = 0
) -> tuple[float, float]:
    """The 95 % percentile interval of the mean of values (N,), by resampling them.

    Paired, if values are differences image by image. Deterministic for a seed. Source: Efron and
    Tibshirani, An Introduction to the Bootstrap, 1993, chapter 13.
    """
    rng = np.random.default_rng(seed)
    means = np.concatenate(
        [
            values[
                rng.integers(0, values.size, (min(_AT_ONCE, resamples - done), values.size))
            ].mean(axis=1)
            for done in range(0, resamples, _AT_ONCE)
        ]
    )
    tail = (1 - CONFIDENCE) / 2
    low, high = np.quantile(means, [tail, 1 - tail])
    return float(low), float(high)
