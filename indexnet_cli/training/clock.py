"""The time that a run has been trained for, over all calls, and when this call should pause."""

from __future__ import annotations

import time

import torch

from indexnet_cli.engine.ranks import Ranks


class Clock:
    """Counts ``seconds`` of training; all processes see the same count.

    ``pause_at``: when, by time.monotonic(), this call should end with a snapshot. ``tick`` after
    each step brings both up to date.
    """

    def __init__(self, ranks: Ranks, device: torch.device, pause_at: float | None = None) -> None:
        self.ranks, self.device, self.pause_at = ranks, device, pause_at
        self.seconds, self.pauses = 0.0, False
        self._before, self._started = 0.0, time.monotonic()

    def start(self, seconds: float) -> None:
        """Go on from ``seconds``, now."""
        self.seconds = self._before = seconds
        self._started = time.monotonic()

    def tick(self) -> None:
        """Look at the time."""
        now = time.monotonic()
        pauses = self.pause_at is not None and now >= self.pause_at
        seen = torch.tensor([now - self._started, float(pauses)], dtype=torch.float64)
        if self.ranks.count > 1:  # all have to end at the same step
            seen = self.ranks.largest(seen.to(self.device)).cpu()
        self.seconds, self.pauses = self._before + float(seen[0]), bool(seen[1])
