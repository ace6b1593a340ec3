"""The number format that the network computes in."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager

import torch

from indexnet_cli.errors import UsageError

DTYPES = {"fp32": None, "bf16": torch.bfloat16, "fp16": torch.float16}


def resolve_precision(name: str, device: torch.device) -> str:
    """``fp32``, ``bf16`` or ``fp16``; ``auto`` is ``fp32`` on every device.

    bf16 keeps eight bits of every value. That changes a matte of the bundled checkpoint by one
    grey level on average, and where the network can hardly decide by many: it is offered for
    speed, and taken only when asked for.
    Raises ``UsageError`` for an unknown name.
    """
    if name == "auto":
        return "fp32"
    if name not in DTYPES:
        raise UsageError(f"unknown precision {name!r}", f"precisions: auto, {', '.join(DTYPES)}")
    return name


@contextmanager
def computing(precision: str, device: torch.device) -> Iterator[None]:
    """Inference without gradients in ``precision``, the same bytes every time.

    fp32 means all of its bits: TF32 is switched off while the context lasts.
    """
    dtype = DTYPES[precision]
    with ExitStack() as stack:
        stack.enter_context(torch.inference_mode())
        if device.type == "cuda":
            stack.enter_context(
                torch.backends.cudnn.flags(
                    enabled=True, benchmark=False, deterministic=True, allow_tf32=False
                )
            )
        if dtype is not None:
            stack.enter_context(torch.autocast(device.type, dtype=dtype))
        yield
