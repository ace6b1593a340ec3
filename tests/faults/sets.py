"""Folders of small pictures for the commands that take folders."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from tests.imaging.pictures import encode, noise

SIZE = (40, 48)


def save_mattes(root: Path, names: Sequence[str]) -> Path:
    """``image/``, ``alpha/``, ``trimap/``, ``pred/``, ``fg/``, ``bg/``: a file a name in each."""
    alpha = np.zeros(SIZE, np.uint8)
    alpha[10:30, 10:30] = 255
    alpha[18:22] //= 2
    trimap = np.where(alpha == 127, 128, alpha).astype(np.uint8)
    trimap[0, 0] = 128
    files = {
        "image": ("jpg", encode(noise(*SIZE, 3), "JPEG")),
        "fg": ("png", encode(noise(*SIZE, 3))),
        "bg": ("jpg", encode(noise(*SIZE, 3, seed=9), "JPEG")),
        "alpha": ("png", encode(alpha)),
        "pred": ("png", encode(alpha // 2)),
        "trimap": ("png", encode(trimap)),
    }
    for folder, (suffix, data) in files.items():
        (root / folder).mkdir(parents=True)
        for name in names:
            (root / folder / f"{name}.{suffix}").write_bytes(data)
    return root


def evaluation(root: Path) -> tuple[str | Path, ...]:
    """The command that scores the set's ``pred/``."""
    return ("eval", root / "pred", "--alpha", root / "alpha", "--trimap", root / "trimap")


def assembling(root: Path, output: Path) -> tuple[str | Path, ...]:
    """The command that composes the set's foregrounds, each over one background."""
    dataset = ("composite", "--dataset", root, "--backgrounds", root / "bg", "--each", "1")
    return (*dataset, "-o", output)
