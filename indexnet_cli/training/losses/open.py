"""Losses of the open recipe, over the unknown region.

All take N x 1 x H x W float32 predictions, truth and a 0/1 mask of the unknown region.
"""

from __future__ import annotations

from torch import Tensor
from torch.nn import functional as F

from indexnet_cli.training.fitting import fit_alpha
from indexnet_cli.training.losses.totals import Batch, Terms, Totals
from indexnet_cli.training.recipe import Recipe

PYRAMID_LEVELS = 4


def masked_mean(values: Tensor, mask: Tensor, count: Tensor) -> Tensor:
    """Sum of ``values`` (N x C x H x W) where ``mask`` is 1, over ``C * count``; 0 for none."""
    return (values * mask).sum() / (count * values.shape[1]).clamp(min=1)


def laplacian_loss(alpha: Tensor, truth: Tensor, mask: Tensor, count: Tensor) -> Tensor:
    """L1 distance of the Laplacian pyramids, level k weighted 2^k (Hou and Liu, ICCV 2019, eq. 4).

    Levels are summed, not averaged: a level has a quarter of the pixels of the finer one, so that
    in all it counts half as much, and strands more than tones. The difference is taken first: the
    pyramid is linear.
    """
    level = (alpha - truth) * mask
    total = level.new_zeros(())
    for k in range(PYRAMID_LEVELS):
        coarse = F.avg_pool2d(level, 2)
        detail = level - F.interpolate(
            coarse, size=level.shape[-2:], mode="bilinear", align_corners=False
        )
        total = total + 2**k * detail.abs().sum()
        level = coarse
    share = sum(2**k / 4**k for k in range(PYRAMID_LEVELS))
    return total / (share * count.clamp(min=1))


def open_terms(outputs: Batch, batch: Batch, totals: Totals, recipe: Recipe) -> Terms:
    """Alpha, composition and Laplacian losses, weighted.

    Each is the mean of two: that of the network's alpha, and, ``fitted_weight`` times as heavy,
    that of the same alpha fitted to the picture's colours, as the engine delivers it.

    ``outputs["alpha"]`` is the raw prediction, N x 1 x H x W; ``batch`` holds ``alpha``,
    ``unknown`` (N x 1 x H x W), for the fit ``trimap`` and ``image`` (N x 3 x H x W, in [0, 1]),
    for the composition ``foreground`` and ``background``. Windows of samples bring ``weight``,
    N x 1 x H x W: how many unknown pixels of its sample each unknown one stands for.
    """
    alpha, weight = outputs["alpha"], recipe.fitted_weight
    raw = _terms(alpha, batch, totals, recipe)
    if not weight:
        return raw
    fitted = _terms(fit_alpha(alpha, batch), batch, totals, recipe)
    return {name: (raw[name] + weight * fitted[name]) / (1 + weight) for name in raw}


def _terms(alpha: Tensor, batch: Batch, totals: Totals, recipe: Recipe) -> Terms:
    truth, count = batch["alpha"], totals.unknown
    mask = batch.get("weight", batch["unknown"])
    difference = alpha - truth
    terms = {"alpha": recipe.alpha_weight * masked_mean(difference.abs(), mask, count)}
    if recipe.composition_weight:
        # The composition's error is the alpha's, scaled by how far apart the layers' colours are.
        colours = batch["foreground"] - batch["background"]
        error = masked_mean((difference * colours).abs(), mask, count)
        terms["composition"] = recipe.composition_weight * error
    if recipe.laplacian_weight:
        error = laplacian_loss(alpha, truth, mask, count)
        terms["laplacian"] = recipe.laplacian_weight * error
    return terms
