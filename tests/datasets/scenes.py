"""Small generated data sets of every layout."""

from __future__ import annotations

import json
from pathlib import Path

import cv2
import numpy as np

from indexnet_cli.imaging.trimap_recipes import aimnet_usr, indexnet_trimap

Pixels = np.ndarray


def colours(number: int, height: int = 72, width: int = 96) -> Pixels:
    grid = np.random.default_rng(number).integers(0, 256, (6, 8, 3), dtype=np.uint8)
    return cv2.resize(grid, (width, height), interpolation=cv2.INTER_CUBIC)


def disc(height: int = 72, width: int = 96, soft: float = 3.0) -> Pixels:
    alpha = np.zeros((height, width), np.uint8)
    cv2.circle(alpha, (width // 2, height // 2), height // 3, 255, -1)
    return cv2.GaussianBlur(alpha, (0, 0), soft)


def write(path: Path, pixels: Pixels) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    assert cv2.imwrite(str(path), pixels)
    return path


def fill(root: Path, folder: str, names: list[str], pictures: list[Pixels]) -> None:
    for name, pixels in zip(names, pictures, strict=True):
        write(root / folder / name, pixels)


def names(count: int, suffix: str = "png", stem: str = "a") -> list[str]:
    return [f"{stem}{number}.{suffix}" for number in range(count)]


def make_plain(root: Path, count: int = 2, trimaps: bool = True) -> Path:
    fill(root, "image", names(count, "jpg"), [colours(i) for i in range(count)])
    fill(root, "alpha", names(count), [disc()] * count)
    if trimaps:
        fill(root, "trimap", names(count), [indexnet_trimap(disc(), 9)] * count)
    return root


def make_photographs(root: Path, count: int = 3, height: int = 40, width: int = 50) -> Path:
    fill(root, "", names(count, "jpg", "b"), [colours(50 + i, height, width) for i in range(count)])
    return root


def make_cut_outs(root: Path, count: int = 2) -> Path:
    fill(root, "fg", names(count, "jpg"), [colours(i) for i in range(count)])
    fill(root, "alpha", names(count, "jpg"), [disc()] * count)
    make_photographs(root / "bg")
    return root


def make_adobe(root: Path, listed: bool = True) -> Path:
    """Two foregrounds on two photographs each, and a test set of one on two."""
    training, test = root / "Training_set", root / "Test_set"
    stems = ["b one (1)", "c"]  # one name with a space and parentheses
    fill(training, "fg", [f"{s}.jpg" for s in stems], [colours(1), colours(2)])
    fill(training, "alpha", [f"{s}.jpg" for s in stems], [disc(), disc()])
    make_photographs(training / "train2014", 4)
    if listed:
        rows = [
            "\t".join(
                (
                    f"Training_set/merged/{stem}_{i}.png",
                    f"Training_set/alpha/{stem}.jpg",
                    f"Training_set/fg/{stem}.jpg",
                    f"Training_set/train2014/b{2 * k + i}.jpg",
                )
            )
            for k, stem in enumerate(stems)
            for i in range(2)
        ]
        (root / "lists").mkdir()
        (root / "lists/train.txt").write_text("\n".join(rows))
    fill(test, "merged", ["t_0.png", "t_1.png"], [colours(7), colours(8)])
    fill(test, "alpha", ["t.png"], [disc()])
    fill(test, "trimaps", ["t_0.png", "t_1.png"], [indexnet_trimap(disc(), 9)] * 2)
    return root


def make_dim(root: Path) -> Path:
    for folder, first in (("image", 0), ("fg", 10), ("bg", 20)):
        fill(root / "train", folder, names(3), [colours(first + i) for i in range(3)])
    fill(root / "train", "alpha", names(3), [disc()] * 3)
    fill(root / "test", "image", names(1), [colours(9)])
    fill(root / "test", "alpha", names(1), [disc()])
    fill(root / "test", "trimap", names(1), [indexnet_trimap(disc(), 9)])
    return root


def make_chainer(root: Path) -> Path:
    home = root / "train"
    fill(home, "input", names(3), [colours(i) for i in range(3)])
    fill(home, "gt", names(3), [disc()] * 3)
    for number, distance in enumerate((5, 12), start=1):
        fill(home, f"trimap/Trimap{number}", names(3), [indexnet_trimap(disc(), distance)] * 3)
    make_photographs(home / "bgs", 2)
    return root


def make_duts(root: Path) -> Path:
    fill(root, "DUTS-TR-Image", names(3, "jpg"), [colours(i) for i in range(3)])
    fill(root, "DUTS-TR-Mask", names(3), [disc(soft=0.4)] * 3)
    return root


def make_aim(root: Path, sets: tuple[str, ...] = ("DIM", "HATT", "AM2K"), usr: bool = True) -> Path:
    types = {}
    for place, name in enumerate(sets):
        home = root / name / "train"
        fill(home, "fg", names(2), [colours(10 * place + i) for i in range(2)])
        fill(home, "mask", names(2), [disc()] * 2)
        if usr:
            fill(home, "usr", names(2), [aimnet_usr(disc(), "SO"), aimnet_usr(disc(), "STM")])
        types[name] = {"a0.png": "SO", "a1.png": "STM"}
    make_photographs(root / "BG20K" / "train", 5)
    (root / "dim_hatt_type.json").write_text(json.dumps(types))
    return root


def make_aim500(root: Path) -> Path:
    fill(root, "original", names(2, "jpg"), [colours(i) for i in range(2)])
    for folder in ("mask", "trimap", "usr"):
        fill(root, folder, names(2), [disc()] * 2)
    kinds = {"a0.jpg": {"type": "SO", "category": "toy"}, "a1.jpg": {"type": "NS", "category": ""}}
    (root / "aim_category_type.json").write_text(json.dumps(kinds))
    return root
