"""The pictures of a sample while it is cropped, resized and flipped together."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any, NamedTuple

import cv2
import numpy as np
from numpy.typing import NDArray

from indexnet_cli.datasets.sample import Sample

Plane = NDArray[Any]


class Window(NamedTuple):
    """A rectangle of a picture, in pixels from its top left corner."""

    top: int
    left: int
    height: int
    width: int

    @property
    def part(self) -> tuple[slice, slice]:
        """The index that cuts it out of an array."""
        return (
            slice(self.top, self.top + self.height),
            slice(self.left, self.left + self.width),
        )

    @classmethod
    def whole(cls, shape: tuple[int, ...]) -> Window:
        """All of a picture of this shape."""
        return cls(0, 0, shape[0], shape[1])


@dataclass(frozen=True)
class Planes:
    """Arrays of one size, in levels of 0..255: colours HxWx3, alpha and trimap HxW."""

    image: Plane
    alpha: Plane
    trimap: Plane | None = None
    foreground: Plane | None = None
    background: Plane | None = None

    @property
    def size(self) -> tuple[int, int]:
        """Height and width."""
        return self.alpha.shape[0], self.alpha.shape[1]

    def cut(self, window: Window) -> Planes:
        """The part of every plane that lies in a window."""
        return self._each(lambda plane: plane[window.part], lambda trimap: trimap[window.part])

    def resized(
        self, height: int, width: int, colours: int, trimap: int = cv2.INTER_NEAREST
    ) -> Planes:
        """Every plane at another size; ``colours`` and ``trimap`` are OpenCV's interpolations."""
        return self._each(
            lambda plane: cv2.resize(plane, (width, height), interpolation=colours),
            lambda plane: cv2.resize(plane, (width, height), interpolation=trimap),
        )

    def flipped(self) -> Planes:
        """Mirrored left to right."""
        return self._each(lambda plane: plane[:, ::-1], lambda plane: plane[:, ::-1])

    def as_float(self) -> Planes:
        """Colours and alpha as float32, so that resizing does not round."""
        return self._each(lambda plane: plane.astype(np.float32), lambda plane: plane)

    def with_trimap(self, trimap: Plane | None) -> Planes:
        """The same with this trimap."""
        return replace(self, trimap=trimap)

    def with_colours(self, change: Callable[[Plane], Plane]) -> Planes:
        """The same with changed colours; alpha and trimap stay."""
        front, behind = self.foreground, self.background
        return replace(
            self,
            image=change(self.image),
            foreground=None if front is None else change(front),
            background=None if behind is None else change(behind),
        )

    def sample(self, kind: str) -> Sample:
        """As a Sample: contiguous, colours and alpha divided by 255."""
        if self.trimap is None:
            raise ValueError("a sample needs a trimap")
        front, behind = self.foreground, self.background
        return Sample(
            image=_unit(self.image),
            trimap=np.ascontiguousarray(self.trimap, np.uint8),
            alpha=_unit(self.alpha),
            foreground=None if front is None else _unit(front),
            background=None if behind is None else _unit(behind),
            kind=kind,
        )

    def _each(
        self, change: Callable[[Plane], Plane], change_trimap: Callable[[Plane], Plane]
    ) -> Planes:
        def of(plane: Plane | None) -> Plane | None:
            return None if plane is None else change(plane)

        return Planes(
            change(self.image),
            change(self.alpha),
            None if self.trimap is None else change_trimap(self.trimap),
            of(self.foreground),
            of(self.background),
        )


def _unit(plane: Plane) -> NDArray[np.float32]:
    return np.multiply(plane, np.float32(1 / 255), dtype=np.float32)
