"""Snapshots: everything a run needs to go on exactly, replaced whole or not at all."""

from __future__ import annotations

import os
from dataclasses import asdict
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import save_file
from torch import Tensor, nn

from indexnet_cli.errors import CheckpointError, UsageError
from indexnet_cli.training.recipe import Recipe

SNAPSHOT = "snapshot.pt"
LATE_KEYS = {"late_share", "late_crop", "late_batch_size"}
SCHEDULE_KEYS = {"steps", "decay_share", "validate_every", "snapshot_every"} | LATE_KEYS


def save_snapshot(
    folder: Path,
    recipe: Recipe,
    step: int,
    network: nn.Module,
    average: dict[str, Tensor],
    optimizer: torch.optim.Optimizer,
) -> None:
    """Write ``folder/snapshot.pt``; a run killed while writing keeps the one before."""
    temporary = folder / (SNAPSHOT + ".part")
    state = {
        "recipe": asdict(recipe),
        "step": step,
        "network": network.state_dict(),
        "average": average,
        "optimizer": optimizer.state_dict(),
    }
    with temporary.open("wb") as file:
        torch.save(state, file)
        file.flush()
        os.fsync(file.fileno())
    temporary.replace(folder / SNAPSHOT)


def load_snapshot(folder: Path, recipe: Recipe) -> dict[str, Any]:
    """The snapshot in ``folder``, checked to come from the same recipe.

    Only the schedule's length may differ. Raises UsageError where something else does, and
    CheckpointError where the file is damaged.
    """
    path = folder / SNAPSHOT
    try:
        state: dict[str, Any] = torch.load(path, map_location="cpu", weights_only=True)
        saved = state["recipe"]
    except Exception as error:
        raise CheckpointError(
            f"{path}: damaged snapshot ({error})", "Start again in another folder."
        ) from error
    current = asdict(recipe)
    different = [k for k in current if saved.get(k) != current[k] and k not in SCHEDULE_KEYS]
    if different:
        raise UsageError(
            f"{path}: made with another {', '.join(different)}",
            "Give the same --set options, or another --output folder with --init FILE.",
        )
    return state


def export_weights(state: dict[str, Tensor], path: Path) -> None:
    """Write a state dict as fp16 safetensors, without the batch counters that inference ignores.

    Raises CheckpointError for values that fp16 cannot hold.
    """
    tensors = {}
    for key, value in state.items():
        if key.endswith("num_batches_tracked"):
            continue
        tensors[key] = value.detach().to("cpu", torch.float16).contiguous()
        if not torch.isfinite(tensors[key]).all():
            raise CheckpointError(f"{key}: has values that fp16 cannot hold")
    temporary = path.with_name(path.name + ".part")
    save_file(tensors, temporary)
    temporary.replace(path)
