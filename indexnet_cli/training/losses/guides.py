"""Losses of the guides of training/windows.py: alpha of whole samples in smaller sizes."""

from __future__ import annotations

from torch.nn import functional as F

from indexnet_cli.training.losses.open import laplacian_loss, masked_mean
from indexnet_cli.training.losses.totals import Batch, Terms, Totals
from indexnet_cli.training.recipe import Recipe


def guide_terms(outputs: Batch, batch: Batch, totals: Totals, recipe: Recipe) -> Terms:
    """Alpha and Laplacian losses at half the size, alpha loss at an eighth and at the bottom.

    ``outputs["at_half"]``, N x 1 x H/2 x W/2, ``outputs["at_eighth"]``, N x 1 x H/8 x W/8, and, if
    it is there, ``outputs["at_bottom"]``, as small as the network goes, are compared with the means
    of ``whole_alpha``; a pixel counts by its share of ``whole_unknown`` (both N x 1 x H x W).
    Weighted.
    """
    terms: Terms = {}
    for name, weight in (
        ("half", recipe.half_weight),
        ("eighth", recipe.eighth_weight),
        ("bottom", recipe.bottom_weight),
    ):
        if f"at_{name}" not in outputs:
            continue
        alpha = outputs[f"at_{name}"]
        factor = batch["whole_alpha"].shape[-1] // alpha.shape[-1]
        truth, unknown = (
            F.avg_pool2d(batch[f"whole_{plane}"], factor) for plane in ("alpha", "unknown")
        )
        count = totals.unknown / factor**2
        error = masked_mean((alpha - truth).abs(), unknown, count)
        if name == "half":
            error = error + laplacian_loss(alpha, truth, unknown, count)
        terms[name] = weight * error
    return terms
