"""How much the generator's samples look like real mattes: medians of what can be measured of both.

    python benchmarks/sample_statistics.py --data-dir PACK [--examples DIR] [--samples N] [--kinds]

DIR holds image/, alpha/, trimap/ and trimap2/ as for quality.py. --kinds adds a row for each kind.
"""

from __future__ import annotations

import argparse
from collections import defaultdict
from pathlib import Path
from typing import Any

import cv2
import numpy as np

from indexnet_cli.datasets.open_compositions import OpenCompositions
from indexnet_cli.datasets.pack import Pack
from indexnet_cli.imaging.reading import read_alpha, read_image, read_trimap

UNKNOWN = 128
NEAR = 12  # pixels from the unknown region that count as beside it
COLUMNS = {
    "unknown": "share of the picture that is unknown",
    "alpha": "mean alpha there",
    "soft": "share of it between 0.05 and 0.95",
    "slope": "mean change of alpha from one pixel to the next",
    "width": "mean width of structures, pixels: twice their area by the length of their edges",
    "fg texture": "mean change of luminance in the known foreground, levels a pixel",
    "bg texture": "the same in the known background",
    "light": "difference of the mean light of known foreground and background, levels",
    "hue": "distance of their mean colours beside that, levels",
}


def measure(image: Any, trimap: Any, alpha: Any) -> list[float]:
    """The COLUMNS of one picture (HxWx3 in [0, 1]), trimap and alpha; NaN for what it lacks."""
    unknown = trimap == UNKNOWN
    here = alpha[unknown]
    grey = cv2.cvtColor((image * 255).astype(np.uint8), cv2.COLOR_RGB2GRAY).astype(np.float32)
    slope = np.hypot(cv2.Sobel(alpha, cv2.CV_32F, 1, 0), cv2.Sobel(alpha, cv2.CV_32F, 0, 1)) / 8
    texture = np.abs(np.diff(grey, axis=1, append=grey[:, -1:]))
    beside = cv2.dilate(unknown.astype(np.uint8), np.ones((2 * NEAR + 1,) * 2, np.uint8)) > 0
    front, behind = beside & (trimap == 255), beside & (trimap == 0)
    light, hue = difference(image[front], image[behind])
    return [
        float(unknown.mean()),
        float(here.mean()),
        float(((here > 0.05) & (here < 0.95)).mean()),
        float(slope[unknown].mean()),
        2 * float(here.sum()) / max(float(slope[unknown].sum()), 1.0),
        float(texture[trimap == 255].mean()) if (trimap == 255).any() else np.nan,
        float(texture[trimap == 0].mean()) if (trimap == 0).any() else np.nan,
        light,
        hue,
    ]


def difference(front: Any, behind: Any) -> tuple[float, float]:
    """How far the mean colours of two sets of pixels (Nx3) are apart: in light, and in hue."""
    if not len(front) or not len(behind):
        return np.nan, np.nan
    apart = 255 * (front.mean(axis=0) - behind.mean(axis=0))
    light = float(apart.mean())
    return abs(light), float(np.linalg.norm(apart - light))


def measure_samples(pack: Pack, count: int, crop: int) -> dict[str, list[list[float]]]:
    rows: dict[str, list[list[float]]] = defaultdict(list)
    compositions = OpenCompositions(pack, 0, crop)
    for number in range(count):
        sample = compositions[number]
        rows[sample.kind].append(measure(sample.image, sample.trimap, sample.alpha))
    return rows


def measure_folder(examples: Path, folder: str) -> list[list[float]]:
    rows = []
    for path in sorted((examples / "image").iterdir()):
        image = read_image(path).pixels.astype(np.float32) / 255
        trimap, _ = read_trimap(examples / folder / path.name)
        rows.append(measure(image, trimap, read_alpha(examples / "alpha" / path.name)))
    return rows


def show(name: str, rows: list[list[float]]) -> None:
    columns = [column[~np.isnan(column)] for column in np.array(rows).T]
    values = [float(np.median(column)) if column.size else np.nan for column in columns]
    print(f"{name:24s}" + "".join(f"{value:12.3f}" for value in values), flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data-dir", type=Path, required=True)
    parser.add_argument("--examples", type=Path)
    parser.add_argument("--samples", type=int, default=300)
    parser.add_argument("--crop", type=int, default=320)
    parser.add_argument("--kinds", action="store_true")
    options = parser.parse_args()
    for name, meaning in COLUMNS.items():
        print(f"{name}: {meaning}")
    print(f"\n{'median':24s}" + "".join(f"{name:>12s}" for name in COLUMNS))
    kinds = measure_samples(Pack(options.data_dir), options.samples, options.crop)
    show(f"samples ({options.samples})", [row for rows in kinds.values() for row in rows])
    for kind, rows in kinds.items() if options.kinds else ():
        show(f"  {kind}", rows)
    if options.examples:
        show("photographs, narrow", measure_folder(options.examples, "trimap"))
        show("photographs, wide", measure_folder(options.examples, "trimap2"))


if __name__ == "__main__":
    main()
