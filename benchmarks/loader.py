"""Samples per second and core: our loader against the published way, on the same set, in one run.

    python benchmarks/loader.py

draws a set of 1080p foregrounds over photographs of COCO's size, composes it beforehand for the
published way, and loads samples of it both ways on
one thread. "first" decodes the photographs, as in a first epoch; "later" finds all of them decoded;
"cuts" is what is left for the processor when the device composes and augments.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np
from published_loader import Row, load_published

from indexnet_cli.datasets.composing import RULES, compose, fit_background
from indexnet_cli.datasets.damage import apply_table
from indexnet_cli.datasets.decoded import DecodedStore
from indexnet_cli.datasets.mattes import KINDS
from indexnet_cli.datasets.noise import normal_window
from indexnet_cli.datasets.on_device import DeviceCuts
from indexnet_cli.datasets.sources import open_samples
from indexnet_cli.datasets.textures import smooth_texture

HEIGHT, WIDTH = 1080, 1920


def make_set(root: Path, foregrounds: int, each: int) -> list[Row]:
    """A small Combined_Dataset with its list; returns the list's rows."""
    rng = np.random.default_rng(0)
    rows, lines = [], []
    for number in range(foregrounds):
        alpha = np.zeros((HEIGHT, WIDTH), np.uint8)
        matte = KINDS["hair" if number % 2 else "blur"].draw(rng, HEIGHT).alpha
        alpha[:, (WIDTH - HEIGHT) // 2 : (WIDTH + HEIGHT) // 2] = np.rint(matte * 255)
        front = _photograph(rng, HEIGHT, WIDTH)
        names = [f"Training_set/{part}/f{number}" for part in ("alpha", "fg")]
        _write(root / f"{names[0]}.png", alpha)
        _write(root / f"{names[1]}.jpg", front)
        front = cv2.imread(str(root / f"{names[1]}.jpg"))
        for k in range(each):
            behind = f"Training_set/train2014/b{number}_{k}.jpg"
            merged = f"Training_set/merged/f{number}_{k}.png"
            _write(root / behind, _photograph(rng, 480, 640))
            fitted = fit_background(
                cv2.imread(str(root / behind)), HEIGHT, WIDTH, RULES["indexnet"]
            )
            _write(root / merged, compose(front, alpha, fitted, RULES["indexnet"]))
            lines.append("\t".join((merged, f"{names[0]}.png", f"{names[1]}.jpg", behind)))
            rows.append(Row(*(root / name for name in lines[-1].split("\t"))))
    (root / "train.txt").write_text("\n".join(lines))
    return rows


def _photograph(rng: np.random.Generator, height: int, width: int) -> np.ndarray:
    """Something with the detail of a photograph, so that its files decode as slowly."""
    texture = cv2.resize(smooth_texture(rng, 512), (width, height), interpolation=cv2.INTER_CUBIC)
    identity = np.repeat(np.linspace(0, 1, 256, dtype=np.float32)[:, None, None], 3, axis=2)
    noise = cv2.GaussianBlur(normal_window(rng, height, width), (0, 0), 0.7)
    return np.clip(255 * apply_table(texture, identity) + 8 * noise, 0, 255).astype(np.uint8)


def _write(path: Path, pixels: np.ndarray) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    cv2.imwrite(str(path), pixels)


def per_second(load: Callable[[int], object], numbers: range) -> float:
    """Samples per second of processor time: what other programs do does not count."""
    start = time.process_time()
    for number in numbers:
        load(number)
    return len(numbers) / (time.process_time() - start)


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--foregrounds", type=int, default=4)
    parser.add_argument("--each", type=int, default=4, help="photographs a foreground")
    parser.add_argument("--repeat", type=int, default=4, help="epochs of ours that are timed")
    options = parser.parse_args()
    cv2.setNumThreads(1)
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder) / "Combined_Dataset"
        rows = make_set(root, options.foregrounds, options.each)
        ours = open_samples(
            [root], "indexnet", 0, None, store=DecodedStore(Path(folder) / "decoded")
        )
        rng = np.random.default_rng(0)
        count = len(rows)
        published = per_second(lambda i: load_published(rows[i], rng), range(count))
        for row in rows[:: options.each]:  # foregrounds are decoded once for 100 photographs
            ours.store.colours(row.foreground)
            ours.store.reach(row.alpha)
        first = per_second(ours.__getitem__, range(count))
        later = range(count, count * (1 + options.repeat))
        speeds = {
            "published": published,
            "ours, first": first,
            "ours, later": per_second(ours.__getitem__, later),
            "ours, cuts": per_second(DeviceCuts(ours).__getitem__, later),
        }
    print(f"{'':12}samples/s a core    ratio")
    for name, speed in speeds.items():
        print(f"{name:12}{speed:16.2f}{speed / published:9.1f}")


if __name__ == "__main__":
    main()
