"""Losses of IndexNet Matting (Lu et al., ICCV 2019), as its authors and OpenMMLab compute them.

Both are means over samples of what each sample's unknown pixels give. A sample without an unknown
pixel counts as one with a single one, where the published programs divide by zero.
"""

from __future__ import annotations

from torch import Tensor

from indexnet_cli.training.losses.totals import Batch, Terms, Totals
from indexnet_cli.training.recipe import Recipe

EPSILON_SQUARED = 1e-12


def composition_error(alpha: Tensor, batch: Batch) -> Tensor:
    """What ``alpha`` composes, less the picture; N x 3 x H x W."""
    composed = alpha * batch["foreground"] + (1 - alpha) * batch["background"]
    return composed - batch["image"]


def over_unknown(sums: Tensor, mask: Tensor, samples: float) -> Tensor:
    """Each sample's sum over its unknown pixels' number, over ``samples``; from N x C x H x W."""
    return (sums.sum((1, 2, 3)) / mask.sum((1, 2, 3)).clamp(min=1)).sum() / samples


def official_terms(outputs: Batch, batch: Batch, totals: Totals, recipe: Recipe) -> Terms:
    """The authors': masked before the root, so that every known pixel adds 1e-6.

    The composition's error is summed, not averaged, over the three colours.
    """
    alpha, mask = outputs["alpha"], batch["unknown"]

    def distance(error: Tensor) -> Tensor:
        root = ((error * mask).square() + EPSILON_SQUARED).sqrt()
        return over_unknown(root, mask, totals.samples)

    terms = {"alpha": recipe.alpha_weight * distance(alpha - batch["alpha"])}
    if recipe.composition_weight:
        error = distance(composition_error(alpha, batch))
        terms["composition"] = recipe.composition_weight * error
    return terms


def openmmlab_terms(outputs: Batch, batch: Batch, totals: Totals, recipe: Recipe) -> Terms:
    """OpenMMLab's: masked after the root; the composition's error is averaged over the colours."""
    alpha, mask = outputs["alpha"], batch["unknown"]

    def distance(error: Tensor) -> Tensor:
        root = (error.square() + EPSILON_SQUARED).sqrt() * mask
        return over_unknown(root, mask, totals.samples) / error.shape[1]

    terms = {"alpha": recipe.alpha_weight * distance(alpha - batch["alpha"])}
    if recipe.composition_weight:
        error = distance(composition_error(alpha, batch))
        terms["composition"] = recipe.composition_weight * error
    return terms
