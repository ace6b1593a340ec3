"""ImageNet's VGG-16 as the encoder of Deep Image Matting.

As the published PyTorch implementation starts its training: the thirteen convolutions are taken
over, the first one gets a fourth input plane (the trimap's) of zeros. The fully connected layers
have no counterpart: conv6_1 starts from random values.
"""

from __future__ import annotations

from collections.abc import Mapping

import torch
from torch import Tensor

from indexnet_cli.errors import CheckpointError

LAYERS = {
    0: "conv1_1",
    2: "conv1_2",
    5: "conv2_1",
    7: "conv2_2",
    10: "conv3_1",
    12: "conv3_2",
    14: "conv3_3",
    17: "conv4_1",
    19: "conv4_2",
    21: "conv4_3",
    24: "conv5_1",
    26: "conv5_2",
    28: "conv5_3",
}
PLANES = 4


def dim_encoder_from_vgg16(state: Mapping[str, Tensor], origin: str) -> dict[str, Tensor]:
    """The 26 tensors ``conv1_1.weight`` to ``conv5_3.bias`` from torchvision's ``features.N``.

    Raises ``CheckpointError`` that names ``origin`` if ``state`` is not VGG-16 without batch norm.
    """
    converted: dict[str, Tensor] = {}
    for position, layer in LAYERS.items():
        weight = state.get(f"features.{position}.weight")
        bias = state.get(f"features.{position}.bias")
        if weight is None or bias is None or weight.ndim != PLANES:
            raise CheckpointError(
                f"{origin} is not VGG-16 without batch norm: features.{position} is no convolution",
                "`indexnet weights pull vgg16.imagenet` fetches one that is",
            )
        converted[f"{layer}.weight"], converted[f"{layer}.bias"] = weight, bias
    first = converted["conv1_1.weight"]
    missing = PLANES - first.shape[1]
    trimap = first.new_zeros(first.shape[0], missing, *first.shape[2:])
    converted["conv1_1.weight"] = torch.cat([first, trimap], dim=1)
    return converted
