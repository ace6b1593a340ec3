"""Scores of a set, and what is said about them together."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass, field
from typing import Literal

from indexnet_cli.evaluation.layouts import TruthSet
from indexnet_cli.evaluation.problems import Problem
from indexnet_cli.metrics.flavours import FLAVOURS, FlavourName, Region
from indexnet_cli.metrics.scoring import Scores

Metric = Literal["sad", "mse", "mad", "grad", "conn"]
Column = Literal["kind", "category"]
METRICS: tuple[Metric, ...] = ("sad", "mse", "mad", "grad", "conn")
TITLES: dict[str, str] = {"sad": "SAD", "mse": "MSE", "mad": "MAD", "grad": "Grad", "conn": "Conn"}
REGION_TITLES: dict[str, str] = {"unknown": "unknown region", "whole": "whole image"}


@dataclass(frozen=True)
class Rules:
    """How to score: which program's rules, over which pixels, known pixels put in first or not."""

    flavour: FlavourName = "matlab"
    regions: tuple[Region, ...] = ("unknown",)
    paste: bool = False

    def units(self) -> dict[str, str]:
        """The unit of each error."""
        grad = FLAVOURS[self.flavour].grad_unit
        mean = "mean over pixels, alpha in [0, 1]"
        return {
            "sad": "thousands",
            "mse": mean,
            "mad": mean,
            "grad": grad,
            "conn": "thousands",
        }

    def describe(self) -> str:
        """One line that says what the numbers are."""
        grad = FLAVOURS[self.flavour].grad_unit
        sums = "SAD, Grad and Conn in thousands"
        if grad != "thousands":
            sums = f"SAD and Conn in thousands, Grad in {grad}"
        where = " and ".join(REGION_TITLES[region] for region in self.regions)
        source = FLAVOURS[self.flavour].source
        return f"{sums}, MSE and MAD as means of alpha in [0, 1]; {where}; as {source}"


@dataclass(frozen=True)
class ImageResult:
    """Scores of one matte; ``unknown_share`` is of the area, in [0, 1]."""

    name: str
    width: int
    height: int
    unknown_share: float
    scores: dict[Region, Scores]
    category: str | None = None
    kind: str | None = None
    warnings: tuple[str, ...] = ()


@dataclass(frozen=True)
class SourceResult:
    """All scores of one source of predictions, in the order of the set."""

    label: str
    images: tuple[ImageResult, ...]
    problems: tuple[Problem, ...] = ()

    def worst_first(self, region: Region, metric: Metric = "sad") -> list[ImageResult]:
        """The images sorted by an error, largest first; those without one last."""
        return sorted(
            self.images,
            key=lambda image: -_or(getattr(image.scores[region], metric), -math.inf),
        )


@dataclass(frozen=True)
class Evaluation:
    """One or several sources of predictions scored against one set by the same rules."""

    truth: TruthSet
    rules: Rules
    sources: tuple[SourceResult, ...] = field(default=())

    @property
    def problems(self) -> tuple[Problem, ...]:
        """Everything that could not be scored."""
        return self.truth.problems + tuple(p for source in self.sources for p in source.problems)


def mean_scores(images: Iterable[ImageResult], region: Region) -> Scores:
    """Plain means over the images, as published; where an image has no value, over the others."""
    rows = [asdict(image.scores[region]) for image in images]
    return Scores(**{metric: mean([row[metric] for row in rows]) for metric in METRICS})


def mean(values: Sequence[float]) -> float:
    """The mean of what is not NaN; NaN of nothing."""
    finite = [value for value in values if not math.isnan(value)]
    return math.fsum(finite) / len(finite) if finite else math.nan


@dataclass(frozen=True)
class Group:
    """Mean SAD of the images of one category or type."""

    name: str
    images: int
    sad: float


def group_means(images: Sequence[ImageResult], by: Column, region: Region) -> list[Group]:
    """Mean SAD by type or category, and ``Avg.``: the unweighted mean of these, as AIM-500 has it.

    Empty where no image has a type or category.
    """
    groups: dict[str, list[float]] = {}
    for image in images:
        name = getattr(image, by)
        if name is not None:
            groups.setdefault(name, []).append(image.scores[region].sad)
    found = [Group(name, len(values), mean(values)) for name, values in sorted(groups.items())]
    if found:
        total = sum(group.images for group in found)
        found.append(Group("Avg.", total, mean([group.sad for group in found])))
    return found


def _or(value: float, otherwise: float) -> float:
    return otherwise if math.isnan(value) else value
