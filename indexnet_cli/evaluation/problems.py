"""What is wrong with the files of a set."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from indexnet_cli.errors import InputError

Kind = Literal["missing", "extra", "ambiguous", "unpaired", "mismatched", "unreadable", "refused"]


class SizeMismatchError(InputError):
    """Two pictures that belong together have different sizes."""


@dataclass(frozen=True)
class Problem:
    """A file that could not be scored, and why; ``source`` is the set of predictions it is of."""

    kind: Kind
    file: str
    message: str
    source: str = ""

    def describe(self) -> str:
        """One line for people."""
        return f"{self.kind}: {self.file}: {self.message}"
