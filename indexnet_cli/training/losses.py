"""Losses of the open recipe, over the unknown region.

All take N x 1 x H x W float32 predictions, truth and a 0/1 mask of the unknown region.
"""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional as F

from indexnet_cli.training.recipe import Recipe

PYRAMID_LEVELS = 4


def masked_mean(values: Tensor, mask: Tensor) -> Tensor:
    """Mean of ``values`` (N x C x H x W) where ``mask`` is 1; 0 for an empty mask."""
    return (values * mask).sum() / (mask.sum() * values.shape[1]).clamp(min=1)


def laplacian_loss(alpha: Tensor, truth: Tensor, mask: Tensor) -> Tensor:
    """L1 distance of the Laplacian pyramids, level k weighted 2^k (Hou and Liu, ICCV 2019, eq. 4).

    The difference is taken first: the pyramid is linear.
    """
    level = (alpha - truth) * mask
    total = level.new_zeros(())
    for k in range(PYRAMID_LEVELS):
        coarse = F.avg_pool2d(level, 2)
        detail = level - F.interpolate(
            coarse, size=level.shape[-2:], mode="bilinear", align_corners=False
        )
        total = total + 2**k * detail.abs().sum() * 4**k
        level = coarse
    weights = sum(2**k for k in range(PYRAMID_LEVELS))
    return total / (weights * mask.sum().clamp(min=1))


def open_loss(alpha: Tensor, batch: dict[str, Tensor], recipe: Recipe) -> Tensor:
    """Weighted sum of alpha, composition and Laplacian losses.

    ``alpha`` is the raw prediction, N x 1 x H x W; ``batch`` holds ``alpha``, ``unknown``
    (N x 1 x H x W) and ``foreground``, ``background`` (N x 3 x H x W, in [0, 1]).
    """
    truth, mask = batch["alpha"], batch["unknown"]
    difference = alpha - truth
    loss = recipe.alpha_weight * masked_mean(difference.abs(), mask)
    # The composition's error is the alpha's, scaled by how far apart the two layers' colours are.
    colours = batch["foreground"] - batch["background"]
    loss = loss + recipe.composition_weight * masked_mean((difference * colours).abs(), mask)
    return loss + recipe.laplacian_weight * laplacian_loss(alpha, truth, mask)


def unknown_error(alpha: Tensor, batch: dict[str, Tensor]) -> tuple[float, float]:
    """Mean absolute and mean squared error of the clipped alpha over the unknown region."""
    difference = alpha.clamp(0, 1) - batch["alpha"]
    absolute = masked_mean(difference.abs(), batch["unknown"])
    squared = masked_mean(difference.square(), batch["unknown"])
    return float(absolute), float(squared)


def network_input(image: Tensor, trimap: Tensor, mean: Tensor, std: Tensor) -> Tensor:
    """Image (N x 3 x H x W) and trimap (N x 1 x H x W), both in [0, 1], as the network's input."""
    return torch.cat([(image - mean) / std, trimap], dim=1)
