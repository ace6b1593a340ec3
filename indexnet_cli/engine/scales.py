"""A picture seen at several sizes: what is fine from the full size, what is broad from less.

A network of output stride 32 that was trained on crops of some hundred pixels knows strands and
meshes best at full size. Deep inside a wide unknown region it sees no known pixel, and little of
smoke, glass or a defocused edge that is broader than its crops were: there the matte of the same
picture at half the size is better. Here both are joined: the coarse matte replaces the mean of the
fine one over some pixels, the more the farther the next known pixel is and the less detail the
fine matte has around; detail it leaves alone, and what the fine matte is surer of. In trimaps that
are drawn closely nothing changes, and no second look is taken.

The other way round, strands that are thinner than a pixel or two are seen better at twice the size,
where the deeper layers still tell them apart. But there the network sees half as far, and what is
broad comes out worse: the enlarged matte counts where it has detail, as far as it says on the whole
what the matte at full size says, and not where that is surer.

The constants were chosen on synthetic pictures of the held-out split.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import cv2
import numpy as np
from numpy.typing import NDArray

from indexnet_cli.engine.blocks import BLOCK, rewrite_unknown
from indexnet_cli.engine.regions import Region, grid
from indexnet_cli.errors import UsageError
from indexnet_cli.imaging.enlarging import repeated, twice
from indexnet_cli.imaging.trimaps import BACKGROUND, FOREGROUND, UNKNOWN

Plane = NDArray[np.float32]

MOST = 3  # sizes: at an eighth networks err more than they gain
SMALLEST = 64  # pixels of the shorter side
# Pixels from the next known one: where the coarse matte begins to count, and where it counts fully.
NEAR, DEEP = 32, 64
# Windows reach so many pixels to each side: in which detail is what departs from the mean, over
# which its strength is averaged, and over which the mattes' means are exchanged.
DETAIL, AROUND, BROAD = 2, 28, 6
STRONG_DETAIL = 0.05  # mean departure at which the coarse matte counts for 1 / e
SHARPNESS = 32  # of what counts as sure: a seventh of it is left at 0.03 and at 0.97
REACH = max(DEEP, DETAIL + AROUND, BROAD)

# The same for the matte at twice the size, and the pixels of pictures that are seen so by default:
# for larger ones it takes long and gains nothing.
STRAND, BESIDE, WHOLE = 1, 3, 12
FINE_DETAIL = 0.04  # mean departure at which the enlarged matte counts for a half
APART = 0.4  # difference of the means at which it counts for 1 / e of that
FINE_REACH = max(STRAND + BESIDE, WHOLE)
ENLARGED_AREA = 768 * 768


class Scene(NamedTuple):
    """A picture (H x W x 3 uint8, uint16 or floating) and its trimap (H x W uint8)."""

    image: NDArray[np.generic]
    trimap: NDArray[np.uint8]


def check_scales(count: int) -> None:
    """Raise ``UsageError`` for a number of sizes that there is not."""
    if not 1 <= count <= MOST:
        raise UsageError(
            f"{count} scales: a picture is looked at in 1 to {MOST} sizes.",
            "1 is the picture as it is, 2 also at half its size, 3 also at a quarter.",
        )


def scenes(image: NDArray[np.generic], trimap: NDArray[np.uint8], count: int) -> list[Scene]:
    """The picture, and half the size of the one before as long as unknown pixels are deep in it.

    At most ``count``; the full size first.
    """
    found = [Scene(image, trimap)]
    while len(found) < count and _is_worth_halving(found[-1].trimap):
        found.append(Scene(_halved(found[-1].image), _halved_trimap(found[-1].trimap)))
    return found


def enlarged(scene: Scene) -> Scene:
    """The picture at twice its size."""
    return Scene(twice(scene.image), repeated(scene.trimap))


def add_fine(alpha: Plane, fine: Plane, trimap: NDArray[np.uint8]) -> None:
    """Join ``fine``, of twice the size, into ``alpha`` H x W, in place."""

    def join(outer: Region, broad: Plane) -> Plane:
        unknown = (trimap[outer.slices] == UNKNOWN).astype(np.float32)
        seen = _halved(fine[outer.double().slices])
        detail = _mean(np.abs(seen - _mean(seen, unknown, STRAND)), unknown, BESIDE).clip(0)
        apart = np.abs(_mean(seen - broad, unknown, WHOLE))
        trust = detail / (detail + FINE_DETAIL) * np.exp(-apart / APART)
        trust *= _unsettled(broad, seen)
        return (broad + trust * (seen - broad)).clip(0, 1)

    rewrite_unknown(alpha, trimap, FINE_REACH, join)


def add_coarse(alpha: Plane, coarse: Plane, trimap: NDArray[np.uint8]) -> None:
    """Join ``coarse``, of half the size (odd sides rounded up), into ``alpha`` H x W, in place."""

    def join(outer: Region, fine: Plane) -> Plane:
        part = trimap[outer.slices]
        trust = (_depth(part) - NEAR) / (DEEP - NEAR)
        if trust.max() <= 0:
            return fine
        unknown = (part == UNKNOWN).astype(np.float32)
        detail = np.abs(fine - _mean(fine, unknown, DETAIL))
        trust = trust.clip(0, 1) * np.exp(_mean(detail, unknown, AROUND) / -STRONG_DETAIL)
        means = [_mean(plane, unknown, BROAD) for plane in (fine, _doubled(coarse, outer))]
        trust *= _unsettled(*means)
        return (fine + trust * (means[1] - means[0])).clip(0, 1)

    rewrite_unknown(alpha, trimap, REACH, join)


def _is_worth_halving(trimap: NDArray[np.uint8]) -> bool:
    """Whether a pixel is so far from known ones that the coarse matte would count."""
    height, width = trimap.shape
    if min(height, width) < 2 * SMALLEST:
        return False
    for block in grid(height, width, BLOCK):
        if not (trimap[block.slices] == UNKNOWN).any():
            continue  # most blocks of a close trimap
        outer = block.grow(NEAR + 1).clip(height, width)
        if _depth(trimap[outer.slices])[block.within(outer)].max() > NEAR:
            return True
    return False


def _depth(trimap: NDArray[np.uint8]) -> Plane:
    """Pixels to the next known one, at most ``DEEP``."""
    unknown = (trimap == UNKNOWN).astype(np.uint8)
    if unknown.all():
        return np.full(trimap.shape, DEEP, np.float32)
    distance = cv2.distanceTransform(unknown, cv2.DIST_L2, cv2.DIST_MASK_PRECISE)
    return np.minimum(distance, np.float32(DEEP))


def _mean(plane: Plane, weight: Plane, radius: int) -> Plane:
    """The mean of the pixels with a weight in a window around each."""
    side = (2 * radius + 1, 2 * radius + 1)
    total, share = (
        cv2.blur(values, side, borderType=cv2.BORDER_CONSTANT)
        for values in (plane * weight, weight)
    )
    return np.asarray(total / np.maximum(share, np.float32(1e-6)), np.float32)


def _unsettled(alpha: Plane, other: Plane) -> Plane:
    """1, and less where ``alpha`` is surer than ``other`` that a pixel is opaque or empty."""
    sure, as_sure = (np.abs(2 * plane - 1) ** SHARPNESS for plane in (alpha, other))
    return np.where(sure > as_sure, 1 - sure, np.float32(1))


def _halved(plane: NDArray[Any]) -> NDArray[Any]:
    """Means of 2 x 2 pixels; of an odd side the last row or column counts twice."""
    if plane.dtype == np.float16:
        plane = plane.astype(np.float32)  # unknown to OpenCV
    bands = []
    for top in range(0, len(plane), BLOCK):
        band = plane[top : top + BLOCK]
        down, right = band.shape[0] % 2, band.shape[1] % 2
        even = cv2.copyMakeBorder(band, 0, down, 0, right, cv2.BORDER_REPLICATE)
        bands.append(cv2.resize(even, None, fx=0.5, fy=0.5, interpolation=cv2.INTER_AREA))
    return np.concatenate(bands)


def _halved_trimap(trimap: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Known is what all of its pixels say alike."""
    mean = _halved(trimap)
    known = (mean == BACKGROUND) | (mean == FOREGROUND)
    return np.where(known, mean, np.uint8(UNKNOWN)).astype(np.uint8)


def _doubled(coarse: Plane, outer: Region) -> Plane:
    """The ``outer`` region of ``coarse`` at twice its size."""
    part = outer.halve().grow(1).clip(*coarse.shape)
    double = cv2.resize(coarse[part.slices], None, fx=2, fy=2, interpolation=cv2.INTER_LINEAR)
    return np.asarray(double, np.float32)[outer.within(part.double())]
