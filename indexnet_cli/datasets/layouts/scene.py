"""What a layout finds: scenes to sample from, and photographs to put behind them."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Scene:
    """The files of one subject; which of them are there depends on the layout.

    ``background`` is a photograph that always goes with this foreground, ``image`` a photograph or
    a finished composition, ``trimaps`` are given ones (the Chainer layout has several), ``usr`` is
    AIM's unified semantic representation, ``type`` AIM's SO, STM or NS, ``kind`` the data set.
    """

    name: str
    kind: str
    alpha: Path
    foreground: Path | None = None
    background: Path | None = None
    image: Path | None = None
    trimaps: tuple[Path, ...] = ()
    usr: Path | None = None
    type: str | None = None

    def files(self) -> tuple[Path, ...]:
        """Every file that is read and has to be of the alpha's size."""
        image = None if self.is_composed else self.image
        optional = (self.foreground, image, self.usr, *self.trimaps)
        return (self.alpha, *(path for path in optional if path is not None))

    @property
    def is_composed(self) -> bool:
        """Whether the picture is put together from a foreground, or exists as it is."""
        return self.foreground is not None and (self.background is not None or self.image is None)


@dataclass(frozen=True)
class Layout:
    """One training folder; ``held_out`` is its own test set (empty where it has none)."""

    name: str
    scenes: tuple[Scene, ...]
    backgrounds: tuple[Path, ...] = ()
    held_out: tuple[Scene, ...] = ()
