"""Pictures small enough for a page, as data URLs."""

from __future__ import annotations

import base64
import io
from typing import Any, NamedTuple

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image

THUMBNAIL = 112
# Orange and blue are told apart with every kind of colour vision.
TOO_OPAQUE, TOO_TRANSPARENT = (255, 150, 40), (70, 160, 255)


class Box(NamedTuple):
    """A window of a picture, in pixels."""

    left: int
    top: int
    width: int
    height: int

    def of(self, picture: NDArray[Any]) -> NDArray[Any]:
        """The window of a picture."""
        return picture[self.top : self.top + self.height, self.left : self.left + self.width]


def longest_side(items: int) -> int:
    """How large pictures may be, so that a page of that many stays below about 100 MB."""
    return 960 if items <= 40 else 640 if items <= 250 else 384


def data_url(picture: NDArray[np.uint8], longest: int | None = None, lossless: bool = False) -> str:
    """A picture HxW or HxWx3 as WebP, reduced to ``longest`` pixels where it is larger."""
    file = io.BytesIO()
    if longest is not None:
        picture = reduce(picture, longest)
    options: dict[str, Any] = {"lossless": True} if lossless else {"quality": 88, "method": 2}
    Image.fromarray(np.ascontiguousarray(picture)).save(file, format="WEBP", **options)
    return "data:image/webp;base64," + base64.b64encode(file.getvalue()).decode()


def reduce(picture: NDArray[Any], longest: int) -> NDArray[Any]:
    """Average a picture down to ``longest`` pixels; smaller ones stay as they are."""
    height, width = picture.shape[:2]
    scale = longest / max(height, width)
    if scale >= 1:
        return picture
    size = max(1, round(width * scale)), max(1, round(height * scale))
    return np.asarray(cv2.resize(picture, size, interpolation=cv2.INTER_AREA))


def heat_map(difference: NDArray[np.float32], longest: int) -> NDArray[np.uint8]:
    """Draw pred - truth HxW in [-1, 1] as HxWx3: orange too opaque, blue too transparent.

    Both signs are averaged apart, so that errors of opposite sign do not vanish when the picture is
    reduced; the square root makes small errors visible.
    """
    colours = np.zeros((*reduce(difference, longest).shape, 3), np.float32)
    for sign, colour in ((1, TOO_OPAQUE), (-1, TOO_TRANSPARENT)):
        amount = np.sqrt(reduce(np.maximum(sign * difference, 0), longest))
        colours += amount[:, :, None] * np.array(colour, np.float32)
    return np.clip(colours, 0, 255).astype(np.uint8)


def worst_window(difference: NDArray[np.float32]) -> Box | None:
    """The square window with the largest sum of absolute differences; None if there are none.

    Its side is a sixth of the picture's longer one, between 64 and 192 pixels.
    """
    height, width = difference.shape
    side = int(np.clip(max(height, width) // 6, 64, 192))
    wide, high = min(side, width), min(side, height)
    absolute = np.abs(difference)
    if not absolute.any():
        return None
    # The sum over the window whose first pixel a position is.
    sums = cv2.boxFilter(
        absolute, cv2.CV_64F, (wide, high), anchor=(0, 0), normalize=False,
        borderType=cv2.BORDER_CONSTANT,
    )[: height - high + 1, : width - wide + 1]  # fmt: skip
    top, left = np.unravel_index(np.argmax(sums), sums.shape)
    return Box(int(left), int(top), wide, high)
