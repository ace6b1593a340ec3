"""The channels inside the parts of a network that nothing but one convolution reads."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

import torch
from torch import Tensor, nn

from indexnet_cli.models.indexnet.aspp import ASPP
from indexnet_cli.models.indexnet.index_blocks import DepthwiseIndexBlock
from indexnet_cli.models.indexnet.layers import InvertedResidual
from indexnet_cli.models.indexnet.network import IndexNet

Pair = tuple[nn.Conv2d, nn.BatchNorm2d]
_LIVELY = 1.0  # the bias of a drawn channel's norm: ReLU6 clips a sixth of its values


@dataclass(frozen=True)
class Hidden:
    """Channels behind a ReLU6 that one convolution reads.

    ``makers``: the convolutions and norms between the block's input and ``relu``, a row of each
    for every channel. The reader's inputs begin with ``first``; ``norm`` follows the reader.
    """

    relu: nn.ReLU6
    makers: tuple[Pair, ...]
    reader: nn.Conv2d
    norm: nn.BatchNorm2d | None
    first: int = 0

    @property
    def width(self) -> int:
        """How many channels they are."""
        return self.makers[-1][1].num_features


def hidden_channels(network: nn.Module) -> Iterator[Hidden]:
    """Those of inverted residuals, ASPP and nonlinear index blocks, read by 1 x 1 convolutions."""
    for module in network.modules():
        if isinstance(module, InvertedResidual):
            yield _between(list(module.conv), pairs_of(module.conv))
        elif isinstance(module, ASPP):
            yield from _of_aspp(module)
        elif isinstance(module, DepthwiseIndexBlock) and module.joinable:
            for branch in module.branches:
                yield _between(list(branch), pairs_of(branch))


def decoder_channels(network: IndexNet) -> Iterator[Hidden]:
    """What a decoder layer gives to the next one of the same resolution, or to the head.

    Between others an index map lies.
    """
    for stage in (*network.stages, network.bottom_levels):
        names = [f"decoder_layer{level}.dconv" for level in reversed(stage)]
        names += ["pred.0"] if 0 in stage else []
        for above, below in pairwise(network.get_submodule(name) for name in names):
            *_, relu = above.children()
            reader, norm = pairs_of(below)[0]
            assert isinstance(relu, nn.ReLU6)
            if reader.groups == 1:
                yield Hidden(relu, pairs_of(above)[-1:], reader, norm)


def _of_aspp(aspp: ASPP) -> Iterator[Hidden]:
    reader, norm = pairs_of(aspp.bottleneck_conv)[0]
    first = 0
    for branch in aspp.branches:
        layers, pairs = list(branch.children()), pairs_of(branch)
        if len(pairs) == 2:  # depthwise, then 1 x 1
            yield _between(layers, pairs)
        relu = layers[-1]
        assert isinstance(relu, nn.ReLU6)
        yield Hidden(relu, pairs[-1:], reader, norm, first)
        first += pairs[-1][0].out_channels


def pairs_of(stack: nn.Module) -> tuple[Pair, ...]:
    """The convolutions of ``stack`` with the norm behind each."""
    layers = list(stack.children())
    return tuple(
        (conv, norm)
        for conv, norm in pairwise(layers)
        if isinstance(conv, nn.Conv2d) and isinstance(norm, nn.BatchNorm2d)
    )


@torch.no_grad()
def redraw(conv: nn.Conv2d, norm: nn.BatchNorm2d, channels: Tensor | slice) -> None:
    """Draw some of a pair's channels; the statistics of ``norm`` are to be taken yet."""
    conv.weight[channels] = torch.randn_like(conv.weight[channels]) / conv.weight[0].numel() ** 0.5
    norm.weight[channels], norm.bias[channels] = 1.0, _LIVELY


def _between(layers: Sequence[nn.Module], pairs: tuple[Pair, ...]) -> Hidden:
    """What lies before the last convolution of a stack."""
    place = max(n for n, layer in enumerate(layers) if isinstance(layer, nn.Conv2d))
    reader, relu = layers[place], layers[place - 1]
    assert isinstance(reader, nn.Conv2d)
    assert isinstance(relu, nn.ReLU6)
    behind = layers[place + 1] if place + 1 < len(layers) else None
    norm = behind if isinstance(behind, nn.BatchNorm2d) else None
    return Hidden(relu, tuple(pair for pair in pairs if pair[0] is not reader), reader, norm)
