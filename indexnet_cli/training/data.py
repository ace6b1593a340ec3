"""What a run trains on and is judged by."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from indexnet_cli.datasets.open_compositions import OpenCompositions
from indexnet_cli.datasets.pack import Pack
from indexnet_cli.datasets.samples import SampleSource
from indexnet_cli.datasets.sources import open_samples
from indexnet_cli.errors import UsageError
from indexnet_cli.training.recipe import Recipe
from indexnet_cli.training.validation.full_images import FullImages, HeldOut, Pictures, TestFolder
from indexnet_cli.training.validation.open_kinds import OpenKinds
from indexnet_cli.training.validation.result import Validator

TEST_SETS = ("Test_set",)  # where published training sets keep theirs


@dataclass(frozen=True)
class Data:
    """``samples`` gives the samples for a seed and a crop; ``validator`` judges."""

    samples: Callable[[int, int], SampleSource]
    validator: Validator


def open_data(
    roots: Sequence[Path],
    recipe: Recipe,
    backgrounds: Path | None = None,
    validation: Path | None = None,
) -> Data:
    """Check the folders and open them for ``recipe``.

    ``validation``: a test set to be judged by; without one, that of the training set, or its
    held-out part. Raises InputError with all that is wrong with the folders, UsageError for what
    the recipe cannot use.
    """
    if recipe.sampling == "open":
        return _open_pack(roots, recipe, backgrounds, validation)

    def samples(seed: int, crop: int, split: str = "train") -> SampleSource:
        return open_samples(roots, recipe.sampling, seed, crop, backgrounds, split)

    pictures: Pictures
    tests = [root / name for root in roots for name in TEST_SETS if (root / name).is_dir()]
    if validation is not None or tests:
        pictures = TestFolder(validation or tests[0])
    else:
        held_out = samples(recipe.seed, recipe.validation_crop, "validation")
        pictures = HeldOut(held_out, min(recipe.validation_images, len(held_out)))
    return Data(samples, FullImages(pictures, _precision(recipe)))


def _open_pack(
    roots: Sequence[Path], recipe: Recipe, backgrounds: Path | None, validation: Path | None
) -> Data:
    if len(roots) > 1 or backgrounds is not None:
        raise UsageError(
            "The open recipe takes one pack, which holds its own backgrounds.",
            "Give one --data-dir, and no --backgrounds; or choose another --recipe.",
        )
    pack = Pack(roots[0])
    validator: Validator
    if validation is None:
        validator = OpenKinds(pack, recipe)
    else:
        validator = FullImages(TestFolder(validation), _precision(recipe))
    return Data(lambda seed, crop: OpenCompositions(pack, seed, crop), validator)


def _precision(recipe: Recipe) -> str:
    return "fp32" if recipe.precision == "fp32" else "auto"
