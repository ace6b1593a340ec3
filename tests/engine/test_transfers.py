"""What CUDA asks for, as far as it shows without a GPU."""

from __future__ import annotations

import weakref
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from indexnet_cli.engine.inputs import NetworkInput
from indexnet_cli.engine.matter import Matter
from indexnet_cli.engine.memory import MemoryBudget, available_bytes
from indexnet_cli.engine.staged_forward import StagedForward
from indexnet_cli.engine.tiled_forward import TiledForward
from indexnet_cli.engine.transfers import result_device, to_device
from indexnet_cli.models.registry import resolve_model

CPU, CUDA = torch.device("cpu"), torch.device("cuda", 0)


class Recorder:
    """Stands for a tensor: notes what is done with it."""

    def __init__(self) -> None:
        self.done: list[tuple[Any, ...]] = []

    def pin_memory(self) -> Recorder:
        self.done.append(("pin",))
        return self

    def to(self, *where: Any, **how: Any) -> Recorder:
        self.done.append((*where, *how.items()))
        return self


def test_transfers_do_not_halt_the_gpu() -> None:
    x = Recorder()
    to_device(x, CUDA, torch.float16)  # type: ignore[arg-type]
    assert x.done == [("pin",), (CUDA, ("non_blocking", True)), (torch.float16,)]
    assert to_device(torch.zeros(1), CPU, torch.bfloat16).dtype == torch.bfloat16


def test_alpha_stays_on_a_gpu_that_has_room() -> None:
    gib = 1 << 30
    plenty, little = MemoryBudget(CUDA, gib), MemoryBudget(CUDA, 16 << 20)
    for budget, found in ((plenty, CUDA), (little, CPU), (MemoryBudget(CPU, gib), CPU)):
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(torch.cuda, "memory_allocated", lambda _device: 0)
            assert result_device(2000 * 1000, budget) == found


def test_what_torch_keeps_of_a_gpu_counts_as_free(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch.cuda, "mem_get_info", lambda _device: (100, 1000))
    monkeypatch.setattr(torch.cuda, "memory_reserved", lambda _device: 700)
    monkeypatch.setattr(torch.cuda, "memory_allocated", lambda _device: 200)
    assert available_bytes(CUDA) == 600


@pytest.mark.parametrize(("kind", "model"), [(StagedForward, "indexnet"), (TiledForward, "dim")])
def test_memory_is_given_back_before_the_next_attempt(
    monkeypatch: pytest.MonkeyPatch, kind: type, model: str, seeded_network: nn.Module
) -> None:
    held: list[weakref.ref[Tensor]] = []
    cleared: list[bool] = []

    def attempt(self: object, source: NetworkInput, *_rest: object) -> Tensor:
        features = torch.zeros(3)
        if held:
            return torch.zeros(1, 1, *source.size)
        held.append(weakref.ref(features))
        raise torch.OutOfMemoryError

    monkeypatch.setattr(kind, "_attempt", attempt)
    monkeypatch.setattr(torch.cuda, "empty_cache", lambda: cleared.append(held[0]() is None))
    network = seeded_network if model == "indexnet" else nn.Conv2d(4, 1, 1)
    image = np.zeros((32, 6400, 3), np.uint8)
    Matter.from_network(network, resolve_model(model)).matte(
        image, np.full((32, 6400), 128, np.uint8)
    )
    assert cleared == [True]
