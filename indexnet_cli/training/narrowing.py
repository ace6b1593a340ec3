"""A network's weights for one of the same kind with fewer channels inside.

Of the channels behind a ReLU6, those are kept from which the others follow best by least squares,
as far as their reader is concerned; the reader's weights take the others over. A channel that is
constant over the pictures costs nothing to leave out.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import chain

import torch
from torch import Tensor, nn

from indexnet_cli.models.indexnet.network import IndexNet
from indexnet_cli.training.hidden_channels import Hidden, decoder_channels, hidden_channels

_DAMPING = 1e-4  # of a channel's mean square: pictures that were not seen should fit, too
_SPENT = 1e-9  # of a channel's mean square: what is left of it is rounding


@dataclass(frozen=True)
class Moments:
    """Of C channels: means (C) and means of products (C x C), both in float64."""

    mean: Tensor
    products: Tensor


@torch.no_grad()
def narrow(wide: IndexNet, slim: IndexNet, inputs: Sequence[Tensor]) -> None:
    """Fill ``slim`` with what it can hold of ``wide``, which is used up.

    ``inputs``, N x 4 x H x W each, are the pictures over which the difference is made small. Raises
    ``ValueError`` where ``slim`` has more channels, or differs in others than those behind a ReLU6.
    """
    wide.eval()
    shrunk = [
        (part, wanted.width)
        for part, wanted in zip(_parts(wide), _parts(slim), strict=True)
        if part.width != wanted.width
    ]
    if any(part.width < width for part, width in shrunk):
        raise ValueError("the network to be filled is wider")
    moments = _moments(wide, [part for part, _ in shrunk], inputs)
    for (part, width), seen in reversed(list(zip(shrunk, moments, strict=True))):
        _shrink(part, width, seen)  # the last first: ``first`` counts the channels before it
    given, wanted = (network.state_dict() for network in (wide, slim))
    if [(k, v.shape) for k, v in given.items()] != [(k, v.shape) for k, v in wanted.items()]:
        raise ValueError("the networks differ in more than the channels inside their parts")
    slim.load_state_dict(given)


def _parts(network: IndexNet) -> Iterator[Hidden]:
    """Where channels can be left out, in the same order for all widths."""
    return chain(hidden_channels(network), decoder_channels(network))


def _moments(
    network: nn.Module, parts: Sequence[Hidden], inputs: Sequence[Tensor]
) -> list[Moments]:
    """The moments of the channels behind each ReLU6 over ``inputs``."""
    sums: dict[nn.Module, list[Tensor]] = {part.relu: [] for part in parts}

    def note(relu: nn.Module, _inputs: object, output: Tensor) -> None:
        rows = output.transpose(0, 1).flatten(1).double()
        sums[relu].append(torch.cat([rows, torch.ones_like(rows[:1])]) @ rows.T / rows.shape[1])

    hooks = [part.relu.register_forward_hook(note) for part in parts]
    for x in inputs:
        network(x)
    for hook in hooks:
        hook.remove()
    means = (torch.stack(sums[part.relu]).mean(0) for part in parts)
    return [Moments(mean[-1], mean[:-1]) for mean in means]


def _shrink(part: Hidden, width: int, seen: Moments) -> None:
    """Leave all but ``width`` channels of ``part`` out, in place."""
    span = slice(part.first, part.first + part.width)
    weight = part.reader.weight[:, span].double()
    # A norm behind the reader takes up what is constant. Without one, or where the reader sees
    # zeros beyond the border, a constant channel has to.
    norm = part.norm if part.reader.kernel_size == (1, 1) else None
    shift = torch.zeros_like(seen.mean) if norm is None else seen.mean
    spread = seen.products - torch.outer(shift, shift)
    spread.diagonal().add_(_DAMPING * seen.products.diagonal() + 1e-12)
    kept = choose(spread, weight.transpose(0, 1).flatten(1), width)
    mix = torch.linalg.solve(spread[kept][:, kept], spread[kept]).T  # C x width: all of the kept
    if norm is not None:
        assert norm.running_mean is not None
        norm.running_mean.sub_(weight[:, :, 0, 0] @ (shift - mix @ shift[kept]))
    taken = torch.einsum("ocij,ck->okij", weight, mix).to(part.reader.weight.dtype)
    whole = part.reader.weight
    pieces = [whole[:, : span.start], taken, whole[:, span.stop :]]
    part.reader.weight = nn.Parameter(torch.cat(pieces, dim=1))
    for conv, behind in part.makers:
        conv.weight = nn.Parameter(conv.weight[kept])
        for name, value in [*behind.named_parameters(), *behind.named_buffers()]:
            if value.ndim:  # all but the batch counter
                setattr(behind, name, type(value)(value[kept]))


def choose(spread: Tensor, weight: Tensor, width: int) -> Tensor:
    """The numbers of ``width`` of C channels, in order, chosen one after the other.

    Each is the one that leaves least of what its reader makes of the channels unexplained by those
    chosen. ``spread``, C x C: means of products; ``weight``, C x R: what each channel gives to the
    reader's R sums.
    """
    left, effect = spread.clone(), weight.T @ spread
    least = _SPENT * spread.diagonal()
    chosen: list[int] = []
    for _ in range(width):
        own = left.diagonal()
        gain = torch.where(own > least, effect.square().sum(0) / own, -1.0)
        gain[chosen] = -torch.inf
        best = int(gain.argmax())
        chosen.append(best)
        if own[best] > least[best]:
            row = left[best] / own[best]
            effect = effect - torch.outer(effect[:, best], row)
            left = left - torch.outer(left[best], row)
    return torch.tensor(sorted(chosen))
