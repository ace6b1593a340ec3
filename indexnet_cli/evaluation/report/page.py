"""The page's content: summary, published scores, comparison, and the scores of every image."""

from __future__ import annotations

from dataclasses import asdict
from datetime import date
from typing import Any

from indexnet_cli import __version__
from indexnet_cli.evaluation.documents import to_document
from indexnet_cli.evaluation.published import PUBLISHED
from indexnet_cli.evaluation.report.illustrating import Illustrator
from indexnet_cli.evaluation.results import METRICS, REGION_TITLES, TITLES, Evaluation
from indexnet_cli.pages.rendering import render_page


def report_page(evaluation: Evaluation, illustrator: Illustrator) -> bytes:
    """The report as one HTML file; ``illustrator`` was the witness of the evaluation."""
    names = [
        entry.name
        for entry in evaluation.truth.entries
        if any(image.name == entry.name for source in evaluation.sources for image in source.images)
    ]
    labels = " and ".join(source.label for source in evaluation.sources)
    known, folder = evaluation.truth.layout, evaluation.truth.folders.alpha.absolute().parent.name
    title = f"{labels} on {folder if known == 'plain' else known}"
    return render_page(title, _content(evaluation, names, title), illustrator.pictures(names))


def _content(evaluation: Evaluation, names: list[str], title: str) -> dict[str, Any]:
    document = to_document(evaluation)
    scored = [
        {image["name"]: image for image in source.pop("images")} for source in document["sources"]
    ]
    return {
        "title": title,
        "made": f"indexnet {__version__}, {date.today().isoformat()}",
        "rules": evaluation.rules.describe(),
        "metrics": [{"key": metric, "title": TITLES[metric]} for metric in METRICS],
        "regions": [{"key": r, "title": REGION_TITLES[r]} for r in evaluation.rules.regions],
        "units": document["units"],
        "set": document["set"],
        "sources": document["sources"],
        "published": _published(evaluation),
        "comparisons": document["comparisons"],
        "problems": document["problems"],
        "items": [_item(name, scored) for name in names],
    }


def _item(name: str, scored: list[dict[str, Any]]) -> dict[str, Any]:
    about = next(images[name] for images in scored if name in images)
    return {
        **{key: value for key, value in about.items() if key not in ("scores", "warnings")},
        "scores": [images[name]["scores"] if name in images else None for images in scored],
    }


def _published(evaluation: Evaluation) -> dict[str, Any] | None:
    table = PUBLISHED.get(evaluation.truth.layout)
    if table is None:
        return None
    scored = min((len(source.images) for source in evaluation.sources), default=0)
    return {
        "images": table.images,
        "whole_set": scored == table.images,
        "rows": [asdict(row) for row in table.rows],
    }
