"""How opaque the transition is: AimNet's matting decoder."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from indexnet_cli.models.aimnet.encoder import Features
from indexnet_cli.models.aimnet.layers import conv_norm_relu
from indexnet_cli.models.aimnet.semantic_branch import DECODER_CHANNELS, DEEPEST
from indexnet_cli.models.aimnet.unpooling import max_unpool


def build_matting_branch() -> dict[str, nn.Module]:
    """The decoder's parts under their published names, to be registered by the network."""
    parts: dict[str, nn.Module] = {
        "bridge_block": conv_norm_relu(DEEPEST, DEEPEST, DEEPEST, DEEPEST, dilation=2)
    }
    for level, stack in DECODER_CHANNELS.items():
        parts[f"decoder{level}_l"] = conv_norm_relu(*stack)
    parts["decoder_final_l"] = nn.Conv2d(64, 1, 3, padding=1)
    return parts


def run_matting_branch(network: nn.Module, features: Features, attention: Tensor) -> Tensor:
    """Alpha N x 1 x H x W in (0, 1), meant for the transition.

    ``attention`` N x 1 x H x W of the semantic branch says where to look.
    """
    part = network.get_submodule
    x = part("bridge_block")(features.maps[4])
    for level in (4, 3, 2, 1):
        x = part(f"decoder{level}_l")(torch.cat([x, features.maps[level]], dim=1))
        x = max_unpool(x, features.indices[level])
    # Nothing was computed between the first two poolings, so nothing is between their reversals.
    x = max_unpool(x, features.indices[0])
    x = torch.cat([x, features.maps[0]], dim=1)
    x = part("decoder0_l")(x)
    x = x + x * attention
    return torch.sigmoid(part("decoder_final_l")(x))
