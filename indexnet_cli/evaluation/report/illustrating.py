"""Pictures of everything that is scored, taken while it is in memory."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from indexnet_cli.errors import InputError
from indexnet_cli.evaluation.layouts import Entry
from indexnet_cli.evaluation.loading import Triple
from indexnet_cli.imaging.levels import convert_depth
from indexnet_cli.imaging.reading import read_image
from indexnet_cli.metrics.levels import to_levels
from indexnet_cli.pages.pictures import (
    THUMBNAIL,
    data_url,
    heat_map,
    longest_side,
    worst_window,
)


class Illustrator:
    """Collects the pictures of a report; an ``evaluate`` witness, safe on several threads."""

    def __init__(self, entries: int, sources: int) -> None:
        self._longest = longest_side(entries * (1 + sources) // 2)
        self._sources = sources
        self._lock = threading.Lock()
        self._shared: dict[str, dict[str, Any]] = {}
        self.warnings: list[str] = []
        self._own: dict[tuple[str, int], dict[str, Any]] = {}

    def __call__(self, number: int, entry: Entry, triple: Triple) -> None:
        """Draw one scored matte of the source ``number``."""
        image = self._read_image(entry, triple.alpha.shape) if entry.image else None
        pred, alpha = to_levels(triple.pred), to_levels(triple.alpha)
        with self._lock:
            first = entry.name not in self._shared
            shared = self._shared.setdefault(entry.name, {})
        if first:
            shared.update(self._draw_shared(image, triple.trimap, alpha))
        own = self._draw(image, pred, alpha)
        with self._lock:
            self._own[entry.name, number] = own

    def pictures(self, names: Sequence[str]) -> list[dict[str, Any]]:
        """The pictures of the images called ``names``, as ``render_page`` takes them."""
        return [
            {
                **self._shared[name],
                "sources": [self._own.get((name, number)) for number in range(self._sources)],
            }
            for name in names
        ]

    def _draw_shared(
        self,
        image: NDArray[np.uint8] | None,
        trimap: NDArray[np.uint8] | None,
        alpha: NDArray[np.uint8],
    ) -> dict[str, Any]:
        return {
            "image": None if image is None else data_url(image, self._longest),
            "trimap": None if trimap is None else data_url(trimap, self._longest),
            "truth": data_url(alpha, self._longest),
        }

    def _draw(
        self, image: NDArray[np.uint8] | None, pred: NDArray[np.uint8], alpha: NDArray[np.uint8]
    ) -> dict[str, Any]:
        difference = (pred.astype(np.float32) - alpha) / np.float32(255)
        drawn: dict[str, Any] = {
            "thumbnail": data_url(pred, THUMBNAIL),
            "matte": data_url(pred, self._longest),
            "difference": data_url(heat_map(difference, self._longest)),
            "patch": None,
        }
        box = worst_window(difference)
        if box is not None:
            drawn["patch"] = {
                "box": list(box),
                "image": None if image is None else data_url(box.of(image)),
                "matte": data_url(box.of(pred), lossless=True),
                "truth": data_url(box.of(alpha), lossless=True),
                "difference": data_url(heat_map(box.of(difference), max(box.width, box.height))),
            }
        return drawn

    def _read_image(self, entry: Entry, shape: tuple[int, ...]) -> NDArray[np.uint8] | None:
        """The photograph as 8 bits; scores do not need it, so that what is wrong is a warning."""
        assert entry.image is not None
        try:
            pixels = read_image(entry.image).pixels
        except InputError as error:
            self._warn(error.message)
            return None
        if pixels.shape[:2] != shape:
            self._warn(f"{entry.image} has another size than its alpha.")
            return None
        return convert_depth(pixels, np.uint8)

    def _warn(self, message: str) -> None:
        with self._lock:
            if message not in self.warnings:
                self.warnings.append(message)
