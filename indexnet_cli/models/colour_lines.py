"""A network's alpha fitted to the colours of the picture: closed-form matting that starts there.

In a window of 3 x 3 pixels the foreground's and the background's colours mostly lie on a line
each, and then alpha is a linear function of colour there (Levin, Lischinski and Weiss, "A Closed
Form Solution to Natural Image Matting", TPAMI 2008, eq. 9 to 12). Closed-form matting looks for
the alpha that departs least from this, starting at the known pixels; it draws strands of hair
sharply, and knows nothing of hair. A network is the other way round. Here the alpha that departs
little from both is computed::

    minimise over the unknown region   a' L a + (a - network)' C (a - network)

with the matting Laplacian L and the confidence C in the network, which is larger where it is sure
that a pixel is opaque or empty. The solver takes a set number of steps, without sums over the
picture: a pixel of the result depends on those within ``REACH`` pixels, so that tiles come out as
the whole picture does, and what is smooth over longer distances stays the network's.

The constants were chosen on synthetic pictures of the held-out split.
"""

from __future__ import annotations

from itertools import combinations_with_replacement
from typing import Any

import torch
from torch import Tensor

WINDOW = 3
# The pixels of a window, and where the second of a pair lies from the first: rows down, columns
# right.
PIXELS = [(down, right) for down in range(WINDOW) for right in range(WINDOW)]
OFFSETS = sorted({(b[0] - a[0], b[1] - a[1]) for a, b in combinations_with_replacement(PIXELS, 2)})
# Colours in [0, 1] that vary less than this (a seventh of an 8-bit level) tell nothing.
VARIANCE = 3e-7
CONFIDENCE, SURE_CONFIDENCE, SHARPNESS = 0.01, 0.1, 32
STEPS, LOWEST_EIGENVALUE = 32, 0.01
REACH = (WINDOW - 1) * STEPS


def fit_colours(alpha: Tensor, image: Tensor, unknown: Tensor) -> Tensor:
    """``alpha`` drawn towards the colours of ``image`` where ``unknown`` is 1; differentiable.

    ``alpha`` and ``unknown`` (0 or 1) are N x 1 x H x W, ``image`` is N x 3 x H x W RGB in [0, 1].
    Returns float32 N x 1 x H x W, in [0, 1] where ``alpha`` is.
    """
    alpha, image, unknown = alpha.float(), image.float(), unknown.float()
    if min(image.shape[-2:]) < WINDOW:
        return alpha
    sure = (2 * alpha.detach() - 1).abs().clamp(max=1) ** SHARPNESS
    confidence = CONFIDENCE + SURE_CONFIDENCE * sure
    laplacian = MattingLaplacian(image)
    correction: Tensor = _Correction.apply(alpha, _Solver(laplacian, confidence, unknown))
    return (alpha - correction).clamp(0, 1)


class MattingLaplacian:
    """The matting Laplacian of ``image`` N x 3 x H x W in [0, 1], H and W at least 3.

    Each pixel is coupled with the 24 around it; ``couplings`` holds the half of them that lies
    below and to the right, the matrix being symmetric: (rows down, columns right) to N x 1 x H x W.
    ``windows`` N x 1 x H x W: how many windows a pixel is in. Divided by it, the matrix has no
    eigenvalue above 1.
    """

    def __init__(self, image: Tensor) -> None:
        height, width = image.shape[-2:]
        size = height - WINDOW + 1, width - WINDOW + 1
        self.windows = image.new_zeros(len(image), 1, height, width)
        self.couplings = {offset: torch.zeros_like(self.windows) for offset in OFFSETS}
        whitened = _whitened(image)
        for first, second in combinations_with_replacement(PIXELS, 2):
            weight = torch.full_like(whitened[first][0], 1 / len(PIXELS))
            for x, y in zip(whitened[first], whitened[second], strict=True):
                weight.addcmul_(x, y)
            offset = second[0] - first[0], second[1] - first[1]
            self.couplings[offset][_shifted(first, size)] += weight
        for pixel in PIXELS:
            self.windows[_shifted(pixel, size)] += 1
        self._diagonal = self.windows - self.couplings.pop((0, 0))

    def times(self, alpha: Tensor) -> Tensor:
        """The matrix times ``alpha`` N x 1 x H x W."""
        height, width = alpha.shape[-2:]
        product = self._diagonal * alpha
        for (down, right), weight in self.couplings.items():
            size = height - down, width - abs(right)
            here = _shifted((0, max(-right, 0)), size)
            there = _shifted((down, max(right, 0)), size)
            product[here].addcmul_(weight[here], alpha[there], value=-1)
            product[there].addcmul_(weight[here], alpha[here], value=-1)
        return product


class _Solver:
    """Solves (L + C) x = right over the unknown region; x is 0 elsewhere.

    Chebyshev iteration (Saad, Iterative Methods for Sparse Linear Systems, algorithm 12.1) on the
    system divided by its ``windows`` and C, whose eigenvalues are at most 1. After ``STEPS`` steps
    x is right but for the part of eigenvalues well under ``LOWEST_EIGENVALUE``. What maps
    ``right`` to x is symmetric.
    """

    def __init__(self, laplacian: MattingLaplacian, confidence: Tensor, unknown: Tensor) -> None:
        self.laplacian, self.confidence = laplacian, confidence
        self.scale = unknown / (laplacian.windows + confidence)

    def __call__(self, right: Tensor) -> Tensor:
        centre, radius = (1 + LOWEST_EIGENVALUE) / 2, (1 - LOWEST_EIGENVALUE) / 2
        residual = self.scale * right
        step = residual / centre
        x = step.clone()
        rho = radius / centre
        for _ in range(STEPS - 1):
            change = self.laplacian.times(step).addcmul_(self.confidence, step)
            residual.addcmul_(self.scale, change, value=-1)
            last, rho = rho, 1 / (2 * centre / radius - rho)
            step.mul_(rho * last).add_(residual, alpha=2 * rho / radius)
            x.add_(step)
        return x


class _Correction(torch.autograd.Function):
    """S L alpha, with the solver's S: what is to be taken off alpha. Its adjoint is L S."""

    @staticmethod
    def forward(ctx: Any, alpha: Tensor, solver: _Solver) -> Tensor:
        ctx.solver = solver
        return solver(solver.laplacian.times(alpha))

    @staticmethod
    def backward(ctx: Any, gradient: Tensor) -> tuple[Tensor, None]:
        solver: _Solver = ctx.solver
        return solver.laplacian.times(solver(gradient)), None


def _whitened(image: Tensor) -> dict[tuple[int, int], tuple[Tensor, Tensor, Tensor]]:
    """Colours of each pixel of every window, less the window's mean, decorrelated, over 3.

    The product of those of two pixels is what the matting Laplacian couples them by (eq. 12). By
    Cholesky factors of the covariance; its pivots are at least ``VARIANCE`` but for rounding.
    """
    height, width = image.shape[-2:]
    inner = height - WINDOW + 1, width - WINDOW + 1
    channels = red, green, blue = (image - 0.5).split(1, dim=1)  # small numbers round less
    means = [_window_mean(channel) for channel in channels]

    def covariance(a: int, b: int) -> Tensor:
        return _window_mean(channels[a] * channels[b]) - means[a] * means[b]

    def over_root(pivot: Tensor) -> Tensor:
        return (pivot + VARIANCE).clamp_(min=VARIANCE).rsqrt_()

    r = over_root(covariance(0, 0))
    rg, rb = covariance(0, 1) * r, covariance(0, 2) * r
    g = over_root(covariance(1, 1) - rg * rg)
    gb = (covariance(1, 2) - rg * rb) * g
    b = over_root(covariance(2, 2) - rb * rb - gb * gb)
    whitened = {}
    for pixel in PIXELS:
        place = _shifted(pixel, inner)
        x = (red[place] - means[0]).mul_(r)
        y = (green[place] - means[1]).addcmul_(rg, x, value=-1).mul_(g)
        z = (blue[place] - means[2]).addcmul_(rb, x, value=-1).addcmul_(gb, y, value=-1).mul_(b)
        whitened[pixel] = (x.div_(WINDOW), y.div_(WINDOW), z.div_(WINDOW))
    return whitened


def _window_mean(plane: Tensor) -> Tensor:
    rows = plane[..., :-2, :] + plane[..., 1:-1, :] + plane[..., 2:, :]
    return (rows[..., :-2] + rows[..., 1:-1] + rows[..., 2:]).div_(WINDOW**2)


def _shifted(offset: tuple[int, int], size: tuple[int, int]) -> tuple[Any, slice, slice]:
    """For indexing ``size`` pixels of a plane from ``offset`` on."""
    (top, left), (height, width) = offset, size
    return ..., slice(top, top + height), slice(left, left + width)
