"""Which of a run's snapshots it goes on from."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from indexnet_cli.training.recipe import Recipe
from indexnet_cli.training.shards import last_compact, load_compact
from indexnet_cli.training.snapshots import SNAPSHOT, check_recipe, load_snapshot


def has_snapshot(folder: Path, compact: Path | None) -> bool:
    """Whether a run in ``folder`` would go on rather than begin."""
    return (folder / SNAPSHOT).exists() or (compact is not None and last_compact(compact) >= 0)


def newest_state(folder: Path, compact: Path | None, recipe: Recipe) -> dict[str, Any] | None:
    """The state to go on from: that of ``folder``, or of ``compact`` if it is of a later step.

    None where there is neither. Raises UsageError for a snapshot of another recipe, CheckpointError
    for a damaged one.
    """
    exact = load_snapshot(folder, recipe) if (folder / SNAPSHOT).exists() else None
    step = last_compact(compact) if compact is not None else -1
    if compact is None or step < 0 or (exact is not None and exact["step"] >= step):
        return exact
    state = load_compact(compact)
    check_recipe(state["recipe"], recipe, compact)
    return state
