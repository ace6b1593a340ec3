"""The Chainer Deep Image Matting: ``input/ gt/ trimap/DIR/ [bgs/]``, also below ``train/``."""

from __future__ import annotations

from pathlib import Path

from indexnet_cli.datasets.layouts.findings import Findings
from indexnet_cli.datasets.layouts.listing import by_stem, first_folder, photographs
from indexnet_cli.datasets.layouts.scene import Layout, Scene


def read_chainer(root: Path, findings: Findings) -> Layout | None:
    """Photographs with their truth and one trimap from each folder below ``trimap/``."""
    inputs = first_folder(root, ("input",), ("", "train"))
    if inputs is None or not (inputs.parent / "gt").is_dir():
        return None
    home = inputs.parent
    pictures, truth = by_stem(inputs, findings), by_stem(home / "gt", findings)
    names = findings.pair(pictures, home / "gt", truth)
    given: list[dict[str, Path]] = []
    trimaps = home / "trimap"
    folders = sorted(p for p in trimaps.iterdir() if p.is_dir()) if trimaps.is_dir() else []
    for folder in folders:
        given.append(by_stem(folder, findings))
        findings.pair(pictures, folder, given[-1])
    if not folders:
        findings.add(trimaps, "has no folder of trimaps in it (trimap/Trimap1/, ...)")
    scenes = tuple(
        Scene(
            name,
            "Chainer DIM",
            truth[name],
            image=pictures[name],
            trimaps=tuple(trimaps[name] for trimaps in given if name in trimaps),
        )
        for name in names
    )
    return Layout("Chainer DIM", scenes, photographs(first_folder(home, ("bgs",))))
