"""Make one composition: read, compose, write; or find that it was made."""

from __future__ import annotations

import zlib
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from indexnet_cli.batch.journal import digest_file, digest_text
from indexnet_cli.datasets.assembling.formats import Format, Made, encode_png
from indexnet_cli.datasets.assembling.plan import Composition, Split
from indexnet_cli.datasets.composing import RULES, compose, fit_background
from indexnet_cli.errors import InputError
from indexnet_cli.imaging.reading import read_image, read_levels, read_trimap
from indexnet_cli.imaging.trimap_recipes import recipe_trimap

Pixels = NDArray[np.uint8]


@dataclass(frozen=True)
class Maker:
    """Makes compositions of one format below ``folder``."""

    form: Format
    split: Split
    folder: Path
    seed: int

    def outputs(self, composition: Composition) -> dict[str, Path]:
        """Where its pictures go; what lies there already as an input is no output."""
        files = self.form.files(composition, self.split)
        inputs = {path.resolve() for path in (composition.alpha, composition.trimap) if path}
        places = {kind: self.folder / name for kind, name in files.items()}
        return {kind: path for kind, path in places.items() if path.resolve() not in inputs}

    def work(self, composition: Composition) -> str:
        """A digest of everything that decides what is written."""
        inputs = (composition.foreground, composition.alpha, composition.background)
        given = composition.trimap
        return digest_text(
            self.form.rule,
            str(self.seed),
            composition.name,
            *(_digest(path) for path in inputs),
            "" if given is None else _digest(given),
        )

    def make(self, composition: Composition) -> Made:
        """Compose it. Raises InputError for a picture that cannot be read or does not fit."""
        foreground = _foreground(composition.foreground)
        alpha = _alpha(composition.alpha)
        if foreground.shape[:2] != alpha.shape:
            raise InputError(f"{composition.foreground} has another size than {composition.alpha}.")
        height, width = alpha.shape
        rule = RULES[self.form.rule]
        behind = fit_background(_colours(composition.background), height, width, rule)
        image = compose(foreground, alpha, behind, rule)
        return Made(image, foreground, behind, alpha, self._trimap(composition, alpha))

    def _trimap(self, composition: Composition, alpha: Pixels) -> Pixels | None:
        if self.split == "train":
            return None
        if composition.trimap is not None:
            return read_trimap(composition.trimap)[0]
        rng = np.random.default_rng(
            [self.seed, zlib.crc32(composition.name.encode("utf-8", "surrogateescape"))]
        )
        return recipe_trimap("indexnet", alpha, rng)

    def encode(self, composition: Composition, made: Made) -> dict[Path, bytes]:
        """Its files."""
        return {
            path: encode_png(getattr(made, kind))
            for kind, path in self.outputs(composition).items()
        }


# A foreground is read once for all its photographs.
_cached = lru_cache(maxsize=4)


def _colours(path: Path) -> Pixels:
    pixels = read_image(path).pixels
    return pixels if pixels.dtype == np.uint8 else np.rint(pixels / 257).astype(np.uint8)


@_cached
def _foreground(path: Path) -> Pixels:
    return _colours(path)


@_cached
def _alpha(path: Path) -> Pixels:
    levels = read_levels(path)
    return levels if levels.dtype == np.uint8 else np.rint(levels / 257).astype(np.uint8)


@lru_cache(maxsize=64)
def _digest(path: Path) -> str:
    return digest_file(path)
