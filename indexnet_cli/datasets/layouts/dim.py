"""pytorch-deep-image-matting: ``image/ fg/ bg/ alpha/`` with one name for each composition."""

from __future__ import annotations

from pathlib import Path

from indexnet_cli.datasets.layouts.findings import Findings
from indexnet_cli.datasets.layouts.listing import by_stem, first_folder
from indexnet_cli.datasets.layouts.scene import Layout, Scene

_PARTS = ("image", "fg", "bg", "alpha")


def read_dim(root: Path, findings: Findings) -> Layout | None:
    """Compositions made beforehand: every foreground has an alpha, background and image."""
    training = _home(root, "train")
    if training is None:
        return None
    image, front, behind, alpha = (by_stem(training / part, findings) for part in _PARTS)
    names = findings.pair(front, training / "alpha", alpha)
    for part, others in (("image", image), ("bg", behind)):
        findings.pair(front, training / part, others)
    scenes = tuple(
        Scene(
            name,
            "DIM",
            alpha[name],
            foreground=front[name],
            background=behind[name],
            image=image[name],
        )
        for name in names
        if name in image and name in behind
    )
    return Layout("pytorch-deep-image-matting", scenes, held_out=_test_scenes(root, findings))


def _home(root: Path, split: str) -> Path | None:
    places = (root, root / split)
    return next((p for p in places if all((p / part).is_dir() for part in _PARTS)), None)


def _test_scenes(root: Path, findings: Findings) -> tuple[Scene, ...]:
    test = root / "test"
    folders = [first_folder(test, names) for names in (("image",), ("alpha",), ("trimap",))]
    if any(folder is None for folder in folders):
        return ()
    image, alpha, trimap = (by_stem(folder, findings) for folder in folders if folder is not None)
    names = findings.pair(image, test / "alpha", alpha)
    findings.pair(image, test / "trimap", trimap)
    return tuple(
        Scene(name, "DIM", alpha[name], image=image[name], trimaps=(trimap[name],))
        for name in names
        if name in trimap
    )
