"""What is background, transition and foreground: AimNet's semantic decoder."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from indexnet_cli.models.aimnet.layers import conv_norm_relu
from indexnet_cli.models.aimnet.pyramid_pooling import PyramidPooling
from indexnet_cli.models.aimnet.squeeze_excitation import SqueezeExcitation

DEEPEST = 512
CLASSES = 3  # background, transition, foreground
# Level: what the pyramid contributes to the next level, and the decoder's convolutions. Level k
# doubles the resolution that is k + 1 halvings away from the picture's.
GUIDE_CHANNELS = {4: 256, 3: 128, 2: 64, 1: 64}
DECODER_CHANNELS = {
    4: (1024, 512, 512, 256),
    3: (512, 256, 256, 128),
    2: (256, 128, 128, 64),
    1: (128, 64, 64, 64),
    0: (128, 64, 64),
}


def build_semantic_branch() -> dict[str, nn.Module]:
    """The decoder's parts under their published names, to be registered by the network."""
    parts: dict[str, nn.Module] = {"psp_module": PyramidPooling(DEEPEST)}
    for level, channels in GUIDE_CHANNELS.items():
        parts[f"psp{level}"] = conv_norm_relu(DEEPEST, channels, upscale=2 ** (5 - level))
    for level, stack in DECODER_CHANNELS.items():
        parts[f"decoder{level}_g"] = conv_norm_relu(*stack, upscale=2)
        if level == 0:
            parts["decoder0_g_spatial"] = nn.Conv2d(2, 1, 7, padding=3)
        parts[f"decoder{level}_g_se"] = SqueezeExcitation(stack[-1])
    parts["decoder_final_g"] = nn.Conv2d(64, CLASSES, 3, padding=1)
    return parts


def run_semantic_branch(network: nn.Module, deepest: Tensor) -> tuple[Tensor, Tensor]:
    """Class scores N x 3 x H x W in (0, 1) and spatial attention N x 1 x H x W in (0, 1).

    ``deepest`` N x 512 x H/32 x W/32. Scores are of a sigmoid each: they do not sum to 1.
    """
    part = network.get_submodule
    pyramid = part("psp_module")(deepest)
    joined = torch.cat([pyramid, deepest], dim=1)
    for level in GUIDE_CHANNELS:
        x = part(f"decoder{level}_g_se")(part(f"decoder{level}_g")(joined))
        joined = torch.cat([part(f"psp{level}")(pyramid), x], dim=1)
    x = part("decoder0_g")(joined)
    del joined  # the largest of all maps
    extremes = torch.cat([x.mean(1, keepdim=True), x.amax(1, keepdim=True)], dim=1)
    attention = torch.sigmoid(part("decoder0_g_spatial")(extremes))
    scores = torch.sigmoid(part("decoder_final_g")(part("decoder0_g_se")(x)))
    return scores, attention
