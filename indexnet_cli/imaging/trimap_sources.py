"""Where the trimap of a photograph comes from: a trimap file, a mask, or a box."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from indexnet_cli.errors import InputError
from indexnet_cli.imaging.grabcut import Box, mask_from_box
from indexnet_cli.imaging.opening import MAX_PIXELS, Source, source_name
from indexnet_cli.imaging.reading import read_alpha, read_trimap
from indexnet_cli.imaging.trimap_style import MASK_THRESHOLDS, TrimapStyle
from indexnet_cli.imaging.trimaps import TrimapSummary, snap_trimap


@dataclass(frozen=True)
class TrimapSource:
    """A trimap or mask file, or a box (x, y, width, height), and how a trimap is made of a mask."""

    kind: Literal["trimap", "mask", "box"]
    file: Source | None = None
    box: Box | None = None
    style: TrimapStyle = field(default_factory=lambda: TrimapStyle(thresholds=MASK_THRESHOLDS))

    @property
    def name(self) -> str:
        """The source as a message names it."""
        return "the box" if self.file is None else source_name(self.file)

    def trimap_of(
        self, pixels: NDArray[Any], image_name: str, max_pixels: int = MAX_PIXELS
    ) -> tuple[NDArray[np.uint8], TrimapSummary]:
        """Trimap HxW uint8 (0, 128, 255) for an image HxWx3, and what it holds.

        Raises InputError when the file cannot be read or is of another size than the image.
        """
        if self.kind == "box":
            assert self.box is not None
            return self._made_of((mask_from_box(pixels, self.box) / 255).astype(np.float32))
        assert self.file is not None
        if self.kind == "mask":
            mask = read_alpha(self.file, max_pixels)
            self._check_size(pixels, mask.shape, image_name)
            return self._made_of(mask)
        trimap, summary = read_trimap(self.file, max_pixels)
        self._check_size(pixels, trimap.shape, image_name)
        return trimap, summary

    def _made_of(self, mask: NDArray[np.float32]) -> tuple[NDArray[np.uint8], TrimapSummary]:
        trimap = self.style.make(mask)
        return trimap, replace(snap_trimap(trimap)[1], snapped=0)

    def _check_size(self, pixels: NDArray[Any], found: tuple[int, ...], image_name: str) -> None:
        height, width = pixels.shape[:2]
        if (height, width) != found:
            raise InputError(
                f"{image_name} is {width} x {height} pixels, "
                f"{self.name} is {found[1]} x {found[0]}.",
                f"Give a {self.kind} of the image's size; nothing is resized silently.",
            )
