"""Every published loss trains its own network: one step moves all that is not frozen."""

from __future__ import annotations

import pytest
import torch
from torch import nn

from indexnet_cli.models.aimnet import AimNet
from indexnet_cli.models.deepmatting import DeepMatting
from indexnet_cli.models.dim import ChainerDeepImageMatting, DeepImageMatting
from indexnet_cli.models.registry import resolve_model
from indexnet_cli.training.published_starts import draw_published
from indexnet_cli.training.recipe import load_recipe
from indexnet_cli.training.step import TrainingStep
from tests.training.test_step import CPU, WIDTH, random_batch


def small(recipe: str) -> nn.Module:
    """The recipe's network, narrow where it can be."""
    if recipe == "dim-chainer":
        return ChainerDeepImageMatting(width=WIDTH)
    if recipe == "deep-matting":
        return DeepMatting(width=WIDTH)
    if recipe.startswith("aimnet"):
        return AimNet()
    return DeepImageMatting(skip="skip" in recipe, refine=recipe[-1] in "23", width=WIDTH)


# AimNet is the only one with no small version: two seconds.
NAMES = (
    *("dim-chainer", "deep-matting", "dim-stage0", "dim-stage1-skip", "dim-stage3"),
    "aimnet-matting",
)


@pytest.mark.parametrize("name", NAMES)
def test_one_step_moves_what_is_not_frozen(name: str) -> None:
    recipe = load_recipe(name, ["learning_rate=1e-3"])
    torch.manual_seed(0)
    network = small(name)
    draw_published(network, recipe.initialisation)
    step = TrainingStep(network, resolve_model(recipe.model), recipe, CPU)
    before = {key: value.detach().clone() for key, value in network.named_parameters()}
    batch = random_batch(2, side=64)
    batch["trimap"][:, :, 40:] = 1.0
    outcome = step([batch], 0, 1.0)
    assert not outcome.skipped
    moved = {k for k, v in network.named_parameters() if not torch.equal(v, before[k])}
    still = {key for key in before if key not in moved and not key.startswith(recipe.frozen)}
    assert len(still) < 0.1 * len(before), still  # a ReLU may be silent by chance
