"""Losses of the Chainer implementation of Deep Image Matting (kvmanohar22).

Means over samples, as OpenMMLab's for IndexNet.
"""

from __future__ import annotations

from torch import Tensor

from indexnet_cli.training.losses.indexnet import EPSILON_SQUARED, over_unknown
from indexnet_cli.training.losses.totals import Batch, Terms, Totals
from indexnet_cli.training.recipe import Recipe


def distance(one: Tensor, other: Tensor, batch: Batch, totals: Totals) -> Tensor:
    """Of two N x C x H x W maps over the unknown pixels."""
    root = ((one - other).square() + EPSILON_SQUARED).sqrt() * batch["unknown"]
    return over_unknown(root, batch["unknown"], totals.samples) / one.shape[1]


def chainer_terms(outputs: Batch, batch: Batch, totals: Totals, recipe: Recipe) -> Terms:
    """Alpha, and a composition that is told but teaches nothing.

    The published program composes outside the graph, from layers that alpha has already been
    multiplied into. Its value is part of the loss it prints; its gradient is zero.
    """
    alpha, truth = outputs["alpha"], batch["alpha"]
    terms = {"alpha": recipe.alpha_weight * distance(alpha, truth, batch, totals)}
    if recipe.composition_weight:
        front, behind = truth * batch["image"], (1 - truth) * batch["background"]
        found = alpha.detach() * front + (1 - alpha.detach()) * behind
        wanted = truth * front + (1 - truth) * behind
        error = distance(found, wanted, batch, totals)
        terms["composition"] = recipe.composition_weight * error
    return terms
