"""Open training folders of any known layout, sampled as a recipe says."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from indexnet_cli.datasets.open_compositions import OpenCompositions
from indexnet_cli.datasets.pack import Pack
from indexnet_cli.datasets.samples import SampleSource
from indexnet_cli.errors import UsageError

SAMPLINGS = (
    "open",
    "indexnet",
    "indexnet-mmagic",
    "indexnet-mmagic-dimaug",
    "deep-matting",
    "dim",
    "aimnet-transfer",
    "aimnet-matting",
    "dim-chainer",
)
OPEN_CROP, PUBLISHED_CROP = 192, 320


def open_samples(
    roots: Sequence[Path],
    sampling: str,
    seed: int,
    crop: int | None,
    backgrounds: Path | None = None,
    split: str = "train",
) -> SampleSource:
    """Recognise the layout of every root, check it file by file, and sample as ``sampling`` says.

    ``sampling`` is a name of SAMPLINGS; ``crop`` the side of a sample in pixels (None: the
    recipe's own); ``backgrounds`` a folder of photographs to compose over. ``split`` is train or
    validation. Raises UsageError for another sampling or data that it cannot use, InputError with
    all that is wrong with the files.
    """
    if sampling not in SAMPLINGS:
        raise UsageError(f"no sampling {sampling!r}", f"Known: {', '.join(SAMPLINGS)}.")
    return OpenCompositions(Pack(roots[0]), seed, crop or OPEN_CROP, split)
