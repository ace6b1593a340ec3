"""Losses of AimNet (Li et al., IJCAI 2021), on its three outputs; all colours normalised."""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional as F

from indexnet_cli.models.aimnet.fusion import BACKGROUND_CLASS, FOREGROUND_CLASS, TRANSITION_CLASS
from indexnet_cli.models.registry import IMAGENET_STD
from indexnet_cli.training.losses.indexnet import EPSILON_SQUARED, composition_error
from indexnet_cli.training.losses.totals import Batch, Terms, Totals
from indexnet_cli.training.recipe import Recipe

PYRAMID_LEVELS = 5
KERNEL_RADIUS = 2


def charbonnier(difference: Tensor) -> Tensor:
    """The smooth absolute value, element by element."""
    return (difference.square() + EPSILON_SQUARED).sqrt()


def cross_entropy(scores: Tensor, trimap: Tensor, totals: Totals) -> Tensor:
    """Cross-entropy of the sigmoids N x 3 x H x W taken as logits, as published.

    ``trimap`` N x 1 x H x W in [0, 1] gives the class.
    """
    target = torch.full_like(trimap[:, 0], TRANSITION_CLASS, dtype=torch.long)
    target[trimap[:, 0] == 0] = BACKGROUND_CLASS
    target[trimap[:, 0] == 1] = FOREGROUND_CLASS
    return F.cross_entropy(scores, target, reduction="sum") / totals.pixels


def blur_kernel() -> Tensor:
    """The published 5 x 5 kernel: a sum of Gaussians along the axes, where a product was meant."""
    offsets = torch.arange(-KERNEL_RADIUS, KERNEL_RADIUS + 1, dtype=torch.float32)
    gaussian = torch.exp(-offsets.square() / 2)
    kernel = gaussian.square()[:, None] + gaussian.square()[None, :]
    return (kernel / kernel.sum())[None, None]


def pyramid(x: Tensor) -> list[Tensor]:
    """Laplacian pyramid of N x 1 x H x W: five levels, finest first, and the residue."""
    kernel = blur_kernel().to(x)
    levels = []
    for _ in range(PYRAMID_LEVELS):
        blurred = F.conv2d(F.pad(x, (KERNEL_RADIUS,) * 4, mode="replicate"), kernel)
        levels.append(x - blurred)
        x = F.avg_pool2d(blurred, 2)
    return [*levels, x]


def laplacian_loss(alpha: Tensor, truth: Tensor, totals: Totals) -> Tensor:
    """Sum over the levels of the mean absolute difference, all weighted alike."""
    means = [
        level.abs().sum() / (totals.samples * level[0].numel()) for level in pyramid(alpha - truth)
    ]
    return torch.stack(means).sum()


def aimnet_terms(outputs: Batch, batch: Batch, totals: Totals, recipe: Recipe) -> Terms:
    """Semantic classes; alpha and Laplacian of the transition; alpha, Laplacian and composition
    of the whole picture, with the recipe's weights."""
    truth, mask = batch["alpha"], batch["unknown"]
    matting, fused = outputs["matting"], outputs["fused"]
    terms = {}

    def add(name: str, weight: float, error: Tensor) -> None:
        terms[name] = weight * error

    if weight := recipe.cross_entropy_weight:
        add("classes", weight, cross_entropy(outputs["scores"], batch["trimap"], totals))
    if weight := recipe.alpha_weight:
        distance = charbonnier((matting - truth) * mask).sum() / (totals.unknown + 1)
        add("alpha", weight, distance)
    if weight := recipe.laplacian_weight:
        add("laplacian", weight, laplacian_loss(matting * mask, truth * mask, totals))
    if weight := recipe.whole_alpha_weight:
        add("whole alpha", weight, charbonnier(fused - truth).sum() / totals.pixels)
    if weight := recipe.whole_laplacian_weight:
        add("whole laplacian", weight, laplacian_loss(fused, truth, totals))
    if weight := recipe.composition_weight:
        std = fused.new_tensor(IMAGENET_STD)[:, None, None]
        error = charbonnier(composition_error(fused, batch) / std).sum() / totals.pixels
        add("composition", weight, error)
    return terms
