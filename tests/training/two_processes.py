"""A few steps of small networks, alone or as one of several processes; for test_distributed.

``python -m tests.training.two_processes FILE`` writes the outcome as JSON: with torchrun the first
process does.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

import torch

from indexnet_cli.engine.ranks import Ranks, joined
from indexnet_cli.models.deepmatting import DeepMatting
from indexnet_cli.models.dim import DeepImageMatting
from indexnet_cli.models.registry import resolve_model
from indexnet_cli.training.losses import Batch
from indexnet_cli.training.recipe import load_recipe
from indexnet_cli.training.step import TrainingStep

WIDTH, SIDE, SAMPLES, STEPS = 4, 32, 4, 3
CPU = torch.device("cpu")
CASES = {
    "one ratio a batch": ("dim-stage1", []),
    "accumulated": ("dim-stage1", ["accumulate=2"]),
    "means over samples": ("indexnet", ["batch_norm=synchronised", "model=deepmatting.official"]),
    "open": ("open", ["batch_norm=frozen", "precision=fp32", "model=deepmatting.official"]),
}


def global_batch(step: int) -> Batch:
    """Every sample has another number of unknown pixels, so that shares of them matter."""
    generator = torch.Generator().manual_seed(step)
    shapes = {"alpha": 1, "image": 3, "foreground": 3, "background": 3}
    batch = {
        name: torch.rand((SAMPLES, channels, SIDE, SIDE), generator=generator)
        for name, channels in shapes.items()
    }
    unknown = torch.zeros(SAMPLES, 1, SIDE, SIDE)
    for number in range(SAMPLES):
        unknown[number, :, : 2 + 9 * number] = 1
    return {**batch, "unknown": unknown, "trimap": 0.5 * unknown}


def run(case: str, ranks: Ranks) -> dict[str, list[float]]:
    """Losses and gradient norms of every step, then the sum of all buffers."""
    name, settings = CASES[case]
    recipe = load_recipe(name, [*settings, f"batch_size={SAMPLES}", "learning_rate=1e-3"])
    torch.manual_seed(0)
    network: torch.nn.Module = DeepImageMatting(skip=False, width=WIDTH)
    if recipe.model.startswith("deepmatting"):
        network = DeepMatting(width=WIDTH)
    step = TrainingStep(network, resolve_model(recipe.model), recipe, CPU, ranks)
    share = SAMPLES // ranks.count
    size = share // recipe.accumulate
    losses, norms = [], []
    for number in range(STEPS):
        mine = {
            k: v[ranks.rank * share : (ranks.rank + 1) * share]
            for k, v in global_batch(number).items()
        }
        pieces = [{k: v[i : i + size] for k, v in mine.items()} for i in range(0, share, size)]
        outcome = step(pieces, number, 1.0)
        losses.append(outcome.loss)
        norms.append(outcome.gradient_norm)
    buffers = sum(float(buffer.double().sum()) for buffer in network.buffers())
    return {"losses": losses, "norms": norms, "buffers": [buffers]}


if __name__ == "__main__":
    torch.set_num_threads(1)
    with joined(CPU) as together:
        outcome = {case: run(case, together) for case in CASES}
        if together.leads:
            Path(sys.argv[1]).write_text(json.dumps(outcome))
