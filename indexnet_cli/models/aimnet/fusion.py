"""Two branches to one matte."""

from __future__ import annotations

import torch
from torch import Tensor

BACKGROUND_CLASS, TRANSITION_CLASS, FOREGROUND_CLASS = 0, 1, 2


def fuse(scores: Tensor, matting: Tensor) -> Tensor:
    """0 in the background, 1 in the foreground, ``matting`` in the transition; N x 1 x H x W.

    ``scores`` N x 3 x H x W: the class is the one of the highest score.
    """
    classes = scores.argmax(dim=1, keepdim=True)
    known = (classes == FOREGROUND_CLASS).to(matting.dtype)
    return torch.where(classes == TRANSITION_CLASS, matting, known)
