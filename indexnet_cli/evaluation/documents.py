"""Evaluations as JSON and CSV."""

from __future__ import annotations

import csv
import io
import math
from dataclasses import asdict
from typing import Any

from indexnet_cli.evaluation.comparison import compare
from indexnet_cli.evaluation.results import (
    METRICS,
    Evaluation,
    ImageResult,
    SourceResult,
    group_means,
    mean_scores,
)


def to_document(evaluation: Evaluation) -> dict[str, Any]:
    """Everything known, ready for JSON; null stands for what is not defined."""
    rules, truth = evaluation.rules, evaluation.truth
    document = {
        "flavour": rules.flavour,
        "regions": list(rules.regions),
        "units": rules.units(),
        "pasted": rules.paste,
        "set": {
            "layout": truth.layout,
            "alpha": str(truth.folders.alpha),
            "trimap": str(truth.folders.trimap) if truth.folders.trimap else None,
            "images": len(truth.entries),
        },
        "sources": [_source(evaluation, source) for source in evaluation.sources],
        "comparisons": [asdict(difference) for difference in compare(evaluation)],
        "problems": [asdict(problem) for problem in evaluation.problems],
    }
    return _without_nan(document)


def _source(evaluation: Evaluation, source: SourceResult) -> dict[str, Any]:
    regions = evaluation.rules.regions
    return {
        "label": source.label,
        "scored": len(source.images),
        "means": {region: asdict(mean_scores(source.images, region)) for region in regions},
        "groups": {
            region: {
                "type": [asdict(g) for g in group_means(source.images, "kind", region)],
                "category": [asdict(g) for g in group_means(source.images, "category", region)],
            }
            for region in regions
        },
        "images": [_image(image) for image in source.worst_first(regions[0])],
    }


def _image(image: ImageResult) -> dict[str, Any]:
    return {
        "name": image.name,
        "width": image.width,
        "height": image.height,
        "unknown_share": image.unknown_share,
        "type": image.kind,
        "category": image.category,
        "scores": {region: asdict(scores) for region, scores in image.scores.items()},
        "warnings": list(image.warnings),
    }


def to_csv(evaluation: Evaluation) -> str:
    """One row an image, region and source; the heads name the units."""
    units = evaluation.rules.units()
    heads = [
        f"{metric}_{units[metric]}" if units[metric] in ("thousands", "tens") else metric
        for metric in METRICS
    ]
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    about = ("source", "image", "type", "category", "width", "height", "unknown_share")
    writer.writerow([*about, "flavour", "region", *heads])
    for source in evaluation.sources:
        for image in source.images:
            for region, scores in image.scores.items():
                errors = [_cell(getattr(scores, metric)) for metric in METRICS]
                facts = [image.kind or "", image.category or "", image.width, image.height]
                start = [source.label, image.name, *facts, repr(image.unknown_share)]
                writer.writerow([*start, evaluation.rules.flavour, region, *errors])
    return text.getvalue()


def _cell(value: float) -> str:
    return "" if math.isnan(value) else repr(value)


def _without_nan(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _without_nan(inner) for key, inner in value.items()}
    if isinstance(value, list):
        return [_without_nan(inner) for inner in value]
    return None if isinstance(value, float) and math.isnan(value) else value
