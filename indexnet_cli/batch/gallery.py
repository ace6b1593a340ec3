"""All mattes of a batch on one page: the report's viewer, without scores."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from typing import Any

import numpy as np

from indexnet_cli import __version__
from indexnet_cli.batch.pairing import Guide
from indexnet_cli.batch.planning import Item
from indexnet_cli.imaging.levels import convert_depth
from indexnet_cli.imaging.reading import read_alpha, read_image, read_trimap
from indexnet_cli.pages.pictures import THUMBNAIL, data_url, longest_side
from indexnet_cli.pages.rendering import render_page


def gallery_page(items: list[Item], title: str, guide: Guide, max_pixels: int) -> bytes:
    """One HTML file with image, trimap and matte of every item whose matte was written.

    A picture whose matte is not there (it failed, or is another shard's) is left out. Trimaps are
    shown where the batch was given trimaps, not masks. Raises InputError for a matte or a picture
    that has become unreadable since.
    """
    matted = [item for item in items if item.outputs["alpha"].is_file()]
    shown = _Shown(longest_side(len(matted)), guide, max_pixels)
    pictures = list(shown.pictures(matted))
    content = {
        "title": title,
        "made": f"indexnet {__version__}, {date.today().isoformat()}",
        "items": shown.about,
    }
    return render_page(title, content, pictures)


class _Shown:
    """Reads the pictures one after the other, and notes their names and sizes."""

    def __init__(self, longest: int, guide: Guide, max_pixels: int) -> None:
        self.about: list[dict[str, Any]] = []
        self._longest = longest
        self._guide = guide
        self._max_pixels = max_pixels

    def pictures(self, items: list[Item]) -> Iterator[dict[str, Any]]:
        for item in items:
            pair = item.pair
            image = convert_depth(read_image(pair.image, self._max_pixels).pixels, np.uint8)
            alpha = read_alpha(item.outputs["alpha"], self._max_pixels)
            matte = np.rint(alpha * 255).astype(np.uint8)
            height, width = matte.shape
            name = pair.relative.as_posix()
            about: dict[str, Any] = {"name": name, "width": width, "height": height}
            trimap = None
            if pair.guide is not None and self._guide == "trimap":
                trimap = read_trimap(pair.guide, self._max_pixels)[0]
                about["unknown_share"] = float((trimap == 128).mean())
            self.about.append(about)
            yield {
                "image": data_url(image, self._longest),
                "trimap": None if trimap is None else data_url(trimap, self._longest),
                "truth": None,
                "sources": [
                    {
                        "thumbnail": data_url(matte, THUMBNAIL),
                        "matte": data_url(matte, self._longest),
                    }
                ],
            }
