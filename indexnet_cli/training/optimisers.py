"""Optimisers with the encoder in groups of its own."""

from __future__ import annotations

from typing import Any

import torch
from torch import nn

from indexnet_cli.training.muon import Muon, is_kernel
from indexnet_cli.training.recipe import Recipe

GUIDE_RATE = 10  # times the learning rate: guides are one convolution, and new


def build_optimizer(
    network: nn.Module, recipe: Recipe, guides: nn.Module | None = None
) -> torch.optim.Optimizer:
    """Groups of encoder or new parameters, with weight decay or (one-dimensional ones) without.

    For Muon, kernels are apart from other weights. Frozen parameters (``recipe.frozen``) are left
    out and need no gradient from now on. ``guides`` have a group of their own. Each group's
    ``base_lr`` is what the plan's factor applies to.
    """
    groups: dict[tuple[bool, bool, bool], list[nn.Parameter]] = {}
    for name, parameter in network.named_parameters():
        if name.startswith(recipe.frozen):
            parameter.requires_grad_(False)
            continue
        turned = recipe.optimizer == "muon" and is_kernel(parameter)
        key = name.startswith(recipe.encoder), parameter.ndim > 1, turned
        groups.setdefault(key, []).append(parameter)
    settings = []
    for (encoder, decays, kernels), parameters in groups.items():
        rate = recipe.encoder_learning_rate if encoder else recipe.learning_rate
        settings.append(
            {
                "params": parameters,
                "lr": rate,
                "base_lr": rate,
                "weight_decay": recipe.weight_decay if decays else 0.0,
                "kernels": kernels,
            }
        )
    if guides is not None:
        rate = GUIDE_RATE * recipe.learning_rate
        group = {"lr": rate, "base_lr": rate, "weight_decay": 0.0, "kernels": False}
        settings.append({"params": list(guides.parameters()), **group})
    return _optimizer(recipe, settings)


def _optimizer(recipe: Recipe, groups: list[dict[str, Any]]) -> torch.optim.Optimizer:
    if recipe.optimizer == "muon":
        return Muon(groups)
    if recipe.optimizer == "adamw":
        return torch.optim.AdamW(groups, fused=True)
    if recipe.optimizer == "adam":
        return torch.optim.Adam(groups, amsgrad=recipe.amsgrad, fused=True)
    return torch.optim.SGD(groups, momentum=recipe.momentum)
