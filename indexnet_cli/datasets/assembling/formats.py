"""What each published script writes for a composition, where, and which lists."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from indexnet_cli.datasets.assembling.plan import Composition, Split
from indexnet_cli.errors import OutputError
from indexnet_cli.imaging.placing import place_file

Pixels = NDArray[np.uint8]

_SETS: dict[Split, str] = {"train": "Training_set", "test": "Test_set"}
_COMPRESSION = 4


@dataclass(frozen=True)
class Made:
    """The pictures of one composition, uint8: colours HxWx3 RGB, alpha and trimap HxW."""

    image: Pixels
    foreground: Pixels
    background: Pixels
    alpha: Pixels
    trimap: Pixels | None


@dataclass(frozen=True)
class Format:
    """A published script: its rule of composing, its files, and its lists.

    ``files`` gives the pictures of a composition by their path below the output folder; ``lists``
    the text of each list by its path.
    """

    rule: str
    files: Callable[[Composition, Split], dict[str, str]]
    lists: Callable[[Sequence[Composition], Split, Path], dict[str, str]]


def encode_png(pixels: Pixels) -> bytes:
    """A grey or RGB picture as PNG."""
    stored = pixels if pixels.ndim == 2 else cv2.cvtColor(pixels, cv2.COLOR_RGB2BGR)
    _, data = cv2.imencode(".png", stored, [cv2.IMWRITE_PNG_COMPRESSION, _COMPRESSION])
    return data.tobytes()


def write_text(folder: Path, lists: dict[str, str]) -> None:
    """Write the lists below a folder, each whole or not at all. Raises OutputError."""
    for name, text in lists.items():
        path = folder / name
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise OutputError(f"{path} cannot be written: {error.strerror}.") from error
        place_file(text.encode("utf-8", "surrogateescape"), path, overwrite=True)


def _indexnet_files(made: Composition, split: Split) -> dict[str, str]:
    home = _SETS[split]
    files = {"image": f"{home}/merged/{made.name}.png"}
    if split == "test":
        files["alpha"] = f"{home}/alpha/{made.foreground.stem}.png"
        files["trimap"] = f"{home}/trimaps/{made.name}.png"
    return files


def _indexnet_lists(
    compositions: Sequence[Composition], split: Split, folder: Path
) -> dict[str, str]:
    """Tab-separated: merged, alpha, fg, bg; for the test set merged, alpha, trimap."""
    lines = []
    for made in compositions:
        files = _indexnet_files(made, split)
        others = (made.alpha, made.foreground, made.background)
        rest = (
            [files["alpha"], files["trimap"]]
            if split == "test"
            else [_relative(path, folder) for path in others]
        )
        lines.append("\t".join([files["image"], *rest]))
    return {f"lists/{split}.txt": "\n".join(lines)}


def _mmagic_files(made: Composition, split: Split) -> dict[str, str]:
    home = _SETS[split]
    return _indexnet_files(made, split) | {"background": f"{home}/bg/{made.name}.png"}


def _mmagic_lists(
    compositions: Sequence[Composition], split: Split, folder: Path
) -> dict[str, str]:
    rows = []
    for made in compositions:
        files = _mmagic_files(made, split)
        rows.append(
            {
                "alpha_path": files.get("alpha") or _relative(made.alpha, folder),
                "fg_path": _relative(made.foreground, folder),
                "bg_path": files["background"],
                "merged_path": files["image"],
            }
            | ({"trimap_path": files["trimap"]} if "trimap" in files else {})
        )
    name = "training_list.json" if split == "train" else "test_list.json"
    return {name: json.dumps(rows, indent=1, ensure_ascii=False)}


def _dim_files(made: Composition, split: Split) -> dict[str, str]:
    parts = {"image": "image", "foreground": "fg", "background": "bg", "alpha": "alpha"}
    if split == "test":
        parts["trimap"] = "trimap"
    return {kind: f"{split}/{part}/{made.name}.png" for kind, part in parts.items()}


def _no_lists(_made: Sequence[Composition], _split: Split, _folder: Path) -> dict[str, str]:
    return {}


def _relative(path: Path, folder: Path) -> str:
    return Path(os.path.relpath(path.resolve(), folder.resolve())).as_posix()


FORMATS = {
    "indexnet": Format("indexnet", _indexnet_files, _indexnet_lists),
    "mmagic": Format("mmagic", _mmagic_files, _mmagic_lists),
    "dim": Format("dim", _dim_files, _no_lists),
}
