"""To the device and back, without a halt for every region.

A GPU works on what it is given while the CPU prepares the next region. A copy from ordinary memory,
or of a result to it, makes the CPU wait until all of that is done.
"""

from __future__ import annotations

import torch
from torch import Tensor

from indexnet_cli.engine.memory import MemoryBudget

RESULT_SHARE = 4  # alpha may take one part in so many of the GPU's free memory
ALPHA_BYTES = 4  # a pixel


def to_device(x: Tensor, device: torch.device, dtype: torch.dtype = torch.float32) -> Tensor:
    """``x`` (on the CPU) on ``device`` in ``dtype``; for CUDA by way of page-locked memory.

    It is converted there: a conversion on the way would be done on the CPU, into ordinary memory.
    """
    if device.type != "cuda":
        return x.to(device, dtype)
    return x.pin_memory().to(device, non_blocking=True).to(dtype)


def result_device(pixels: int, budget: MemoryBudget) -> torch.device:
    """Where the alpha of so many pixels is put together: on the GPU, if there is room for it."""
    if budget.device.type != "cuda" or pixels * ALPHA_BYTES * RESULT_SHARE > budget.free():
        return torch.device("cpu")
    return budget.device
