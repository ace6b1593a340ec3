"""Several processes score a set as one does."""

from __future__ import annotations

from dataclasses import astuple, dataclass, field
from pathlib import Path
from typing import Any

import pytest

from indexnet_cli.engine.ranks import Ranks
from indexnet_cli.evaluation.layouts import read_truth, recognise
from indexnet_cli.evaluation.predictions import pair_folder
from indexnet_cli.evaluation.results import Rules
from indexnet_cli.evaluation.running import evaluate
from indexnet_cli.evaluation.sharing import evaluate_together
from tests.evaluation.sets import plain_set


@dataclass(frozen=True)
class Recorded(Ranks):
    """Processes that run one after the other: the first one comes last."""

    sent: list[Any] = field(default_factory=list)

    def gather(self, value: Any) -> list[Any] | None:
        self.sent.append(value)
        return [self.sent[-1], *self.sent[:-1]] if self.leads else None


def test_shares_make_the_whole(tmp_path: Path) -> None:
    folder, mattes = plain_set(tmp_path, {"a": 0.1, "b": 0.2, "c": 0.3, "d": 0.0, "e": 0.4})
    (mattes / "d.png").unlink()
    truth, rules = read_truth(recognise(folder)), Rules()
    alone = evaluate(truth, [pair_folder(mattes, truth)], rules)
    sent: list[Any] = []
    for rank in (1, 2, 0):
        together = evaluate_together(
            truth, [pair_folder(mattes, truth)], rules, Recorded(rank, 3, sent)
        )
        assert (together is None) == (rank > 0)
    assert together is not None
    assert together.problems == alone.problems
    (whole,), (shared,) = alone.sources, together.sources
    assert [image.name for image in shared.images] == ["a", "b", "c", "e"]
    for one, other in zip(whole.images, shared.images, strict=True):
        scores = astuple(one.scores["unknown"])
        assert astuple(other.scores["unknown"]) == pytest.approx(scores, nan_ok=True)
    assert len(alone.problems) == 1
