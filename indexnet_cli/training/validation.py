"""Validation on synthetic pictures of the held-out split, a figure for each kind of matte."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from indexnet_cli.datasets.mattes import KINDS
from indexnet_cli.datasets.open_compositions import OpenCompositions
from indexnet_cli.datasets.pack import Pack
from indexnet_cli.training.batches import to_tensors
from indexnet_cli.training.losses import network_input, unknown_error
from indexnet_cli.training.recipe import Recipe

VALIDATION_SEED = 0  # the same pictures for every run


def validation_batches(pack: Pack, recipe: Recipe) -> dict[str, list[dict[str, Tensor]]]:
    """For each kind, ``validation_per_kind`` samples as batches of one."""
    pictures = {}
    for kind in KINDS:
        samples = OpenCompositions(
            pack, VALIDATION_SEED, recipe.validation_crop, split="validation", kinds=[kind]
        )
        tensors = [to_tensors(samples[i]) for i in range(recipe.validation_per_kind)]
        pictures[kind] = [{k: v[None] for k, v in t.items()} for t in tensors]
    return pictures


@torch.no_grad()
def validate(
    network: nn.Module,
    pictures: dict[str, list[dict[str, Tensor]]],
    mean: Tensor,
    std: Tensor,
) -> dict[str, tuple[float, float]]:
    """MAD and MSE over the unknown region, mean of each kind, and of all kinds as ``mean``.

    Leaves the network in evaluation mode.
    """
    network.eval()
    scores = {}
    for kind, batches in pictures.items():
        errors = []
        for batch in batches:
            x = network_input(batch["image"].to(mean), batch["trimap"].to(mean), mean, std)
            with torch.autocast(mean.device.type, dtype=torch.bfloat16):
                alpha = network(x.contiguous(memory_format=torch.channels_last))
            errors.append(unknown_error(alpha.float().cpu(), batch))
        scores[kind] = _mean(errors)
    return {**scores, "mean": _mean(list(scores.values()))}


def _mean(scores: list[tuple[float, float]]) -> tuple[float, float]:
    absolute, squared = zip(*scores, strict=True)
    return sum(absolute) / len(scores), sum(squared) / len(scores)
