"""Muon (Jordan et al., 2024) for the kernels of convolutions, AdamW for all other parameters.

A gradient of a kernel, as a matrix of outputs by inputs, has few large singular values: a step
along it moves few directions of many. Muon takes the nearest matrix whose singular values are all
one, so that every direction moves alike.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import torch
from torch import Tensor
from torch.optim.adamw import adamw

_NEWTON_SCHULZ = (3.4445, -4.7750, 2.0315)  # Jordan et al.: singular values end in 0.7 to 1.2
_ITERATIONS = 5
_FEWEST_CHANNELS = 8
# A step is as long as one of AdamW's usually is, so that both take the same learning rate
# (Liu et al., "Muon is scalable for LLM training", 2025, section 2.2).
_ADAMW_STEP = 0.2


def is_kernel(parameter: Tensor) -> bool:
    """Whether it is a convolution's weight between many channels: no depthwise, no first, no last.

    Of those, a matrix would have no directions to speak of.
    """
    return parameter.ndim == 4 and min(parameter.shape[:2]) > _FEWEST_CHANNELS


class Muon(torch.optim.Optimizer):
    """Takes ``groups`` as other optimisers do, each with ``lr`` and ``weight_decay``.

    Groups with ``kernels`` (see ``is_kernel``) are updated by Muon with Nesterov's ``momentum``,
    the others by AdamW. Gradients are to be finite.
    """

    def __init__(self, groups: Iterable[dict[str, Any]], momentum: float = 0.95) -> None:
        super().__init__(groups, {"kernels": False, "momentum": momentum, "weight_decay": 0.0})

    @torch.no_grad()
    def step(self, closure: None = None) -> None:  # type: ignore[override]
        """Update all parameters that have a gradient."""
        for group in self.param_groups:
            parameters = [p for p in group["params"] if p.grad is not None]
            if not group["kernels"]:
                self._adamw(parameters, group)
                continue
            for parameter in parameters:
                self._turn(parameter, group)

    def _turn(self, kernel: Tensor, group: dict[str, Any]) -> None:
        assert kernel.grad is not None
        state = self.state[kernel]
        if "momentum_buffer" not in state:
            state["momentum_buffer"] = torch.zeros_like(kernel)
        mean = state["momentum_buffer"].lerp_(kernel.grad, 1 - group["momentum"])
        way = as_matrix(mean.lerp(kernel.grad, 1 - group["momentum"]))
        length = _ADAMW_STEP * max(way.shape) ** 0.5
        kernel.mul_(1 - group["lr"] * group["weight_decay"])
        as_matrix(kernel).add_(orthogonalised(way), alpha=-group["lr"] * length)

    def _adamw(self, parameters: list[Tensor], group: dict[str, Any]) -> None:
        for parameter in parameters:
            state = self.state[parameter]
            if not state:
                state["step"] = torch.zeros((), device=parameter.device)
                state["exp_avg"] = torch.zeros_like(parameter)
                state["exp_avg_sq"] = torch.zeros_like(parameter)
        states = [self.state[p] for p in parameters]
        adamw(
            parameters,
            [p.grad for p in parameters if p.grad is not None],
            [state["exp_avg"] for state in states],
            [state["exp_avg_sq"] for state in states],
            [],
            [state["step"] for state in states],
            fused=True,
            amsgrad=False,
            beta1=0.9,
            beta2=0.999,
            lr=group["lr"],
            weight_decay=group["weight_decay"],
            eps=1e-8,
            maximize=False,
        )


def as_matrix(kernel: Tensor) -> Tensor:
    """O x I x K x K weights as an O x (I K K) view, columns in the order of memory."""
    by_pixel = kernel.permute(0, 2, 3, 1)
    return (by_pixel if by_pixel.is_contiguous() else kernel).view(len(kernel), -1)


def orthogonalised(matrix: Tensor) -> Tensor:
    """About the nearest matrix with singular values of one, by Newton and Schulz's iteration.

    It is run on the product with the transpose: the polynomials of all iterations multiply to one
    small square matrix, and the large one is read twice in all instead of twice an iteration.
    """
    if matrix.shape[0] > matrix.shape[1]:
        return orthogonalised(matrix.T).T
    rows = matrix / (matrix.norm() + 1e-7)
    gram = rows @ rows.T
    total: Tensor | None = None
    a, b, c = _NEWTON_SCHULZ
    for _ in range(_ITERATIONS):
        factor = torch.addmm(gram, gram, gram, beta=b, alpha=c)
        factor.diagonal().add_(a)
        total = factor if total is None else factor @ total
        gram = factor @ gram @ factor
    assert total is not None
    return total @ rows
