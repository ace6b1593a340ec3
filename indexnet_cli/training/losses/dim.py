"""Losses of Deep Image Matting (Xu et al., CVPR 2017) as pytorch-deep-image-matting computes them.

One ratio a batch: sums over all its unknown pixels, over their number plus one.
"""

from __future__ import annotations

from torch import Tensor

from indexnet_cli.training.losses.indexnet import EPSILON_SQUARED, composition_error
from indexnet_cli.training.losses.totals import Batch, Terms, Totals
from indexnet_cli.training.recipe import Recipe


def alpha_loss(alpha: Tensor, batch: Batch, totals: Totals) -> Tensor:
    """Distance of N x 1 x H x W alphas; nothing from known pixels."""
    root = ((alpha - batch["alpha"]).square() + EPSILON_SQUARED).sqrt()
    return (batch["unknown"] * root).sum() / (totals.unknown + 1)


def composition_loss(alpha: Tensor, batch: Batch, totals: Totals) -> Tensor:
    """Distance of the composition, mean of the colours; epsilon counts in levels of 0 to 255."""
    root = ((255 * composition_error(alpha, batch)).square() + EPSILON_SQUARED).sqrt() / 255
    return (batch["unknown"] * root).sum() / (totals.unknown + 1) / 3


def stage0_terms(outputs: Batch, batch: Batch, totals: Totals, recipe: Recipe) -> Terms:
    """Alpha alone, masked before the root: every known pixel adds 1e-6."""
    error = (outputs["alpha"] - batch["alpha"]) * batch["unknown"]
    root = (error.square() + EPSILON_SQUARED).sqrt()
    return {"alpha": recipe.alpha_weight * root.sum() / (totals.unknown + 1)}


def dim_terms(outputs: Batch, batch: Batch, totals: Totals, recipe: Recipe) -> Terms:
    """Alpha and composition of the encoder-decoder, alpha of the refinement.

    Stage 1 weighs the first two, stage 2 the last, stage 3 all.
    """
    terms = {}
    if recipe.alpha_weight:
        terms["alpha"] = recipe.alpha_weight * alpha_loss(outputs["alpha"], batch, totals)
    if recipe.composition_weight:
        error = composition_loss(outputs["alpha"], batch, totals)
        terms["composition"] = recipe.composition_weight * error
    if recipe.refined_alpha_weight:
        error = alpha_loss(outputs["refined"], batch, totals)
        terms["refined alpha"] = recipe.refined_alpha_weight * error
    return terms
