"""Channels that ReLU6 holds still are drawn anew, and what the network computes stays the same.

With fixed batch norm, training can drive a channel to where ReLU6 gives 0, or 6, for every picture.
No gradient gets through there, so that it stays: room that the network has and does not use. What
its reader makes of the constant goes over into the reader's batch norm (or, where there is none,
into another constant channel); its weights into the reader become 0, and those that make it are
drawn. From then on it learns.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

import torch
from torch import Tensor, nn

from indexnet_cli.models.indexnet.aspp import ASPP
from indexnet_cli.models.indexnet.index_blocks import DepthwiseIndexBlock
from indexnet_cli.models.indexnet.layers import InvertedResidual
from indexnet_cli.training.norm_statistics import moments_of, rebase

LEAST_SPREAD = 0.02  # standard deviation, where ReLU6 gives 0 to 6
_LIVELY = 1.0  # the bias of a drawn channel's norm: ReLU6 clips a sixth of its values
_A_BIAS = 0.05  # a constant that is large enough to stand for others

Pair = tuple[nn.Conv2d, nn.BatchNorm2d]


@dataclass(frozen=True)
class Hidden:
    """Channels behind a ReLU6 that one 1 x 1 convolution reads.

    ``makers``: the convolutions and norms between the block's input and ``relu``, a row of each
    for every channel. The reader's inputs begin with ``first``; ``norm`` follows the reader.
    """

    relu: nn.ReLU6
    makers: tuple[Pair, ...]
    reader: nn.Conv2d
    norm: nn.BatchNorm2d | None
    first: int = 0


def hidden_channels(network: nn.Module) -> Iterator[Hidden]:
    """Those of inverted residuals, ASPP and nonlinear index blocks, from the input on.

    A decoder's channels are not among them: index maps lie between them and their reader.
    """
    for module in network.modules():
        if isinstance(module, InvertedResidual):
            yield _between(list(module.conv), _pairs(module.conv))
        elif isinstance(module, ASPP):
            yield from _of_aspp(module)
        elif isinstance(module, DepthwiseIndexBlock) and module.joinable:
            for branch in module.branches:
                yield _between(list(branch), _pairs(branch))


def _of_aspp(aspp: ASPP) -> Iterator[Hidden]:
    reader, norm = _pairs(aspp.bottleneck_conv)[0]
    branches = [aspp.get_submodule(f"aspp{n}.atrous_conv") for n in range(1, 5)]
    first = 0
    for branch in [*branches, aspp.global_avg_pool]:
        layers, pairs = list(branch.children()), _pairs(branch)
        if len(pairs) == 2:  # depthwise, then 1 x 1
            yield _between(layers, pairs)
        relu = layers[-1]
        assert isinstance(relu, nn.ReLU6)
        yield Hidden(relu, pairs[-1:], reader, norm, first)
        first += pairs[-1][0].out_channels


def _pairs(stack: nn.Module) -> tuple[Pair, ...]:
    """The convolutions of a stack with the norm behind each."""
    layers = list(stack.children())
    return tuple(
        (conv, norm)
        for conv, norm in pairwise(layers)
        if isinstance(conv, nn.Conv2d) and isinstance(norm, nn.BatchNorm2d)
    )


def _between(layers: Sequence[nn.Module], pairs: tuple[Pair, ...]) -> Hidden:
    """What lies before the last convolution of a stack."""
    place = max(n for n, layer in enumerate(layers) if isinstance(layer, nn.Conv2d))
    reader, relu = layers[place], layers[place - 1]
    assert isinstance(reader, nn.Conv2d)
    assert isinstance(relu, nn.ReLU6)
    behind = layers[place + 1] if place + 1 < len(layers) else None
    norm = behind if isinstance(behind, nn.BatchNorm2d) else None
    return Hidden(relu, tuple(pair for pair in pairs if pair[0] is not reader), reader, norm)


@torch.no_grad()
def revive(network: nn.Module, inputs: Sequence[Tensor]) -> int:
    """Draw anew what is constant over ``inputs``, N x 4 x H x W each; how many channels that is.

    Every norm takes the statistics of ``inputs``, with the function that it had. Leaves the
    network in evaluation mode.
    """
    network.eval()
    norms = {n: m for n, m in network.named_modules() if isinstance(m, nn.BatchNorm2d)}
    for name, moments in moments_of(network, norms, inputs).items():
        rebase(norms[name], *moments)
    hidden = list(hidden_channels(network))
    levels = _levels(network, hidden, inputs)
    drawn = [_replace(part, *level) for part, level in zip(hidden, levels, strict=True)]
    for depth in range(max((len(part.makers) for part in hidden), default=0)):
        fresh = {
            str(number): (part.makers[depth][1], channels)
            for number, (part, channels) in enumerate(zip(hidden, drawn, strict=True))
            if depth < len(part.makers)
        }
        found = moments_of(network, {key: norm for key, (norm, _) in fresh.items()}, inputs)
        for key, (norm, channels) in fresh.items():
            _take(norm, channels, *found[key])
    return sum(len(channels) for channels in drawn)


def _levels(
    network: nn.Module, hidden: Sequence[Hidden], inputs: Sequence[Tensor]
) -> list[tuple[Tensor, Tensor]]:
    """Mean and standard deviation of every channel behind each ReLU6."""
    sums: dict[nn.Module, list[Tensor]] = {part.relu: [] for part in hidden}

    def note(relu: nn.Module, _inputs: object, output: Tensor) -> None:
        y = output.double()
        sums[relu].append(torch.stack([y.mean((0, 2, 3)), y.square().mean((0, 2, 3))]))

    hooks = [part.relu.register_forward_hook(note) for part in hidden]
    for x in inputs:
        network(x)
    for hook in hooks:
        hook.remove()
    moments = [torch.stack(sums[part.relu]).mean(0) for part in hidden]
    return [
        (mean.float(), (square - mean.square()).clamp(min=0).sqrt().float())
        for mean, square in moments
    ]


def _replace(hidden: Hidden, mean: Tensor, spread: Tensor) -> Tensor:
    """Draw the constant channels; returns their numbers. Their statistics are to be taken yet."""
    dead = torch.nonzero(spread < LEAST_SPREAD)[:, 0]
    if not len(dead):
        return dead
    weight = hidden.reader.weight
    given = weight[:, dead + hidden.first, 0, 0] @ mean[dead]
    if hidden.norm is not None:
        assert hidden.norm.running_mean is not None
        hidden.norm.running_mean -= given
    else:
        largest = dead[mean[dead].argmax()]
        if mean[largest] > _A_BIAS:  # stays as it is, for all of them
            weight[:, largest, 0, 0] = given / mean[largest]
            dead = dead[dead != largest]
    weight[:, dead + hidden.first] = 0
    for conv, norm in hidden.makers:
        conv.weight[dead] = torch.randn_like(conv.weight[dead]) / conv.weight[0].numel() ** 0.5
        norm.weight[dead], norm.bias[dead] = 1.0, _LIVELY
    return dead


def _take(norm: nn.BatchNorm2d, channels: Tensor, mean: Tensor, variance: Tensor) -> None:
    assert norm.running_mean is not None
    assert norm.running_var is not None
    norm.running_mean[channels] = mean[channels]
    norm.running_var[channels] = variance[channels]
