"""Folders of one's own: ``image/ alpha/ [trimap/]``, or cut-outs ``fg/ alpha/ [bg/]``."""

from __future__ import annotations

from pathlib import Path

from indexnet_cli.datasets.layouts.findings import Findings
from indexnet_cli.datasets.layouts.listing import by_stem, first_folder, photographs
from indexnet_cli.datasets.layouts.scene import Layout, Scene

IMAGES = ("image", "images")
FOREGROUNDS = ("fg", "foreground", "foregrounds")
ALPHAS = ("alpha", "alphas", "matte", "mattes")
TRIMAPS = ("trimap", "trimaps")
BACKGROUNDS = ("bg", "background", "backgrounds")


def read_plain(root: Path, findings: Findings) -> Layout | None:
    """Photographs with alphas of the same stem, and trimaps where there is a folder of them."""
    images, alphas = first_folder(root, IMAGES), first_folder(root, ALPHAS)
    if images is None or alphas is None:
        return None
    pictures, truth = by_stem(images, findings), by_stem(alphas, findings)
    folder = first_folder(root, TRIMAPS)
    trimaps = by_stem(folder, findings) if folder else {}
    names = findings.pair(pictures, alphas, truth)
    if folder is not None:
        findings.pair(truth, folder, trimaps)
    scenes = tuple(
        Scene(
            name,
            "photograph",
            truth[name],
            image=pictures[name],
            trimaps=(trimaps[name],) if name in trimaps else (),
        )
        for name in names
    )
    return Layout("image/ alpha/", scenes)


def read_cut_outs(root: Path, findings: Findings) -> Layout | None:
    """Foregrounds with alphas of the same stem, to be composed over photographs."""
    fronts, alphas = first_folder(root, FOREGROUNDS), first_folder(root, ALPHAS)
    if fronts is None or alphas is None:
        return None
    scenes = cut_outs(fronts, alphas, "cut-out", findings)
    return Layout("fg/ alpha/", scenes, photographs(first_folder(root, BACKGROUNDS)))


def cut_outs(fronts: Path, alphas: Path, kind: str, findings: Findings) -> tuple[Scene, ...]:
    """The scenes of a folder of foregrounds and one of alphas, by stem."""
    pictures, truth = by_stem(fronts, findings), by_stem(alphas, findings)
    names = findings.pair(pictures, alphas, truth)
    return tuple(Scene(name, kind, truth[name], foreground=pictures[name]) for name in names)
