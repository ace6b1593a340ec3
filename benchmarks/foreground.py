"""Colour error and time of foreground estimation against naive cut-outs and pymatting.

pip install pymatting && python benchmarks/foreground.py --pack DIR

Composites of known foregrounds come from the training generator's validation half (DIR: fg/, bg/,
alpha/, manifest.csv). The error is |F - F*| times alpha, in levels of 255, over pixels of
0.02 < alpha < 0.98. ``exact``: 8 bits, the true matte; ``16 bits``: the same, finer;
``disturbed``: noise on the picture and on the matte; ``noisy``: as a picture taken in the dark;
``light``: mixed in linear light, as lenses do, and estimated on the stored values as always.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from pymatting import estimate_foreground_ml

from indexnet_cli.datasets.open_compositions import OpenCompositions
from indexnet_cli.datasets.pack import Pack
from indexnet_cli.imaging.compositing import composite
from indexnet_cli.imaging.foreground import estimate_foreground
from indexnet_cli.imaging.levels import from_float, to_float

Array = np.ndarray[Any, Any]
METHODS: dict[str, Callable[[Array, Array], Array]] = {
    "naive": lambda image, alpha: to_float(image),
    "indexnet": estimate_foreground,
    "pymatting multi-level": lambda image, alpha: estimate_foreground_ml(
        to_float(image).astype(np.float64), alpha.astype(np.float64)
    ),
}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--pack", type=Path, required=True, metavar="DIR")
    parser.add_argument("--count", type=int, default=24)
    parser.add_argument("--crop", type=int, default=384)
    options = parser.parse_args()
    scenes = OpenCompositions(Pack(options.pack), seed=7, crop=options.crop, split="validation")
    errors: dict[str, list[list[float]]] = {}
    for index in range(options.count):
        sample = scenes[index]
        truth, behind = to_float(sample.foreground), to_float(sample.background)
        if truth.max() > 1.5:
            truth, behind = truth / 255, behind / 255
        for name, (seen, alpha) in conditions(truth, behind, sample.alpha, index).items():
            row = [error(run(seen, alpha), sample.alpha, truth) for run in METHODS.values()]
            errors.setdefault(name, []).append(row)
    for name, rows in errors.items():
        means = np.mean(rows, axis=0)
        for method, mean in zip(METHODS, means, strict=True):
            print(f"{name:10s} {method:22s} error {mean:6.3f}  ratio {mean / means[-1]:.3f}")
    report_time()


def conditions(
    truth: Array, behind: Array, alpha: Array, seed: int
) -> dict[str, tuple[Array, Array]]:
    """Pictures (H x W x 3 float, uint8 or uint16) of one scene with the mattes to go by."""
    mixed = composite(truth, behind, alpha)
    eight = from_float(mixed, np.uint8)
    noise = 0.05 * np.random.default_rng(seed).standard_normal(mixed.shape).astype(np.float32)
    light = from_float(composite(truth, behind, alpha, linear=True), np.uint8)
    return {
        "exact": (eight, alpha),
        "16 bits": (from_float(mixed, np.uint16), alpha),
        "disturbed": disturb(to_float(eight), alpha, seed),
        "noisy": (from_float(np.clip(mixed + noise, 0, 1), np.uint8), alpha),
        "light": (light, alpha),
    }


def disturb(image: Array, alpha: Array, seed: int) -> tuple[Array, Array]:
    rng = np.random.default_rng(seed)
    grain = cv2.GaussianBlur(rng.standard_normal(alpha.shape).astype(np.float32), (0, 0), 1.5)
    soft = (alpha > 0) & (alpha < 1)
    other = np.where(soft, np.clip(alpha + 0.35 * grain, 0, 1), alpha)
    noise = 0.012 * rng.standard_normal(image.shape).astype(np.float32)
    return np.clip(image + noise, 0, 1), other


def error(found: Array, alpha: Array, truth: Array) -> float:
    there = (alpha > 0.02) & (alpha < 0.98)
    return float(np.abs((found[there] - truth[there]) * alpha[there][:, None]).mean() * 255)


def report_time() -> None:
    """Time 1920 x 1080 pixels with a third unknown (the processor's seconds, best of three)."""
    rows, columns = np.mgrid[:1080, :1920].astype(np.float32)
    alpha = np.clip((np.hypot(rows - 540, columns - 960) - 300) / 240, 0, 1)
    image = np.random.default_rng(0).random((1080, 1920, 3)).astype(np.float32)
    for method in ("indexnet", "pymatting multi-level"):
        seconds = []
        for _ in range(3):
            start = time.process_time()
            METHODS[method](image, alpha)
            seconds.append(time.process_time() - start)
        share = float(((alpha > 0) & (alpha < 1)).mean())
        print(f"1920 x 1080, {share:.0%} unknown: {method} {min(seconds):.2f} s")


if __name__ == "__main__":
    main()
