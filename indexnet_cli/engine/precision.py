"""The number format that the network computes in."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from typing import Protocol, runtime_checkable

import torch
from torch import nn

from indexnet_cli.errors import UsageError

DTYPES = {"fp32": None, "bf16": torch.bfloat16, "fp16": torch.float16}
MIXED = "mixed"  # the encoder in fp32, the decoder in bf16
PRECISIONS = (*DTYPES, MIXED)


def resolve_precision(name: str, device: torch.device, divisible: bool, measured: bool) -> str:
    """One of ``PRECISIONS`` for a name of them or ``auto``.

    ``auto`` is the fastest that no eye can tell from fp32, as docs/engine.md measures it: mixed,
    on processors that multiply bf16, for weights with which that was ``measured``; else fp32, so
    that other checkpoints give the numbers of their own code. All of bf16 is taken only when asked
    for: what it rounds in the encoder changes the alpha by many levels where the network can
    hardly decide. ``divisible``: the network's encoder and decoder can be told apart.
    Raises ``UsageError`` for an unknown name, and for mixed where it does not apply.
    """
    if name == "auto":
        fits = divisible and measured and device.type == "cpu" and multiplies_bf16()
        return MIXED if fits else "fp32"
    if name not in PRECISIONS:
        known = ", ".join(PRECISIONS)
        raise UsageError(f"unknown precision {name!r}", f"precisions: auto, {known}")
    if name == MIXED and not divisible:
        raise UsageError(
            "mixed precision is for IndexNet alone", "use --precision fp32, bf16 or fp16"
        )
    return name


def encoder_and_decoder(precision: str) -> tuple[torch.dtype, torch.dtype]:
    """The number formats of a network's two halves."""
    if precision == MIXED:
        return torch.float32, torch.bfloat16
    dtype = DTYPES[precision] or torch.float32
    return dtype, dtype


@runtime_checkable
class PoolsByMaxima(Protocol):
    """A network that pools by maxima and remembers their places for its decoder."""

    def behind_pooling(self) -> list[nn.Module]:
        """The layers that no max-pool follows, baked: how they round moves no place."""


def lay_out(network: nn.Module, precision: str) -> None:
    """Weights of a network that is not staged as ``memory_format`` says, and its decoder's freely.

    Convolutions give their maps the layout of their weights.
    """
    network.to(memory_format=memory_format(precision))  # type: ignore[call-overload]
    if isinstance(network, PoolsByMaxima):
        for part in network.behind_pooling():
            part.to(memory_format=torch.channels_last)  # type: ignore[call-overload]


def memory_format(precision: str) -> torch.memory_format:
    """How the maps of a network that is not staged lie in memory, up to its last max-pool.

    In fp32 as published: where two values of a window differ by rounding alone, the order of a
    convolution's sums decides which place is kept, and with it pixels of the alpha. Else
    channels last, which is faster.
    """
    return torch.contiguous_format if precision == "fp32" else torch.channels_last


def multiplies_bf16() -> bool:
    """Whether this processor has instructions for bfloat16; without, it is slower than float32."""
    capabilities: Mapping[str, object] = getattr(torch.cpu, "get_capabilities", dict)()
    return bool(capabilities.get("amx_bf16") or capabilities.get("avx512_bf16"))


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
