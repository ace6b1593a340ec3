"""How mattes are finished of a network that takes a trimap, as the command line asks for it."""

from __future__ import annotations

from dataclasses import dataclass

from indexnet_cli.errors import UsageError
from indexnet_cli.models.registry import ModelSpec


@dataclass(frozen=True)
class Finish:
    """Options of ``Matter``; None is what suits the weights.

    Of two networks the last one's mattes are meant, which takes the trimap that the first finds.
    """

    scales: int | None = None
    enlarge: bool | None = None
    fit_colours: bool | None = None

    def check(self, last: ModelSpec) -> None:
        """Raise ``UsageError`` for what the ``last`` network cannot do, as it takes no trimap."""
        if last.needs_trimap:
            return
        options = {
            "--scales": (self.scales or 1) > 1,
            "--enlarge": self.enlarge,
            "--fit-colours": self.fit_colours,
        }
        for option, asked in options.items():
            if asked:
                raise UsageError(
                    f"{option} is for what a trimap leaves unknown, and {last.name} needs none.",
                    "Leave it out, or add --refine-with indexnet.",
                )
