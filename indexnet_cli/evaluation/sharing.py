"""A set scored by several processes: each takes its share, the first one puts them together."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from indexnet_cli.engine.ranks import Ranks
from indexnet_cli.evaluation.layouts import TruthSet
from indexnet_cli.evaluation.predictions import PredictionFolder, Predictions
from indexnet_cli.evaluation.results import Evaluation, Rules, SourceResult
from indexnet_cli.evaluation.running import Progress, evaluate


def evaluate_together(
    truth: TruthSet,
    sources: Sequence[Predictions],
    rules: Rules,
    ranks: Ranks,
    on_progress: Progress | None = None,
) -> Evaluation | None:
    """What ``evaluate`` gives for the whole set, in the first process; ``None`` in the others."""
    share = replace(truth, entries=truth.entries[ranks.rank :: ranks.count])
    own = [source if ranks.leads else _without_problems(source) for source in sources]
    shares = ranks.gather(evaluate(share, own, rules, on_progress).sources)
    if shares is None:
        return None
    place = {entry.name: number for number, entry in enumerate(truth.entries)}
    merged = []
    for parts in zip(*shares, strict=True):
        images = sorted((i for part in parts for i in part.images), key=lambda i: place[i.name])
        problems = [problem for part in parts for problem in part.problems]
        merged.append(SourceResult(parts[0].label, tuple(images), tuple(problems)))
    return Evaluation(truth, rules, tuple(merged))


def _without_problems(source: Predictions) -> Predictions:
    """A folder's problems concern the whole set: the first process tells them."""
    return replace(source, problems=()) if isinstance(source, PredictionFolder) else source
