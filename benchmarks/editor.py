"""How soon a stroke in ``indexnet edit`` has its new matte: the preview, and the exact one.

    python benchmarks/editor.py --strokes 10

Paints strokes of unknown on a picture of 1920 x 1080 that has an unknown band already, as the page
does, and waits for what the page would be sent. All without a browser, which adds some 50 ms.
"""

from __future__ import annotations

import argparse
import os
import statistics
import tempfile
import time
from pathlib import Path

import numpy as np

from indexnet_cli import Matter
from indexnet_cli.editor.journal import EditJournal
from indexnet_cli.editor.live_matte import LiveMatte
from indexnet_cli.editor.operations import Paint
from indexnet_cli.editor.preview import quicker
from indexnet_cli.editor.session import Session
from indexnet_cli.imaging.reading import read_image
from indexnet_cli.imaging.writing import write_rgba


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--strokes", type=int, default=10)
    parser.add_argument("--width", type=int, default=1920)
    parser.add_argument("--height", type=int, default=1080)
    parser.add_argument("--length", type=int, default=200, help="of a stroke, in pixels")
    options = parser.parse_args()
    matter = Matter()
    quick = quicker(
        matter.for_previews(), lambda precision: Matter(precision=precision).for_previews()
    )
    with tempfile.TemporaryDirectory() as folder:
        os.environ["INDEXNET_HOME"] = folder
        previews, exact = measure(options, Path(folder), matter, quick)
    print(f"{options.width} x {options.height}, previews in {quick.report.precision}")
    for name, seconds in (("preview", previews), ("exact", exact)):
        middle, longest = statistics.median(seconds), max(seconds)
        print(f"{name}: median {middle:.2f} s, longest {longest:.2f} s")


def measure(
    options: argparse.Namespace, folder: Path, matter: Matter, quick: Matter
) -> tuple[list[float], list[float]]:
    rng = np.random.default_rng(0)
    height, width = options.height, options.width
    pixels = rng.integers(0, 256, (height // 8 + 1, width // 8 + 1, 3), dtype=np.uint8)
    write_rgba(pixels.repeat(8, 0).repeat(8, 1)[:height, :width], folder / "a.png")
    journal = EditJournal(folder / "a.png")
    session = Session(read_image(folder / "a.png"), journal)
    session.start_with(band(height, width))
    live = LiveMatte(session, matter, quick)
    live.exact()
    previews, exact = [], []
    for number in range(options.strokes):
        x, y = rng.uniform(0.2, 0.8, 2) * (width, height)
        points = ((x, y), (x + options.length, y + options.length / 4))
        started, serial = time.perf_counter(), live.patch_after(0, 1).serial
        session.apply(Paint(str(number), 0, "unknown", 24.0, points))
        previews.append(wait(live, session, serial, False) - started)
        exact.append(wait(live, session, serial, True) - started)
    live.close()
    journal.close()
    return previews, exact


def wait(live: LiveMatte, session: Session, serial: int, exact: bool) -> float:
    while True:
        patch = live.patch_after(serial, 60)
        if patch is None:
            raise TimeoutError("no matte came")
        if patch.revision == session.revision and patch.exact >= exact:
            return time.perf_counter()
        serial = patch.serial


def band(height: int, width: int) -> np.ndarray:
    rows, columns = np.mgrid[:height, :width]
    distance = np.hypot(rows - height / 2, columns - width / 2) / height
    trimap = np.where(distance < 0.3, 255, 0).astype(np.uint8)
    trimap[(distance >= 0.3) & (distance < 0.4)] = 128
    return trimap


if __name__ == "__main__":
    main()
