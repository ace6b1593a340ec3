"""Snapshots: everything a run needs to go on exactly, replaced whole or not at all."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from indexnet_cli.checkpoints.writing import write_state_dict
from indexnet_cli.errors import CheckpointError, OutputError, UsageError
from indexnet_cli.training.half_range import scale_into_half_range
from indexnet_cli.training.recipe import Recipe

SNAPSHOT, BEST = "snapshot.pt", "best.pt"
LATE_KEYS = {"late_share", "late_crop", "late_batch_size"}
LENGTH_KEYS = {"steps", "epochs", "minutes", "decay_share", "validate_every", "snapshot_every"}
VALIDATION_KEYS = {"validation_crop", "validation_per_kind", "validation_images", "best_by"}
FREE_KEYS = LENGTH_KEYS | LATE_KEYS | VALIDATION_KEYS | {"export", "accumulate", "bad_steps"}


def save_snapshot(folder: Path, state: dict[str, Any], keep: int = 1, best: bool = False) -> None:
    """Write ``folder/snapshot.pt``; a run killed while writing keeps the one before.

    ``keep`` above 1 keeps that many under their step's number as well, ``best`` this one as
    ``best.pt``. Raises OutputError where the disk does not take it.
    """
    path = folder / SNAPSHOT
    temporary = folder / (SNAPSHOT + ".part")
    try:
        with temporary.open("wb") as file:
            torch.save(state, file)
            file.flush()
            os.fsync(file.fileno())
        temporary.replace(path)
        if keep > 1:
            _link(path, folder / f"snapshot-{state['step']:08d}.pt")
            for old in sorted(folder.glob("snapshot-*.pt"))[:-keep]:
                old.unlink()
        if best:
            _link(path, folder / BEST)
    except (OSError, RuntimeError) as error:
        raise OutputError(
            f"{path} cannot be written ({error})", "Free some space, or choose another -o."
        ) from error
    finally:
        temporary.unlink(missing_ok=True)


def _link(source: Path, target: Path) -> None:
    """Give ``source`` a second name, replacing what had it; a copy where there are no links."""
    temporary = target.with_name(target.name + ".part")
    temporary.unlink(missing_ok=True)
    try:
        os.link(source, temporary)
    except OSError:
        shutil.copyfile(source, temporary)
    temporary.replace(target)


def load_snapshot(folder: Path, recipe: Recipe) -> dict[str, Any]:
    """The snapshot in ``folder``, checked as ``check_recipe`` does.

    Raises CheckpointError where the file is damaged.
    """
    path = folder / SNAPSHOT
    try:
        state: dict[str, Any] = torch.load(path, map_location="cpu", weights_only=True)
        check_recipe(state["recipe"], recipe, path)
    except UsageError:
        raise
    except Exception as error:
        raise CheckpointError(
            f"{path}: damaged snapshot ({error})", "Start again in another folder."
        ) from error
    return state


def check_recipe(saved: Mapping[str, Any], recipe: Recipe, path: Path) -> None:
    """Raise UsageError if the snapshot at ``path`` was made by another recipe.

    Only the run's length and how it is judged may differ; what an older snapshot does not know
    cannot.
    """
    current = asdict(recipe)
    different = [
        key for key in saved if key not in FREE_KEYS and saved[key] != current.get(key, saved[key])
    ]
    if different:
        raise UsageError(
            f"{path}: made with another {', '.join(different)}",
            "Give the same --set options, or another --output folder with --init FILE.",
        )


def export_weights(
    state: Mapping[str, Tensor],
    path: Path,
    dtype: torch.dtype = torch.float16,
    facts: Mapping[str, Any] | None = None,
) -> None:
    """Write a state dict as safetensors, without the batch counters that inference ignores.

    ``facts`` go into its metadata, texts as they are and all else as JSON. Raises CheckpointError
    for values that ``dtype`` cannot hold, OutputError where the disk does not take it.
    """
    tensors = {}
    if dtype == torch.float16:
        state = scale_into_half_range(state)
    for key, value in state.items():
        if key.endswith("num_batches_tracked"):
            continue
        tensors[key] = value.detach().to("cpu", dtype)
        if not torch.isfinite(tensors[key]).all():
            name = "fp16" if dtype == torch.float16 else str(dtype)
            raise CheckpointError(f"{key}: has values that {name} cannot hold")
    metadata = {
        key: fact if isinstance(fact, str) else json.dumps(fact)
        for key, fact in (facts or {}).items()
    }
    write_state_dict(tensors, path, overwrite=True, metadata={"format": "pt", **metadata})
