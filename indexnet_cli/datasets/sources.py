"""Open training folders of any known layout, sampled as a recipe says."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from indexnet_cli.datasets.decoded import DecodedStore
from indexnet_cli.datasets.layouts.recognition import read_layouts
from indexnet_cli.datasets.layouts.scene import Layout, Scene
from indexnet_cli.datasets.open_compositions import OpenCompositions
from indexnet_cli.datasets.pack import SPLITS, VALIDATION_SHARE, Pack, chance_of
from indexnet_cli.datasets.pack_files import is_open_pack
from indexnet_cli.datasets.samples import SampleSource
from indexnet_cli.datasets.sampling.catalogue import SAMPLINGS
from indexnet_cli.datasets.sampling.scene_samples import SceneSamples
from indexnet_cli.errors import InputError, UsageError

_FEWEST_DIVIDED = 10


def open_samples(
    roots: Sequence[Path],
    sampling: str,
    seed: int,
    crop: int | None,
    backgrounds: Path | None = None,
    split: str = "train",
    store: DecodedStore | None = None,
) -> SampleSource:
    """Recognise the layout of every root, check it file by file, and sample as ``sampling`` says.

    ``sampling`` is a name of SAMPLINGS; ``crop`` the side of a sample in pixels (None: the
    recipe's own); ``backgrounds`` a folder of photographs to compose over. ``split`` is ``train``
    or ``validation``: the layout's own test set; without one the open sampling holds 8 % of
    the pictures back, by a hash of their names, and the published ones hold none back. ``store``
    keeps what is decoded (None: in the user's cache). Raises UsageError for another sampling or
    data that it cannot use, InputError with all that is wrong with the files.
    """
    if sampling not in SAMPLINGS:
        raise UsageError(f"no sampling {sampling!r}", f"Known: {', '.join(SAMPLINGS)}.")
    how = SAMPLINGS[sampling]
    packs = [root for root in roots if is_open_pack(root)]
    if packs:
        if sampling != "open" or len(roots) > 1:
            raise UsageError(
                f"{packs[0]} is an open pack: --recipe open draws from it, and from it alone.",
                "For another recipe name folders of one of the other layouts.",
            )
        return OpenCompositions(Pack(packs[0]), seed, crop or how.crop, split)
    layouts = read_layouts(roots, backgrounds)
    scenes = _scenes(layouts, split, hold_back=sampling == "open")
    behind = [path for layout in layouts for path in layout.backgrounds]
    _check_use(sampling, scenes, behind, roots)
    split_id = SPLITS.index(split)
    store = store or DecodedStore()
    return SceneSamples(scenes, behind, how, seed, crop or how.crop, store, split_id)


def _scenes(layouts: Sequence[Layout], split: str, hold_back: bool) -> list[Scene]:
    """The scenes of one split over all folders."""
    found: list[Scene] = []
    for layout in layouts:
        train, validation = layout.scenes, layout.held_out
        if hold_back and not layout.held_out:
            train, validation = _divided(layout.scenes)
        found += train if split == "train" else validation
    return found


def _divided(scenes: tuple[Scene, ...]) -> tuple[tuple[Scene, ...], tuple[Scene, ...]]:
    """Most for training, and what is held back; too few scenes to be divided serve both."""
    if len(scenes) < _FEWEST_DIVIDED:
        return scenes, scenes
    by_chance = sorted(scenes, key=lambda scene: chance_of(scene.name))
    count = round(VALIDATION_SHARE * len(scenes))
    limit = chance_of(by_chance[count - 1].name)
    held = [chance_of(scene.name) <= limit for scene in scenes]
    return (
        tuple(scene for scene, is_held in zip(scenes, held, strict=True) if not is_held),
        tuple(scene for scene, is_held in zip(scenes, held, strict=True) if is_held),
    )


def _check_use(
    sampling: str, scenes: Sequence[Scene], backgrounds: Sequence[Path], roots: Sequence[Path]
) -> None:
    """Refuse what the sampling cannot draw from, before anything starts."""
    names = ", ".join(str(root) for root in roots)
    if not scenes:
        raise InputError(
            f"{names}: no pictures to draw from.", "Name a folder with pictures and alphas."
        )
    bare = [scene for scene in scenes if scene.is_composed and scene.background is None]
    if bare and not backgrounds:
        raise UsageError(
            f"{names}: {len(bare)} foregrounds, and no photographs to put behind them.",
            "Name a folder of photographs with --backgrounds (COCO, VOC, BG-20k, your own).",
        )
    if sampling in ("aimnet-transfer", "dim-chainer"):
        without = [scene for scene in scenes if scene.image is None]
        if without:
            raise UsageError(
                f"--recipe {sampling} takes photographs with masks; {without[0].foreground} is "
                "a foreground alone.",
                "Name DUTS-TR, or image/ and alpha/.",
            )
    if sampling == "dim-chainer" and any(not scene.trimaps for scene in scenes):
        raise UsageError(
            f"{names}: --recipe dim-chainer takes its trimaps from folders.",
            "It wants input/, gt/ and trimap/DIR/.",
        )
