"""The fit to colours of what a network predicts for a batch."""

from __future__ import annotations

import torch
from torch import Tensor

from indexnet_cli.models.colour_lines import fit_colours


def fit_alpha(alpha: Tensor, batch: dict[str, Tensor]) -> Tensor:
    """The prediction ``alpha`` N x 1 x H x W as the engine would deliver it; differentiable.

    ``batch`` holds ``image`` N x 3 x H x W, ``trimap`` and ``unknown`` N x 1 x H x W, in [0, 1].
    """
    known = torch.where(batch["unknown"] > 0, alpha.clamp(0, 1), batch["trimap"])
    return fit_colours(known, batch["image"], batch["unknown"])
