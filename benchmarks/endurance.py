"""Many pictures in one batch: does memory grow, do files stay open?

python benchmarks/endurance.py --count 5000

Draws COUNT pictures with trimaps, mattes them in one process, and looks at that process twice a
second: prints the slope of its resident memory over the second half, in KiB a thousand pictures,
and the number of open files.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
from PIL import Image

from indexnet_cli.batch.journal import NAME

PAGE = os.sysconf("SC_PAGE_SIZE")


def draw(folder: Path, count: int, side: int) -> None:
    """Noise with a band of unknown pixels, of sizes that vary a little."""
    rng = np.random.default_rng(0)
    for number in range(count):
        height, width = rng.integers(side // 2, side + 1, 2)
        image = rng.integers(0, 256, (height, width, 3), dtype=np.uint8)
        Image.fromarray(image).save(folder / f"{number:05}.jpg")
        trimap = np.zeros((height, width), np.uint8)
        trimap[height // 3 :] = 128
        trimap[-height // 3 :] = 255
        Image.fromarray(trimap).save(folder / f"{number:05}_trimap.png")


def resident(process: int) -> int:
    return int(Path(f"/proc/{process}/statm").read_text().split()[1]) * PAGE


def open_files(process: int) -> int:
    return len(os.listdir(f"/proc/{process}/fd"))  # noqa: PTH208 - names are enough


def watch(process: subprocess.Popen[bytes], journal: Path) -> np.ndarray:
    """Rows of pictures done, bytes resident, files open."""
    rows = []
    while process.poll() is None:
        try:
            done = journal.read_bytes().count(b'"done"') if journal.exists() else 0
            rows.append((done, resident(process.pid), open_files(process.pid)))
        except (FileNotFoundError, ProcessLookupError):  # it has just ended
            break
        time.sleep(0.5)
    return np.array([row for row in rows if row[0] > 0], float).reshape(-1, 3)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--count", type=int, default=5000)
    parser.add_argument("--side", type=int, default=64, help="longest side in pixels")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        pictures, out = Path(scratch) / "in", Path(scratch) / "out"
        pictures.mkdir()
        draw(pictures, options.count, options.side)
        command = [sys.executable, "-m", "indexnet_cli", "batch", str(pictures), "-o", str(out)]
        begun = time.monotonic()
        process = subprocess.Popen([*command, "--quiet"])
        rows = watch(process, out / f"{NAME}.jsonl")
        seconds = time.monotonic() - begun
        written = len(list(out.glob("*.png")))
    late = rows[rows[:, 0] >= options.count / 2]
    print(f"exit code {process.wait()}, {written} of {options.count} mattes, {seconds:.0f} s")
    if len(late) < 3:
        print("too few pictures to see a slope")
        return
    slope = np.polyfit(late[:, 0], late[:, 1], 1)[0] * 1000 / 1024
    print(f"resident: {late[:, 1].max() / 2**20:.0f} MiB at most, slope {slope:+.1f} KiB/1000")
    print(f"open files: {late[0, 2]:.0f} at half time, {late[-1, 2]:.0f} at the end")


if __name__ == "__main__":
    main()
