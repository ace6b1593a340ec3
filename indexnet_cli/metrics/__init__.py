"""Errors of a matte against ground truth, as the published tables have them."""

from __future__ import annotations

from indexnet_cli.metrics.scoring import Scores, score

__all__ = ["Scores", "score"]
