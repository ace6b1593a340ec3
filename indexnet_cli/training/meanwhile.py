"""What has happened since a step was last written down."""

from __future__ import annotations

import time

from indexnet_cli.training.step import Outcome


class Meanwhile:
    """Sums over steps: of the terms of the loss, of samples, of skipped steps."""

    def __init__(self) -> None:
        self.reset()

    def reset(self) -> None:
        """Start anew."""
        self.terms: dict[str, float] = {}
        self.steps = self.skipped = self.samples = 0
        self.started = time.monotonic()

    def add(self, outcome: Outcome, samples: int) -> None:
        """Count a step of ``samples`` samples."""
        self.samples += samples
        if outcome.bad:
            self.skipped += 1
            return
        self.steps += 1
        for name, value in outcome.terms.items():
            self.terms[name] = self.terms.get(name, 0.0) + value

    def seconds(self) -> float:
        """The time since the start."""
        return time.monotonic() - self.started

    def means(self) -> tuple[dict[str, float], float]:
        """Mean terms of the steps that counted, and samples a second."""
        terms = {name: value / self.steps for name, value in self.terms.items()}
        return terms, self.samples / max(self.seconds(), 1e-6)
