"""What goes behind a cut-out: a colour, another picture, the blurred original, or nothing."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any, Literal, get_args

import numpy as np
from numpy.typing import NDArray

from indexnet_cli.errors import InputError, UsageError
from indexnet_cli.imaging.levels import convert_depth, from_float, to_float
from indexnet_cli.imaging.trimap_style import Radius

Fit = Literal["fill", "fit", "stretch"]
Position = tuple[float, float]

_NAMED_POSITIONS: dict[str, Position] = {
    "center": (0.5, 0.5),
    "top": (0.5, 0.0),
    "bottom": (0.5, 1.0),
    "left": (0.0, 0.5),
    "right": (1.0, 0.5),
}
_DEFAULT_BLUR = Radius(0.04, is_share=True)
# Blurring at this many pixels' radius and more is done on a reduced copy.
_BLUR_PIXELS = 8.0


@dataclass(frozen=True)
class Background:
    """A background that can be rendered for pictures of any size.

    ``kind`` transparent, blur, colour or image; ``fit``: fill covers the whole picture and crops
    what is over, fit shows all of the background on black bars, stretch changes its proportions;
    ``position`` (x, y in [0, 1]) is where fill crops and fit places.
    """

    kind: Literal["transparent", "blur", "colour", "image"]
    colour: tuple[int, int, int] = (0, 0, 0)
    path: Path | None = None
    radius: Radius = _DEFAULT_BLUR
    fit: Fit = "fill"
    position: Position = (0.5, 0.5)

    @classmethod
    def parse(cls, text: str, fit: Fit = "fill", position: str = "center") -> Background:
        """Read transparent, blur, blur:R (a radius), a colour (white, #0a0) or a file.

        Raises UsageError for anything else.
        """
        from PIL import ImageColor

        place = parse_position(position)
        if fit not in get_args(Fit):
            raise UsageError(f"{fit!r} is no way to fit.", f"Known: {', '.join(get_args(Fit))}.")
        if text == "transparent":
            return cls("transparent")
        if text == "blur" or text.startswith("blur:"):
            given = text.removeprefix("blur").removeprefix(":")
            return cls("blur", radius=Radius.parse(given) if given else _DEFAULT_BLUR)
        if Path(text).is_file():
            return cls("image", path=Path(text), fit=fit, position=place)
        try:
            red, green, blue = ImageColor.getrgb(text)[:3]
        except ValueError:
            raise UsageError(
                f"{text!r} is no background: neither a file nor a colour.",
                "Give a picture, a colour (white, #00b140), blur, blur:30 or transparent.",
            ) from None
        return cls("colour", colour=(red, green, blue))

    def size(self) -> tuple[int, int]:
        """Height and width of the background's picture. Raises InputError."""
        height, width = self._pixels().shape[:2]
        return height, width

    def render(
        self,
        image: NDArray[Any],
        alpha: NDArray[np.float32],
        size: tuple[int, int],
        icc_profile: bytes | None = None,
    ) -> NDArray[Any]:
        """The background for ``image`` (HxWx3) as height x width x 3 of its type.

        Colours and pictures are sRGB; where the image is of another ``icc_profile`` they are
        converted to it. Raises InputError when the background's file cannot be read, ValueError
        for a transparent one, which has no colours.
        """
        height, width = size
        if self.kind == "transparent":
            raise ValueError("a transparent background has no colours")
        if self.kind == "blur":
            radius = self.radius.pixels(image.shape)
            blurred = from_float(blur_behind(to_float(image), alpha, radius), image.dtype)
            return blurred if size == alpha.shape else _place(blurred, size, "fill", (0.5, 0.5))
        if self.kind == "colour":
            colours = np.array(self.colour, np.uint8).reshape(1, 1, 3)
        else:
            colours = _place(self._pixels(), size, self.fit, self.position)
        if icc_profile is not None:
            colours = _from_srgb(colours, icc_profile)
        colours = convert_depth(colours, image.dtype)
        return np.broadcast_to(colours, (height, width, 3))

    def _pixels(self) -> NDArray[Any]:
        assert self.path is not None
        stamp = self.path.stat().st_mtime_ns if self.path.exists() else 0
        return _read(self.path, stamp)


def parse_position(text: str) -> Position:
    """Read center, top, bottom, left, right, or x,y in percent. Raises UsageError."""
    if text in _NAMED_POSITIONS:
        return _NAMED_POSITIONS[text]
    try:
        x, y = (float(part.removesuffix("%")) / 100 for part in text.split(","))
    except ValueError:
        x = y = -1.0
    if not (0 <= x <= 1 and 0 <= y <= 1):
        raise UsageError(
            f"{text!r} is no position.",
            f"Give {', '.join(_NAMED_POSITIONS)}, or x,y in percent: 50,100.",
        )
    return x, y


def blur_behind(
    image: NDArray[np.float32], alpha: NDArray[np.float32], radius: float
) -> NDArray[np.float32]:
    """Blur what is behind the subject (HxWx3 in [0, 1]); the subject's own colours stay out of it.

    Gaussian of standard deviation ``radius`` / 2, over pixels weighted by 1 - alpha; where no
    background is near, colours come from farther away.
    """
    import cv2

    height, width = alpha.shape
    factor = max(radius / _BLUR_PIXELS, 1.0)
    size = (max(round(width / factor), 1), max(round(height / factor), 1))
    weight: NDArray[Any] = 1 - np.clip(alpha, 0, 1)
    weighted: NDArray[Any] = cv2.resize(
        image * weight[:, :, np.newaxis], size, interpolation=cv2.INTER_AREA
    )
    weight = cv2.resize(weight, size, interpolation=cv2.INTER_AREA)
    sigma = max(radius / factor / 2, 0.3)
    total: NDArray[Any] = np.zeros_like(weighted)
    share: NDArray[Any] = np.zeros_like(weight)
    # Ever wider, each a thousandth as heavy, until the far side of any subject is reached.
    importance = 1.0
    while True:
        total += importance * cv2.GaussianBlur(weighted, (0, 0), sigma)
        share += importance * cv2.GaussianBlur(weight, (0, 0), sigma)
        if sigma > max(size):
            break
        sigma, importance = sigma * 4, importance * 1e-3
    blurred = total / (share[:, :, np.newaxis] + 1e-20)
    return np.clip(cv2.resize(blurred, (width, height), interpolation=cv2.INTER_LINEAR), 0, 1)


@lru_cache(maxsize=2)
def _read(path: Path, _changed: int) -> NDArray[Any]:
    from indexnet_cli.imaging.reading import read_image

    return read_image(path).pixels


def _place(
    pixels: NDArray[Any], size: tuple[int, int], fit: Fit, position: Position
) -> NDArray[Any]:
    import cv2

    height, width = size
    rows, columns = pixels.shape[:2]
    across, down = width / columns, height / rows
    if fit != "stretch":
        across = down = max(across, down) if fit == "fill" else min(across, down)
    new = (max(round(columns * across), 1), max(round(rows * down), 1))
    if fit == "fill":
        new = (max(new[0], width), max(new[1], height))
    method = cv2.INTER_AREA if across < 1 else cv2.INTER_CUBIC
    scaled = cv2.resize(pixels, (width, height) if fit == "stretch" else new, interpolation=method)
    left = round((scaled.shape[1] - width) * position[0])
    top = round((scaled.shape[0] - height) * position[1])
    if fit != "fit":
        return scaled[top : top + height, left : left + width]
    framed = np.zeros((height, width, 3), pixels.dtype)
    shown = scaled[:height, :width]
    framed[-top : -top + shown.shape[0], -left : -left + shown.shape[1]] = shown
    return framed


def _from_srgb(colours: NDArray[Any], icc_profile: bytes) -> NDArray[np.uint8]:
    from PIL import Image

    from indexnet_cli.imaging.colour import from_srgb

    eight = np.ascontiguousarray(convert_depth(colours, np.uint8))
    try:
        return np.asarray(from_srgb(Image.fromarray(eight), icc_profile))
    except ValueError as error:
        raise InputError(
            f"The background cannot be converted to the photograph's colour profile ({error}).",
            "Convert the photograph to sRGB.",
        ) from error
