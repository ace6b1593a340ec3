"""Evaluations as tables of text: a head and rows."""

from __future__ import annotations

import math
from dataclasses import dataclass

from indexnet_cli.evaluation.comparison import compare
from indexnet_cli.evaluation.published import PUBLISHED
from indexnet_cli.evaluation.results import (
    METRICS,
    REGION_TITLES,
    TITLES,
    Column,
    Evaluation,
    ImageResult,
    Metric,
    group_means,
    mean_scores,
)
from indexnet_cli.metrics.flavours import Region
from indexnet_cli.metrics.scoring import Scores

_DIGITS: dict[str, int] = {"sad": 2, "mse": 4, "mad": 4, "grad": 2, "conn": 2}


@dataclass(frozen=True)
class Table:
    """A table of text."""

    title: str
    head: list[str]
    rows: list[list[str]]


def shown(metric: str, value: float | None, signed: bool = False) -> str:
    """A value with the digits of published tables; - where there is none."""
    if value is None or math.isnan(value):
        return "-"
    return f"{value:{'+' if signed else ''}.{_DIGITS[metric]}f}"


def tables(evaluation: Evaluation, sort_by: Metric = "sad") -> list[Table]:
    """The tables for people: per image, groups, means, comparison, published scores."""
    regions = evaluation.rules.regions
    several = len(evaluation.sources) > 1
    images = _side_by_side(evaluation, sort_by) if several else _per_image(evaluation, sort_by)
    groups = [table for region in regions for table in _groups(evaluation, region)]
    rest = [_means(evaluation), *_comparison(evaluation), *_published(evaluation)]
    return [images, *groups, *rest]


def _errors(scores: Scores) -> list[str]:
    return [shown(metric, getattr(scores, metric)) for metric in METRICS]


def _heads(regions: tuple[Region, ...]) -> list[str]:
    several = len(regions) > 1
    return [
        f"{TITLES[metric]} {region}" if several else TITLES[metric]
        for region in regions
        for metric in METRICS
    ]


def _per_image(evaluation: Evaluation, sort_by: Metric) -> Table:
    regions = evaluation.rules.regions
    source = evaluation.sources[0]
    grouped = any(image.kind or image.category for image in source.images)
    rows = []
    for image in source.worst_first(regions[0], sort_by):
        errors = [cell for region in regions for cell in _errors(image.scores[region])]
        rows.append([image.name, *(_of(image) if grouped else ()), _share(image), *errors])
    about = ["type", "category"] if grouped else []
    head = ["image", *about, "unknown", *_heads(regions)]
    return Table(f"{source.label}, worst {TITLES[sort_by]} first", head, rows)


def _of(image: ImageResult) -> tuple[str, str]:
    return image.kind or "-", image.category or "-"


def _share(image: ImageResult) -> str:
    return f"{image.unknown_share:.1%}"


def _side_by_side(evaluation: Evaluation, metric: Metric) -> Table:
    """One error of all sources, and differences from the first."""
    region = evaluation.rules.regions[0]
    first, *others = evaluation.sources
    found = {
        source.label: {i.name: getattr(i.scores[region], metric) for i in source.images}
        for source in evaluation.sources
    }
    images = {image.name: image for s in evaluation.sources for image in s.worst_first(region)}
    names = sorted(images, key=lambda name: -_number(found[first.label].get(name)))
    rows = []
    for name in names:
        values = [found[source.label].get(name) for source in evaluation.sources]
        reference = values[0]
        differences = [
            None if value is None or reference is None else value - reference
            for value in values[1:]
        ]
        row = [shown(metric, value) for value in values]
        row += [shown(metric, difference, signed=True) for difference in differences]
        rows.append([name, _share(images[name]), *row])
    labels = [source.label for source in evaluation.sources]
    head = ["image", "unknown", *labels, *(f"{other.label} - {first.label}" for other in others)]
    return Table(f"{TITLES[metric]}, {REGION_TITLES[region]}, worst first", head, rows)


def _number(value: float | None) -> float:
    return -math.inf if value is None or math.isnan(value) else value


def _means(evaluation: Evaluation) -> Table:
    regions = evaluation.rules.regions
    rows = []
    for source in evaluation.sources:
        errors = [
            cell for region in regions for cell in _errors(mean_scores(source.images, region))
        ]
        rows.append([source.label, str(len(source.images)), *errors])
    return Table("means", ["predictions", "images", *_heads(regions)], rows)


def _groups(evaluation: Evaluation, region: Region) -> list[Table]:
    found = []
    columns: tuple[tuple[str, Column], ...] = (("type", "kind"), ("category", "category"))
    for title, by in columns:
        for source in evaluation.sources:
            groups = group_means(source.images, by, region)
            rows = [[group.name, str(group.images), shown("sad", group.sad)] for group in groups]
            if rows:
                name = f"{source.label}, by {title}, {REGION_TITLES[region]}"
                found.append(Table(name, [title, "images", "SAD"], rows))
    return found


def _comparison(evaluation: Evaluation) -> list[Table]:
    rows = []
    for found in compare(evaluation):
        interval = (shown(found.metric, edge, signed=True) for edge in (found.low, found.high))
        rows.append(
            [
                f"{found.other} - {found.first}",
                f"{TITLES[found.metric]} {found.region}",
                shown(found.metric, found.mean, signed=True),
                " to ".join(interval),
                f"{found.better} of {found.images}",
            ]
        )
    head = ["difference", "error", "mean", "95 % interval", "better on"]
    title = "paired comparison (bootstrap over images; negative is better than the first)"
    return [Table(title, head, rows)] if rows else []


def _published(evaluation: Evaluation) -> list[Table]:
    table = PUBLISHED.get(evaluation.truth.layout)
    if table is None:
        return []
    rows = []
    for row in table.rows:
        errors = [shown(metric, getattr(row, metric)) for metric in METRICS]
        rules = f"{row.flavour or 'not stated'}, {row.region}"
        rows.append([row.method, *errors, rules, row.source])
    scored = len(evaluation.truth.entries)
    title = f"published for {evaluation.truth.layout}"
    if scored != table.images:
        title += f" (of {table.images} images: not comparable with {scored})"
    return [Table(title, ["method", *(TITLES[m] for m in METRICS), "rules", "source"], rows)]
