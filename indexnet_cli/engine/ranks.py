"""The processes that work together, as torchrun starts them."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from typing import TypeVar

import torch
from torch import Tensor
from torch import distributed as dist

T = TypeVar("T")

TIMEOUT = timedelta(minutes=30)  # validation on full images happens in the first process alone


@dataclass(frozen=True)
class Ranks:
    """This process's number among ``count``; alone without torchrun."""

    rank: int = 0
    count: int = 1

    @property
    def leads(self) -> bool:
        """Whether this process writes files and tells."""
        return self.rank == 0

    def sum(self, values: Tensor) -> Tensor:
        """``values`` added up over all processes."""
        if self.count == 1:
            return values
        total = values.clone()
        dist.all_reduce(total)
        return total

    def largest(self, value: Tensor) -> Tensor:
        """The largest ``value`` of all processes."""
        if self.count == 1:
            return value
        largest = value.clone()
        dist.all_reduce(largest, dist.ReduceOp.MAX)
        return largest

    def gather(self, value: T) -> list[T] | None:
        """Every process's ``value``, in the first one; ``None`` in the others."""
        if self.count == 1:
            return [value]
        values: list[T | None] | None = [None] * self.count if self.leads else None
        dist.gather_object(value, values)
        return values  # type: ignore[return-value]


def started_by_torchrun() -> bool:
    """Whether torchrun's variables are set."""
    return "RANK" in os.environ and "WORLD_SIZE" in os.environ and "MASTER_ADDR" in os.environ


def local_device(name: str) -> str:
    """The device for ``--device name``: each process on a node takes a CUDA device of its own."""
    if name in ("auto", "cuda") and started_by_torchrun() and torch.cuda.is_available():
        return f"cuda:{os.environ.get('LOCAL_RANK', '0')}"
    return name


def _meeting_place() -> tuple[dist.Store, int, int]:
    """Where the processes find each other's addresses; this one's rank; their number.

    On one node torchrun keeps the store over restarts, with the addresses of the dead in it: each
    restart gets names of its own. Nodes count restarts each for itself, and get a new store.
    """
    store, rank, count = next(iter(dist.rendezvous("env://", timeout=TIMEOUT)))
    if os.environ.get("GROUP_WORLD_SIZE") == "1":
        restart = os.environ.get("TORCHELASTIC_RESTART_COUNT", "0")
        store = dist.PrefixStore(f"restart {restart}", store)
    return store, rank, count


@contextmanager
def joined(device: torch.device) -> Iterator[Ranks]:
    """Join the processes that torchrun started, until the context ends."""
    if not started_by_torchrun():
        yield Ranks()
        return
    if device.type == "cuda":
        torch.cuda.set_device(device)
    store, rank, count = _meeting_place()
    dist.init_process_group(
        "nccl" if device.type == "cuda" else "gloo",
        store=store,
        rank=rank,
        world_size=count,
        timeout=TIMEOUT,
    )
    try:
        yield Ranks(dist.get_rank(), dist.get_world_size())
    finally:
        dist.destroy_process_group()
