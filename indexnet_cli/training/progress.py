"""What is told of a step."""

from __future__ import annotations

from dataclasses import dataclass, field

from indexnet_cli.training.validation.result import Rows


@dataclass(frozen=True)
class Progress:
    """What the loop reports after every step.

    ``share``: how much of the run is done, 0 to 1; ``steps`` is ENDLESS where the clock tells that.
    ``due`` marks a step that is written down; ``loss`` and ``terms`` are means since the last of
    these. ``validation`` has the errors named ``columns``, where the step was followed by one.
    """

    step: int
    steps: int
    share: float
    loss: float
    terms: dict[str, float]
    samples_per_second: float
    due: bool
    validation: Rows = field(default_factory=dict)
    columns: tuple[str, ...] = ()
    skipped: str = ""
