"""DUTS-TR: photographs and masks of what is salient in them."""

from __future__ import annotations

from pathlib import Path

from indexnet_cli.datasets.layouts.findings import Findings
from indexnet_cli.datasets.layouts.listing import by_stem, first_folder
from indexnet_cli.datasets.layouts.scene import Layout, Scene

_IMAGES = ("DUTS-TR-Image", "image", "images")
_MASKS = ("DUTS-TR-Mask", "mask", "masks")
_BELOW = ("", "DUTS-TR")


def read_duts(root: Path, findings: Findings) -> Layout | None:
    """Photographs with masks of the same stem; nobody knows their foreground colours."""
    images, masks = first_folder(root, _IMAGES, _BELOW), first_folder(root, _MASKS, _BELOW)
    if images is None or masks is None or (root / "fg").is_dir():
        return None
    pictures, truth = by_stem(images, findings), by_stem(masks, findings)
    names = findings.pair(pictures, masks, truth)
    scenes = tuple(Scene(name, "DUTS", truth[name], image=pictures[name]) for name in names)
    return Layout("DUTS-TR", scenes)
