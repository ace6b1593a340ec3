"""Compositions made on the fly from the open pack: sample i is a pure function of (seed, i)."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from indexnet_cli.datasets.colours import background_colours, foreground_colours
from indexnet_cli.datasets.damage import apply_table, damage_image, photometric_table
from indexnet_cli.datasets.mattes import KINDS
from indexnet_cli.datasets.mattes.drawing import Alpha, join
from indexnet_cli.datasets.pack import SPLITS, Pack, PackPart
from indexnet_cli.datasets.sample import Sample
from indexnet_cli.datasets.shading import shade_by_structure
from indexnet_cli.datasets.trimaps import fractional_pixels, random_trimap

_LENGTH = 1_000_000_000
_ATTEMPTS = 4
_FEWEST_SOFT_PIXELS = 60

Colours = NDArray[np.uint8]


class OpenCompositions:
    """A practically endless list of Samples of ``crop`` x ``crop`` pixels.

    ``kinds`` restricts the mattes to some names of KINDS. The two splits share no picture of the
    pack and no random numbers.
    """

    def __init__(
        self,
        pack: Pack,
        seed: int,
        crop: int,
        split: str = "train",
        kinds: Sequence[str] | None = None,
    ) -> None:
        self.seed = seed
        self.crop = crop
        self.kinds = list(kinds or KINDS)
        weights = np.array([KINDS[kind].weight for kind in self.kinds])
        self._shares = weights / weights.sum()
        self._split_id = SPLITS.index(split)
        self._part = PackPart(pack, split)

    def __len__(self) -> int:
        return _LENGTH

    def __getitem__(self, index: int) -> Sample:
        rng = np.random.default_rng([self.seed, self._split_id, index])
        kind = str(rng.choice(self.kinds, p=self._shares))
        alpha, own_colours = self._matte(rng, kind)
        photograph = self._part.photograph(rng)
        behind = background_colours(rng, photograph, self.crop)
        front = own_colours
        if front is None:
            front = foreground_colours(rng, self._part, behind, photograph, kind)
            front = shade_by_structure(rng, front, alpha, behind)
        table = photometric_table(rng)
        foreground, background = apply_table(front, table), apply_table(behind, table)
        composed = background + alpha[..., None] * (foreground - background)
        return Sample(
            image=damage_image(rng, composed),
            trimap=random_trimap(rng, alpha),
            alpha=alpha,
            foreground=foreground,
            background=background,
            kind=kind,
        )

    def _matte(self, rng: np.random.Generator, kind: str) -> tuple[Alpha, Colours | None]:
        """Draw until the crop has soft pixels; at last fall back to a defocused shape."""
        for attempt in range(_ATTEMPTS + 1):
            size = int(self.crop * rng.uniform(1.0, 1.5))
            last = attempt == _ATTEMPTS
            alpha, colours = self._draw(rng, "blur" if last else kind, size)
            if not last and rng.random() < 0.1:
                second = str(rng.choice(["hair", "fur", "leaves_branches", "blur", "net_lace"]))
                alpha = join(alpha, self._draw(rng, second, size)[0])
            alpha = _settle(alpha)
            alpha, colours = _flip(rng, *_crop(rng, alpha, colours, self.crop))
            if np.count_nonzero(fractional_pixels(alpha)) >= _FEWEST_SOFT_PIXELS:
                break
        if colours is None and rng.random() < 0.04:
            alpha = 1 - alpha  # a foreground that is seen through holes
        return alpha, colours

    def _draw(self, rng: np.random.Generator, kind: str, size: int) -> tuple[Alpha, Colours | None]:
        if KINDS[kind].from_pack:
            alpha, colours = KINDS[kind].draw(rng, size, self._part)
        else:
            alpha, colours = KINDS[kind].draw(rng, size), None
        return alpha, colours


def _settle(alpha: Alpha) -> Alpha:
    """Make the nearly empty empty and the nearly solid solid, so that trimaps call them known."""
    settled = np.where(alpha < 1.5 / 255, 0, np.where(alpha > 253.5 / 255, 1, alpha))
    return settled.astype(np.float32)


def _crop(
    rng: np.random.Generator, alpha: Alpha, colours: Colours | None, crop: int
) -> tuple[Alpha, Colours | None]:
    """Cut a square in which a random soft pixel lies, near the middle where the scene allows."""
    spots = np.flatnonzero(fractional_pixels(alpha))
    size = alpha.shape[0]
    spot = int(spots[rng.integers(spots.size)]) if spots.size else (size // 2) * (size + 1)
    centre = np.array(divmod(spot, size)) + rng.integers(-crop // 4, crop // 4 + 1, 2)
    top, left = (int(v) for v in np.clip(centre - crop // 2, 0, size - crop))
    window = np.s_[top : top + crop, left : left + crop]
    return alpha[window], None if colours is None else colours[window]


def _flip(
    rng: np.random.Generator, alpha: Alpha, colours: Colours | None
) -> tuple[Alpha, Colours | None]:
    across, down = rng.random() < 0.5, rng.random() < 0.1
    step = np.s_[:: -1 if down else 1, :: -1 if across else 1]
    flipped = None if colours is None else np.ascontiguousarray(colours[step])
    return np.ascontiguousarray(alpha[step]), flipped
