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
from indexnet_cli.training.hidden_channels import pairs_of, redraw
from indexnet_cli.training.norm_statistics import moments_of, rebase


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
    near, *far = aspp.branches
    features = [_deepest(network, x) for x in inputs]
    _silence(aspp, near, features)
    offset = _centre(network, near, inputs)
    centred = [x - offset[:, None, None] for x in features]
    for conv, norm in (pair for branch in far for pair in pairs_of(branch)):
        redraw(conv, norm, slice(None))
        norm.running_mean, norm.running_var = _moments(aspp, norm, centred)


def _deepest(network: IndexNet, x: Tensor) -> Tensor:
    """What ASPP reads; all that it gives follows from that, without the rest of the network."""
    for stage in range(len(network.stages)):
        x = network.encode(stage, x).pooled
    return network.deepest(x)


def _silence(aspp: ASPP, near: nn.Module, features: Sequence[Tensor]) -> None:
    """Read the 1 x 1 branch alone, and of the others the mean."""
    [(reader, norm)] = pairs_of(aspp.bottleneck_conv)
    [(kept, _)] = pairs_of(near)
    assert norm.running_mean is not None
    before, _ = _moments(aspp, norm, features)
    reader.weight[:, kept.out_channels :] = 0
    norm.running_mean -= before - _moments(aspp, norm, features)[0]


def _centre(network: IndexNet, near: nn.Module, inputs: Sequence[Tensor]) -> Tensor:
    """Take the mean out of the features that ASPP reads, and tell its 1 x 1 branch of it.

    Returns that mean, one value a channel.
    """
    *_, (_, norm) = pairs_of(network.get_submodule("layer7.0.conv"))
    [(reader, behind)] = pairs_of(near)
    assert behind.running_mean is not None
    rebase(norm, *_moments(network, norm, inputs))  # whose bias is the mean of what it gives
    offset = norm.bias.clone()
    behind.running_mean -= reader.weight[:, :, 0, 0] @ offset
    nn.init.zeros_(norm.bias)
    return offset


def _moments(
    network: nn.Module, norm: nn.BatchNorm2d, inputs: Sequence[Tensor]
) -> tuple[Tensor, Tensor]:
    return moments_of(network, {"": norm}, inputs)[""]
