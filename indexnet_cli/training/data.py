"""What a run trains on and is judged by."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from indexnet_cli.datasets.mattes import kinds_of
from indexnet_cli.datasets.on_device import DeviceCuts
from indexnet_cli.datasets.open_compositions import OpenCompositions
from indexnet_cli.datasets.pack import Pack
from indexnet_cli.datasets.pack_files import is_open_pack
from indexnet_cli.datasets.samples import SampleSource
from indexnet_cli.datasets.sampling.scene_samples import SceneSamples
from indexnet_cli.datasets.sources import open_samples
from indexnet_cli.errors import InputError, UsageError
from indexnet_cli.training.recipe import Recipe
from indexnet_cli.training.validation.full_images import FullImages, TestFolder
from indexnet_cli.training.validation.open_kinds import OpenKinds
from indexnet_cli.training.validation.result import Validator
from indexnet_cli.training.validation.whole_scenes import WholeScenes

MOST_NAMED = 8


@dataclass(frozen=True)
class Data:
    """``samples`` gives the samples for a seed and a crop, or what the device makes them of;
    ``validator`` judges.

    ``description`` says what was found, ``warning`` what the user should know of it.
    """

    samples: Callable[[int, int], SampleSource | DeviceCuts]
    validator: Validator
    description: str = ""
    warning: str = ""


def open_data(
    roots: Sequence[Path],
    recipe: Recipe,
    backgrounds: Path | None = None,
    validation: Path | None = None,
) -> Data:
    """Check the folders and open them for ``recipe``.

    ``validation``: a test set to be judged by; without one, that of the training set, or what the
    open sampling holds back. Raises InputError with all that is wrong with the folders,
    UsageError for what the recipe cannot use.
    """
    if recipe.sampling == "open" and is_open_pack(roots[0]):
        return _open_pack(roots, recipe, backgrounds, validation)
    for key in ("kind_shares", "enlarged"):
        if getattr(recipe, key) != getattr(Recipe, key):
            raise UsageError(
                f"{key} = {getattr(recipe, key)}: only an open pack is sampled by it.",
                "Leave it out.",
            )
    train = open_samples(roots, recipe.sampling, recipe.seed, recipe.crop, backgrounds)
    assert isinstance(train, SceneSamples)

    def samples(seed: int, crop: int) -> SampleSource | DeviceCuts:
        drawn = SceneSamples(
            train.scenes, train.backgrounds, train.sampling, seed, crop, train.store
        )
        return DeviceCuts(drawn) if recipe.compose_on == "device" else drawn

    found = f"{len(train.scenes)} pictures"
    if train.backgrounds:
        found += f", {len(train.backgrounds)} backgrounds"
    if validation is not None:
        test = TestFolder(validation)
        found += f"; {len(test)} for validation"
        return Data(samples, FullImages(test, recipe.matting_precision, recipe.fits_colours), found)
    try:
        held_out = open_samples(
            roots, recipe.sampling, recipe.seed, recipe.crop, backgrounds, "validation"
        )
        warning = ""
    except InputError:  # opened above: nothing is held out, then
        held_out = train
        warning = "no test set: scores are of training pictures (name another with --validation)"
    assert isinstance(held_out, SceneSamples)
    pictures = WholeScenes(held_out, recipe.validation_images)
    return Data(
        samples,
        FullImages(pictures, recipe.matting_precision, recipe.fits_colours),
        f"{found}; {_listed(pictures)} for validation",
        warning,
    )


def _listed(pictures: WholeScenes) -> str:
    """How many, and which where they are few."""
    if len(pictures) > MOST_NAMED:
        return str(len(pictures))
    return f"{len(pictures)} ({', '.join(pictures.names)})"


def _open_pack(
    roots: Sequence[Path], recipe: Recipe, backgrounds: Path | None, validation: Path | None
) -> Data:
    if len(roots) > 1 or backgrounds is not None:
        raise UsageError(
            "An open pack is trained on alone; it holds its own backgrounds.",
            "Give one --data-dir, and no --backgrounds.",
        )
    if recipe.compose_on != "workers":
        raise UsageError(
            "compose_on = device: the samples of an open pack are drawn by the workers.",
            "Leave it out.",
        )
    pack = Pack(roots[0])
    shares = _kind_shares(recipe, kinds_of(pack))
    validator: Validator
    if validation is None:
        validator = OpenKinds(pack, recipe)
    else:
        validator = FullImages(
            TestFolder(validation), recipe.matting_precision, recipe.fits_colours
        )
    count = len(pack.names("fg", "train"))

    def samples(seed: int, crop: int) -> OpenCompositions:
        drawn = OpenCompositions(pack, seed, crop, shares=shares)
        drawn.enlarged = recipe.enlarged
        return drawn

    return Data(
        samples,
        validator,
        f"an open pack with {count} cut-outs",
    )


def _kind_shares(recipe: Recipe, kinds: Sequence[str]) -> dict[str, float]:
    """``recipe.kind_shares``, as hair=0.2, by kind; ``kinds`` are those that the pack has."""
    shares = {}
    for given in recipe.kind_shares:
        kind, _, share = given.partition("=")
        try:
            shares[kind] = float(share)
        except ValueError:
            shares[kind] = -1.0
        if kind not in kinds or not 0 <= shares[kind] <= 1:
            raise UsageError(
                f"kind_shares: {given!r} is no kind of matte and its share of the samples",
                f"Give them as hair=0.2; kinds: {', '.join(kinds)}.",
            )
    total = sum(shares.values())
    if total > 1 + 1e-6 or (len(shares) == len(kinds) and total < 1 - 1e-6):
        raise UsageError(
            f"kind_shares: they add up to {total:g}",
            "Let them add up to 1, or to less where kinds are left out.",
        )
    return shares
