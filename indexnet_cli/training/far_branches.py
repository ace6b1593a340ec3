"""ASPP's branches that look far, drawn anew where they have learnt nothing but the border.

Beyond the border a convolution reads zeros. If its features lie far from zero, for how much they
vary, the taps that lie outside decide what it gives; the norm behind brings that to size, and what
the picture says to next to nothing. The encoder ends in a convolution without activation, whose
offset nothing keeps small, and ASPP's dilated kernels read that as it is: they may come to tell
where the border is, and of a large picture nothing at all.
"""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor, nn

from indexnet_cli.errors import UsageError
from indexnet_cli.models.indexnet.aspp import ASPP
from indexnet_cli.models.indexnet.network import IndexNet
from indexnet_cli.training.hidden_channels import pairs_of
from indexnet_cli.training.norm_statistics import moments_of, rebase

_LIVELY = 1.0  # the bias of a drawn channel's norm: ReLU6 clips a sixth of its values


@torch.no_grad()
def redraw_far_branches(network: nn.Module, inputs: Sequence[Tensor]) -> None:
    """Draw ASPP's dilated branches and its global pooling, upon features with a mean of zero.

    What they gave goes over, as its mean over ``inputs`` (N x 4 x H x W each), into the norm
    behind them; nothing reads what they give now until that has been learnt. All else the network
    computes as before. Leaves it in evaluation mode. Raises UsageError for one without ASPP.
    """
    if not isinstance(network, IndexNet) or not isinstance(network.dconv_pp, ASPP):
        raise UsageError("redraw_far = True: the recipe's model has no ASPP")
    network.eval()
    aspp = network.dconv_pp
    far = [*(aspp.get_submodule(f"aspp{n}.atrous_conv") for n in (2, 3, 4)), aspp.global_avg_pool]
    _silence(network, aspp, inputs)
    _centre(network, aspp, inputs)
    for branch in far:
        for conv, norm in pairs_of(branch):
            nn.init.normal_(conv.weight, std=conv.weight[0].numel() ** -0.5)
            nn.init.ones_(norm.weight)
            nn.init.constant_(norm.bias, _LIVELY)
            mean, variance = _moments(network, norm, inputs)
            norm.running_mean, norm.running_var = mean, variance


def _silence(network: nn.Module, aspp: ASPP, inputs: Sequence[Tensor]) -> None:
    """Read the 1 x 1 branch alone, and of the others the mean."""
    [(reader, norm)] = pairs_of(aspp.bottleneck_conv)
    [(near, _)] = pairs_of(aspp.aspp1.atrous_conv)
    assert norm.running_mean is not None
    before, _ = _moments(network, norm, inputs)
    reader.weight[:, near.out_channels :] = 0
    norm.running_mean -= before - _moments(network, norm, inputs)[0]


def _centre(network: IndexNet, aspp: ASPP, inputs: Sequence[Tensor]) -> None:
    """Take the mean out of the features that ASPP reads; its 1 x 1 branch knows it from now on."""
    *_, (_, norm) = pairs_of(network.get_submodule("layer7.0.conv"))
    [(near, behind)] = pairs_of(aspp.aspp1.atrous_conv)
    assert behind.running_mean is not None
    rebase(norm, *_moments(network, norm, inputs))  # whose bias is the mean of what it gives
    behind.running_mean -= near.weight[:, :, 0, 0] @ norm.bias
    nn.init.zeros_(norm.bias)


def _moments(
    network: nn.Module, norm: nn.BatchNorm2d, inputs: Sequence[Tensor]
) -> tuple[Tensor, Tensor]:
    return moments_of(network, {"": norm}, inputs)[""]
