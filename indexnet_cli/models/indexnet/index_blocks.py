"""Index blocks: from a feature map, where to keep and where to restore its detail.

Source: Lu et al., "Indices Matter", ICCV 2019, sections 4.1-4.3; normalisation and layout as in
the authors' release.
"""

from __future__ import annotations

from typing import Any, Literal

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from indexnet_cli.models.convolving import convolve
from indexnet_cli.models.folding import ConvStack, convolution, folded_weights, relu6_

IndexKind = Literal["holistic", "o2o", "m2o"]

CELL = 4  # pixels of a 2x2 cell: row-major (0,0), (0,1), (1,0), (1,1)
VECTOR_BYTES = 64  # of AVX-512


def _index_branch(
    in_channels: int,
    hidden: int,
    out_channels: int,
    groups: int,
    nonlinear: bool,
    context: bool,
) -> list[nn.Module]:
    kernel, padding = (4, 1) if context else (2, 0)
    if not nonlinear:
        return [nn.Conv2d(in_channels, out_channels, kernel, 2, padding, groups=groups, bias=False)]
    return [
        nn.Conv2d(in_channels, hidden, kernel, 2, padding, groups=groups, bias=False),
        nn.BatchNorm2d(hidden),
        nn.ReLU6(inplace=True),
        nn.Conv2d(hidden, out_channels, 1, groups=groups, bias=False),
    ]


def _cells_of(channels: Tensor) -> Tensor:
    """N x 4C x h x w, pixel by pixel of the cell, as N x C x 4 x h x w; a view."""
    n, _, h, w = channels.shape
    return channels.view(n, CELL, -1, h, w).transpose(1, 2)


def index_map(cells: Tensor) -> Tensor:
    """N x C x 4 x h x w cell values as the map N x C x 2h x 2w, each 2x2 cell filled row by row."""
    n, c, _, h, w = cells.shape
    return F.pixel_shuffle(cells.reshape(n, c * CELL, h, w), 2)


def _pixels_last(x: Tensor) -> Tensor:
    """``x`` (N x C x 2h x 2w) as N x h x 2 x w x 2 x C: a view of a channels_last map's memory."""
    n, c, height, width = x.shape
    return x.permute(0, 2, 3, 1).view(n, height // 2, 2, width // 2, 2, c)


def _cells_last(cells: Tensor) -> Tensor:
    """``cells`` (N x C x 4 x h x w) in the same axes: N x h x 2 x w x 2 x C, without a copy."""
    return cells.permute(0, 3, 4, 2, 1).unflatten(3, (2, 2)).transpose(2, 3)


def _sum_pixels(pixels: Tensor) -> Tensor:
    """N x h x 2 x w x 2 x C to the sums N x h x w x C; faster than a reduction over two axes."""
    rows = pixels[:, :, 0] + pixels[:, :, 1]
    return rows[:, :, :, 0] + rows[:, :, :, 1]


class _Weigh(torch.autograd.Function):
    """The product with an index map that is never laid out, into channels_last memory.

    ``x`` has the map's size, or the cells' (then each of its pixels fills a cell). Written out
    because the automatic product and its gradients land in layouts that convolutions must copy.
    """

    @staticmethod
    def forward(ctx: Any, x: Tensor, cells: Tensor) -> Tensor:
        ctx.save_for_backward(x, cells)
        n, c = x.shape[:2]
        height, width = 2 * cells.shape[3], 2 * cells.shape[4]
        product = torch.empty(
            (n, c, height, width),
            dtype=torch.promote_types(x.dtype, cells.dtype),
            device=x.device,
            memory_format=torch.channels_last,
        )
        torch.mul(_Weigh.factor(x, cells), _cells_last(cells), out=_pixels_last(product))
        return product

    @staticmethod
    def factor(x: Tensor, cells: Tensor) -> Tensor:
        """``x`` in the axes of ``_pixels_last``, broadcast over a cell if it is the cells' size."""
        if x.shape[-2:] == cells.shape[-2:]:
            pixels = x.permute(0, 2, 3, 1)
            if x.device.type == "cpu":
                # Side by side: the product's inner loop is then long enough for vectors.
                pairs = torch.cat([pixels, pixels], dim=3).unflatten(3, (2, -1))
                return pairs[:, :, None]
            return pixels[:, :, None, :, None]
        return _pixels_last(x.contiguous(memory_format=torch.channels_last))

    @staticmethod
    def backward(ctx: Any, gradient: Tensor) -> tuple[Tensor, Tensor]:
        x, cells = ctx.saved_tensors
        pixels = _pixels_last(gradient.contiguous(memory_format=torch.channels_last))
        towards_x = pixels * _cells_last(cells)
        if x.shape[-2:] == cells.shape[-2:]:
            towards_x = _sum_pixels(towards_x)
        else:
            towards_x = towards_x.flatten(3, 4).flatten(1, 2)
        towards_cells = _Weigh.factor(x, cells) * pixels
        if cells.shape[1] == 1:
            towards_cells = towards_cells.sum(5, keepdim=True)
        towards_cells = towards_cells.transpose(2, 3).flatten(3, 4).permute(0, 4, 3, 1, 2)
        return towards_x.permute(0, 3, 1, 2), towards_cells


def weigh(x: Tensor, cells: Tensor) -> Tensor:
    """``x`` (N x C x 2h x 2w) times the index map of ``cells`` (N x (C or 1) x 4 x h x w)."""
    if torch.compiler.is_exporting():  # exporters follow operations on values, not on memory
        return index_map(cells) * x
    weighed: Tensor = _Weigh.apply(x, cells)
    return weighed


def upsample(x: Tensor, cells: Tensor) -> Tensor:
    """Nearest upsampling of ``x`` (N x C x h x w) times the index map of ``cells``."""
    if torch.compiler.is_exporting():
        x = F.interpolate(x, scale_factor=2.0, mode="nearest")
    return weigh(x, cells)


def sum_cells(x: Tensor) -> Tensor:
    """Index pooling of weighed features: N x C x 2h x 2w to the sum over each 2x2 cell."""
    return CELL * F.avg_pool2d(x, 2)


def _softmax_of_cells(cells: Tensor) -> Tensor:
    """Softmax over axis 3 of N x h x w x 4 x C values in [0, 1], where no power overflows."""
    fills_vectors = cells.shape[-1] * cells.element_size() % VECTOR_BYTES == 0
    is_learning = cells.requires_grad or torch.compiler.is_exporting()
    if cells.device.type != "cpu" or fills_vectors or is_learning:
        return torch.softmax(cells, dim=3)
    # torch takes the channels one by one where they do not fill its vectors: five times as slow.
    powers = torch.exp(cells)
    return powers.div_(powers.sum(dim=3, keepdim=True))


class IndexBlock(nn.Module):
    """Predicts encoder and decoder indices; subclasses say with which convolutions."""

    def logits(self, x: Tensor) -> Tensor:
        """N x C x H x W features to N x (C or 1) x 4 x H/2 x W/2 cell values."""
        raise NotImplementedError

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor]:
        """Encoder and decoder indices, N x (C or 1) x 4 x H/2 x W/2, for N x C x H x W features.

        They stay in cells; ``index_map`` lays them out at full resolution. The decoder index is
        the sigmoid, the encoder index the softmax *of that sigmoid* over the four pixels of a
        cell; it therefore lies in [0.1092, 0.4754].
        """
        decoder_index = torch.sigmoid(self.logits(x))
        # Over the axes as they lie in memory: several times as fast as across them.
        encoder_index = _softmax_of_cells(decoder_index.permute(0, 3, 4, 2, 1))
        return encoder_index.permute(0, 4, 3, 1, 2), decoder_index


class HolisticIndexBlock(IndexBlock):
    """One index map shared by all channels (HIN)."""

    def __init__(self, channels: int, nonlinear: bool, context: bool) -> None:
        super().__init__()
        layers = _index_branch(channels, 2 * channels, CELL, 1, nonlinear, context)
        # The published key of the linear block has no position: it is the bare convolution.
        self.indexnet = ConvStack(*layers) if nonlinear else layers[0]

    def logits(self, x: Tensor) -> Tensor:
        cells: Tensor = self.indexnet(x)
        return cells.unsqueeze(1)


class DepthwiseIndexBlock(IndexBlock):
    """One index map a channel: one-to-one (O2O, grouped) or many-to-one (M2O) branches.

    ``hidden``: the channels inside each branch; as published, as many as it gives.
    """

    folded = False

    def __init__(
        self,
        channels: int,
        many_to_one: bool,
        nonlinear: bool,
        context: bool,
        hidden: int | None = None,
    ) -> None:
        super().__init__()
        groups = 1 if many_to_one else channels
        inside = hidden or channels
        for number in range(1, CELL + 1):
            layers = _index_branch(channels, inside, channels, groups, nonlinear, context)
            self.add_module(f"indexnet{number}", ConvStack(*layers))
        self.joinable = many_to_one and nonlinear
        self.joined: nn.Sequential | None = None

    @property
    def branches(self) -> list[ConvStack]:
        """The four branches, in the order of the cell's pixels."""
        return [self.get_submodule(f"indexnet{n}") for n in range(1, CELL + 1)]  # type: ignore[misc]

    def logits(self, x: Tensor) -> Tensor:
        if self.joined is not None:
            return _cells_of(self.joined(x))
        if self.folded and self.joinable:
            return self._joined_logits(x)
        return torch.stack([branch(x) for branch in self.branches], dim=2)

    def _joined_weights(self) -> tuple[Tensor, Tensor, Tensor]:
        """The four branches as one convolution and one grouped 1x1: the same sums, one read."""
        folded = [folded_weights(branch[0], branch[1]) for branch in self.branches]  # type: ignore[arg-type]
        pointwise = torch.cat([branch[3].weight for branch in self.branches])  # type: ignore[misc]
        return torch.cat([w for w, _ in folded]), torch.cat([b for _, b in folded]), pointwise

    def _joined_logits(self, x: Tensor) -> Tensor:
        weight, bias, pointwise = self._joined_weights()
        first = self.branches[0][0]
        assert isinstance(first, nn.Conv2d)
        hidden = relu6_(convolve(x, weight, bias, first.stride, first.padding))
        return _cells_of(F.conv2d(hidden, pointwise, groups=CELL))

    def bake(self) -> None:
        """Replace the four branches by their join, which ``models.folding.bake`` asks for."""
        if not self.joinable or self.joined is not None:
            return
        weight, bias, pointwise = self._joined_weights()
        first, *_, last = self.branches[0]
        assert isinstance(first, nn.Conv2d)
        assert isinstance(last, nn.Conv2d)
        self.joined = nn.Sequential(
            convolution(first, weight, bias, groups=1, relu6=True),
            convolution(last, pointwise, None, groups=CELL),
        )
        for number in range(1, CELL + 1):
            delattr(self, f"indexnet{number}")


def build_index_block(
    kind: IndexKind, channels: int, nonlinear: bool, context: bool, hidden: int | None = None
) -> IndexBlock:
    """The index block of a stage with ``channels`` features; ``hidden`` is for depthwise ones."""
    if kind == "holistic":
        return HolisticIndexBlock(channels, nonlinear, context)
    return DepthwiseIndexBlock(channels, kind == "m2o", nonlinear, context, hidden)
