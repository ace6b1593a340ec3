"""What a training loop draws from."""

from __future__ import annotations

from typing import Protocol

from indexnet_cli.datasets.sample import Sample


class SampleSource(Protocol):
    """An endless list of Samples of one size: sample i is a pure function of (seed, i)."""

    def __len__(self) -> int:
        """How many samples make an epoch; sample i belongs to epoch i // len."""
        ...

    def __getitem__(self, index: int) -> Sample:
        """Any index from 0 on, also beyond the first epoch."""
        ...
