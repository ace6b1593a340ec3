"""Compositions made on the fly from the open pack: sample i is a pure function of (seed, i)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import cv2
import numpy as np
from numpy.typing import NDArray

from indexnet_cli.datasets.chance import log_uniform
from indexnet_cli.datasets.colours import (
    background_colours,
    colour_pieces,
    foreground_colours,
    recolour,
    vary_saturation,
)
from indexnet_cli.datasets.damage import apply_table, damage_image, photometric_table
from indexnet_cli.datasets.enlarging import enlarge_part
from indexnet_cli.datasets.mattes import KINDS, kinds_of
from indexnet_cli.datasets.mattes.drawing import Alpha, Matte, join
from indexnet_cli.datasets.noise import defocus, fractal_noise
from indexnet_cli.datasets.pack import SPLITS, Pack, PackPart
from indexnet_cli.datasets.sample import Sample
from indexnet_cli.datasets.shading import refract, shade_by_structure
from indexnet_cli.datasets.trimaps import (
    SHORT_OF_THE_EDGE,
    UNMARKED,
    fractional_pixels,
    leave_out,
    random_trimap,
)
from indexnet_cli.imaging.compositing import composite

_LENGTH = 1_000_000_000
_ATTEMPTS = 4
_COLOUR_ATTEMPTS = 4
_FEWEST_SOFT_PIXELS = 60
_SHADED, _SHADED_WIRE = 0.5, 0.85  # how often light follows the form; wire is round and shines
_PLAIN_DIFFERENCE = 45  # of 255; what an eye tells apart in strands of a pixel's width
_SECOND = ("hair", "fur", "leaves_branches", "blur", "net_lace")  # what goes with another matte

Colours = NDArray[np.uint8]


class OpenCompositions:
    """A practically endless list of Samples of ``crop`` x ``crop`` pixels.

    ``kinds`` restricts the mattes to some names of KINDS (None: all that the pack has); ``shares``
    gives some of them another share than theirs, the others dividing the rest as ever. The two
    splits share no picture of the pack and no random numbers.
    """

    def __init__(
        self,
        pack: Pack,
        seed: int,
        crop: int,
        split: str = "train",
        kinds: Sequence[str] | None = None,
        shares: Mapping[str, float] | None = None,
    ) -> None:
        self.seed = seed
        self.distractors = 0.3  # the share of samples with one
        self.in_light = 0.5  # the share that is mixed as a lens does, not as a program does
        self.enlarged = 0.35 if split == "train" else 0.0  # the share at twice its size
        # The share that is nowhere quite solid, and so unknown as a whole.
        self.nearly_solid = 0.06 if split == "train" else 0.0
        # The share whose foreground is unknown as a whole, beside known background.
        self.unmarked = UNMARKED if split == "train" else 0.0
        # The share whose trimap ends before the picture does.
        self.short_of_the_edge = SHORT_OF_THE_EDGE if split == "train" else 0.0
        # The share of what has colours of its own that gets others.
        self.recoloured = 0.4 if split == "train" else 0.0
        self.crop = crop
        self.kinds = list(kinds or kinds_of(pack))
        self._shares = _shares(self.kinds, shares or {})
        self._split_id = SPLITS.index(split)
        self._part = PackPart(pack, split)

    def __len__(self) -> int:
        return _LENGTH

    def __getitem__(self, index: int) -> Sample:
        rng = np.random.default_rng([self.seed, self._split_id, index])
        kind = str(rng.choice(self.kinds, p=self._shares))
        matte = self._matte(rng, kind)
        alpha = matte.alpha
        photograph = self._part.photograph(rng)
        behind = background_colours(rng, photograph, self.crop)
        if rng.random() < self.distractors:
            behind = self._with_distractor(rng, behind, photograph)
        front = matte.colours
        if front is None:
            front = self._front(rng, matte, behind, photograph, kind)
        elif self.recoloured and rng.random() < self.recoloured:
            front = recolour(rng, front)
        front, behind = vary_saturation(rng, front, behind)
        table = photometric_table(rng)
        foreground, background = apply_table(front, table), apply_table(behind, table)
        mixed = composite(foreground, background, alpha, linear=rng.random() < self.in_light)
        image, trimap = damage_image(rng, mixed), random_trimap(rng, alpha)
        sample = Sample(
            image=image,
            trimap=leave_out(rng, trimap, self.unmarked, self.short_of_the_edge),
            alpha=alpha,
            foreground=foreground,
            background=background,
            kind=kind,
        )
        return enlarge_part(rng, sample) if rng.random() < self.enlarged else sample

    def _front(
        self,
        rng: np.random.Generator,
        matte: Matte,
        behind: Colours,
        photograph: Colours,
        kind: str,
    ) -> Colours:
        """Colours for a matte that has none of its own."""
        for _ in range(_COLOUR_ATTEMPTS):
            colours = foreground_colours(rng, self._part, behind, photograph, kind)
            if rng.random() < 0.3 or _stands_out(colours, behind, matte.alpha):
                break
        if kind == "glass_veil" and rng.random() < 0.3:
            return refract(rng, colours, matte.alpha, behind)
        if matte.pieces is not None:
            colours = colour_pieces(rng, colours, matte.pieces)
        if rng.random() < (_SHADED_WIRE if kind == "net_lace" else _SHADED):
            colours = shade_by_structure(rng, colours, matte.alpha, behind)
        return colours

    def _with_distractor(
        self, rng: np.random.Generator, behind: Colours, photograph: Colours
    ) -> Colours:
        """Put something into the background that has strands, leaves or holes of its own."""
        kind = str(rng.choice(_SECOND))
        matte = self._draw(rng, kind, self.crop)
        colours = self._front(rng, matte, behind, photograph, kind)
        radius = float(rng.choice([0.0, rng.uniform(0.5, 16.0)]))
        cover = defocus(matte.alpha, radius)[..., None]
        mixed = behind + cover * (defocus(colours, radius).astype(np.float32) - behind)
        return np.clip(mixed + 0.5, 0, 255).astype(np.uint8)

    def _matte(self, rng: np.random.Generator, kind: str) -> Matte:
        """Draw until the crop has soft pixels; at last fall back to a defocused shape."""
        for attempt in range(_ATTEMPTS + 1):
            size = int(self.crop * rng.uniform(1.0, 1.5))
            last = attempt == _ATTEMPTS
            matte = self._draw(rng, "blur" if last else kind, size)
            if not last and rng.random() < 0.1:
                second = self._draw(rng, str(rng.choice(_SECOND)), size)
                matte = matte._replace(alpha=join(matte.alpha, second.alpha))
            matte = matte._replace(alpha=_settle(matte.alpha))
            matte = _flip(rng, _crop(rng, matte, self.crop))
            if np.count_nonzero(fractional_pixels(matte.alpha)) >= _FEWEST_SOFT_PIXELS:
                break
        if self.nearly_solid and rng.random() < self.nearly_solid:
            matte = matte._replace(alpha=_less_than_solid(rng, matte.alpha))
        if matte.colours is None and rng.random() < 0.04:
            matte = matte._replace(alpha=1 - matte.alpha)  # a foreground seen through holes
        return matte

    def _draw(self, rng: np.random.Generator, kind: str, size: int) -> Matte:
        if KINDS[kind].folder:
            return KINDS[kind].draw(rng, size, self._part)
        return KINDS[kind].draw(rng, size)


def _shares(kinds: Sequence[str], given: Mapping[str, float]) -> NDArray[np.float64]:
    """How often each of ``kinds`` is drawn; the sum is 1."""
    others = sum(KINDS[kind].weight for kind in kinds if kind not in given)
    left = (1 - sum(given.values())) / others if others else 0.0
    shares = np.array([given.get(kind, KINDS[kind].weight * left) for kind in kinds])
    return np.asarray(shares / shares.sum())


def _stands_out(front: Colours, behind: Colours, alpha: Alpha) -> bool:
    """Whether most soft pixels would show which of the two they are."""
    soft = fractional_pixels(alpha)
    difference = cv2.absdiff(front, behind)[soft].max(axis=1, initial=0)
    return bool(np.count_nonzero(difference > _PLAIN_DIFFERENCE) > 0.5 * np.count_nonzero(soft))


def _settle(alpha: Alpha) -> Alpha:
    """Make the nearly empty empty and the nearly solid solid, so that trimaps call them known."""
    settled = np.where(alpha < 1.5 / 255, 0, np.where(alpha > 253.5 / 255, 1, alpha))
    return settled.astype(np.float32)


def _less_than_solid(rng: np.random.Generator, alpha: Alpha) -> Alpha:
    """Take a little off what is solid, here more and there less.

    So are printed cloth and most mattes that were measured, and their trimaps say of the whole
    thing that it is unknown. It is to be seen as nearly solid all the same.
    """
    relief = np.clip(0.7 + 0.3 * fractal_noise(rng, alpha.shape[0], 3, 4), 0.4, 1)
    # At the least 0.008, two levels of 255: less would count as solid.
    return np.asarray(alpha * (1 - np.float32(log_uniform(rng, 0.02, 0.2)) * relief), np.float32)


def _crop(rng: np.random.Generator, matte: Matte, crop: int) -> Matte:
    """Cut a square in which a random soft pixel lies, near the middle where the scene allows."""
    spots = np.flatnonzero(fractional_pixels(matte.alpha))
    size = matte.alpha.shape[0]
    spot = int(spots[rng.integers(spots.size)]) if spots.size else (size // 2) * (size + 1)
    centre = np.array(divmod(spot, size)) + rng.integers(-crop // 4, crop // 4 + 1, 2)
    top, left = (int(v) for v in np.clip(centre - crop // 2, 0, size - crop))
    return _window(matte, np.s_[top : top + crop, left : left + crop])


def _flip(rng: np.random.Generator, matte: Matte) -> Matte:
    across, down = rng.random() < 0.5, rng.random() < 0.1
    return _window(matte, np.s_[:: -1 if down else 1, :: -1 if across else 1])


def _window(matte: Matte, window: tuple[slice, slice]) -> Matte:
    planes = (None if p is None else np.ascontiguousarray(p[window]) for p in matte)
    return Matte(*planes)  # type: ignore[arg-type]
