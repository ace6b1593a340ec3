"""What is done with one picture of a batch: read it, matte it, write what was asked for."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from indexnet_cli.batch.journal import Journal, digest_file, digest_text
from indexnet_cli.batch.pairing import Guide
from indexnet_cli.batch.planning import Item
from indexnet_cli.errors import InputError, OutputError
from indexnet_cli.imaging.opening import MAX_PIXELS
from indexnet_cli.imaging.products import Matted, ProductStyle, write_product
from indexnet_cli.imaging.reading import Picture, read_image
from indexnet_cli.imaging.trimap_sources import TrimapSource
from indexnet_cli.imaging.trimap_style import TrimapStyle
from indexnet_cli.imaging.trimaps import FOREGROUND, UNKNOWN

if TYPE_CHECKING:
    from indexnet_cli.engine.matter import Matter


@dataclass(frozen=True)
class Loaded:
    """A picture as read, with the digest of its work; no picture where that is done already."""

    work: str
    picture: Picture | None = None
    trimap: NDArray[np.uint8] | None = None
    told: dict[str, Any] = field(default_factory=dict)


@dataclass
class BatchMatting:
    """The three stages for ``run_pipeline``.

    ``settings`` stands for everything that makes a result another one (model, checkpoint,
    options); ``make_matter`` builds the Matter when the first picture needs it. For the guide
    ``none`` that is one which needs no trimap; ``make_refiner``, where given, builds another that
    mattes once more with the trimap found.
    """

    journal: Journal
    style: ProductStyle
    guide: Guide
    trimap_style: TrimapStyle
    settings: str
    make_matter: Callable[[], Matter]
    max_pixels: int = MAX_PIXELS
    make_refiner: Callable[[], Matter] | None = None

    @cached_property
    def matter(self) -> Matter:
        """The network on its device."""
        return self.make_matter()

    @cached_property
    def refiner(self) -> Matter | None:
        """The network that mattes with a trimap that was found, if that is wanted."""
        return None if self.make_refiner is None else self.make_refiner()

    def load(self, item: Item) -> Loaded:
        """Read picture and guide, unless the journal says that the work is done."""
        pair = item.pair
        if pair.problem:
            raise InputError(f"{pair.image}: {pair.problem}.", "Name it alike, or list it.")
        work = self._digest(pair.image, *([] if pair.guide is None else [pair.guide]))
        if self.journal.is_done(item.outputs, work):
            return Loaded(work)
        picture = read_image(pair.image, self.max_pixels)
        height, width = picture.pixels.shape[:2]
        told = {"width": width, "height": height, "warnings": [*picture.warnings]}
        if self.guide == "none":
            return Loaded(work, picture, None, told)
        source = TrimapSource(self.guide, str(pair.guide), style=self.trimap_style)
        trimap, summary = source.trimap_of(picture.pixels, str(pair.image), self.max_pixels)
        told["unknown_share"] = round(summary.unknown_share, 6)
        told["warnings"] += summary.warnings
        return Loaded(work, picture, trimap, told)

    def work(self, _item: Item, loaded: Loaded) -> tuple[Loaded, Matted | None]:
        """Matte what was read."""
        if loaded.picture is None:
            return loaded, None
        pixels, trimap = loaded.picture.pixels, loaded.trimap
        if trimap is None:
            found = self.matter.find(pixels)
            trimap, alpha = found.trimap, found.alpha
            loaded.told["unknown_share"] = round(float((trimap == UNKNOWN).mean()), 6)
            if self.refiner is not None:
                alpha = self.refiner.matte(pixels, trimap)
        elif (trimap == UNKNOWN).any():
            alpha = self.matter.matte(pixels, trimap)
        else:
            alpha = (trimap == FOREGROUND).astype(np.float32)
        return loaded, Matted(loaded.picture, trimap, alpha, self.style.estimate)

    def save(self, item: Item, worked: tuple[Loaded, Matted | None]) -> dict[str, Any]:
        """Write the products and record them; tells what there is to tell of the picture."""
        loaded, matted = worked
        outputs = {kind: str(path) for kind, path in item.outputs.items()}
        told: dict[str, Any] = {"image": str(item.pair.image), "outputs": outputs}
        if item.pair.guide is not None:
            told[self.guide] = str(item.pair.guide)
        if matted is None:
            return {**told, "status": "done before"}
        self.journal.begin(item.outputs)
        for kind, path in item.outputs.items():
            try:
                path.parent.mkdir(parents=True, exist_ok=True)
            except OSError as error:
                raise OutputError(
                    f"{path.parent} cannot be made: {error.strerror}.", "Choose another -o."
                ) from error
            write_product(kind, matted, path, self.style, overwrite=True)
        self.journal.finish(item.outputs, loaded.work)
        return {**told, "status": "done", **loaded.told}

    def _digest(self, *inputs: Path) -> str:
        try:
            return digest_text(self.settings, *(digest_file(path) for path in inputs))
        except FileNotFoundError as error:
            raise InputError(f"{error.filename} does not exist.", "Check the list.") from error
        except OSError as error:
            raise InputError(f"{error.filename} cannot be read: {error.strerror}.") from error
