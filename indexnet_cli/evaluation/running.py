"""Score sources of predictions against a set, on all cores."""

from __future__ import annotations

import os
from collections import deque
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from indexnet_cli.errors import InputError
from indexnet_cli.evaluation.layouts import Entry, TruthSet
from indexnet_cli.evaluation.loading import Triple, load_triple
from indexnet_cli.evaluation.predictions import PredictionFolder, Predictions
from indexnet_cli.evaluation.problems import Kind, Problem, SizeMismatchError
from indexnet_cli.evaluation.results import Evaluation, ImageResult, Rules, SourceResult
from indexnet_cli.imaging.trimaps import UNKNOWN
from indexnet_cli.metrics.scoring import score

Progress = Callable[[int, int], None]
# Called with the number of the source, the entry and its arrays, on any thread.
Witness = Callable[[int, Entry, Triple], None]


def evaluate(
    truth: TruthSet,
    sources: Sequence[Predictions],
    rules: Rules,
    on_progress: Progress | None = None,
    witness: Witness | None = None,
    workers: int | None = None,
) -> Evaluation:
    """Score every source; what cannot be scored becomes a problem of its source.

    Models predict on this thread while others score. ``witness`` sees the arrays of everything
    that was scored, so that a report need not read them again.
    """
    workers = workers or os.cpu_count() or 1
    total, done = len(truth.entries) * len(sources), 0
    results = []
    with ThreadPoolExecutor(workers) as pool:
        try:
            for number, source in enumerate(sources):
                run = _Run(number, source, rules, witness, pool, 2 * workers)
                for entry in truth.entries:
                    run.add(entry)
                    done += 1
                    if on_progress:
                        on_progress(done, total)
                results.append(run.finish())
        except BaseException:
            pool.shutdown(wait=False, cancel_futures=True)
            raise
    return Evaluation(truth, rules, tuple(results))


class _Run:
    """One source's way through the pool; no more than ``most`` mattes wait at a time."""

    def __init__(
        self,
        number: int,
        source: Predictions,
        rules: Rules,
        witness: Witness | None,
        pool: ThreadPoolExecutor,
        most: int,
    ) -> None:
        self.number, self.source, self.rules, self.witness = number, source, rules, witness
        self.pool, self.most = pool, most
        self.waiting: deque[Future[ImageResult | Problem]] = deque()
        self.images: list[ImageResult] = []
        self.problems = list(source.problems) if isinstance(source, PredictionFolder) else []

    def add(self, entry: Entry) -> None:
        try:
            prediction = self.source.find(entry)
        except InputError as error:
            self.problems.append(Problem("unreadable", entry.name, str(error), self.source.label))
            return
        if prediction is None:
            return  # listed as missing when the folder was paired
        if len(self.waiting) >= self.most:
            self._take(self.waiting.popleft())
        self.waiting.append(self.pool.submit(self._score, entry, prediction))

    def finish(self) -> SourceResult:
        while self.waiting:
            self._take(self.waiting.popleft())
        return SourceResult(self.source.label, tuple(self.images), tuple(self.problems))

    def _take(self, future: Future[ImageResult | Problem]) -> None:
        found = future.result()
        if isinstance(found, Problem):
            self.problems.append(found)
        else:
            self.images.append(found)

    def _score(self, entry: Entry, prediction: Path | NDArray[Any]) -> ImageResult | Problem:
        def problem(kind: Kind, error: InputError) -> Problem:
            return Problem(kind, entry.name, error.message, self.source.label)

        try:
            triple = load_triple(entry, prediction, self.rules.paste)
        except SizeMismatchError as error:
            return problem("mismatched", error)
        except InputError as error:
            return problem("unreadable", error)
        try:
            result = _score_triple(entry, triple, self.rules)
        except InputError as error:
            return problem("refused", error)
        if self.witness:
            self.witness(self.number, entry, triple)
        return result


def _score_triple(entry: Entry, triple: Triple, rules: Rules) -> ImageResult:
    height, width = triple.alpha.shape
    unknown = 1.0 if triple.trimap is None else float(np.mean(triple.trimap == UNKNOWN))
    return ImageResult(
        name=entry.name,
        width=width,
        height=height,
        unknown_share=unknown,
        scores={
            region: score(
                triple.pred, triple.alpha, triple.trimap, flavour=rules.flavour, region=region
            )
            for region in rules.regions
        },
        category=entry.category,
        kind=entry.kind,
        warnings=triple.warnings,
    )
