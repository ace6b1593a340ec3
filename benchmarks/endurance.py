"""Many pictures in one batch: does memory grow, do files stay open?

python benchmarks/endurance.py --count 5000 --side 32

Draws COUNT pictures with trimaps, mattes them in one process, and looks at that process twice a
second: prints the slope of its resident memory over the second half, in KiB a thousand pictures,
and the number of open files. What it has seen so far goes to standard error on the way.
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


class Counter:
    """How many pictures a journal says are done, read on from where it was read to."""

    def __init__(self, journal: Path) -> None:
        self.journal = journal
        self.read = self.done = 0

    def __call__(self) -> int:
        if self.journal.exists():
            with self.journal.open("rb") as file:
                file.seek(self.read)
                piece = file.read()
            whole = piece[: piece.rfind(b"\n") + 1]
            self.read += len(whole)
            self.done += whole.count(b'{"done"')
        return self.done


def watch(process: subprocess.Popen[bytes], journal: Path, count: int) -> np.ndarray:
    """Rows of pictures done, bytes resident, files open."""
    rows, counter, told = [], Counter(journal), 0
    begun = time.monotonic()
    while process.poll() is None:
        try:
            rows.append((counter(), resident(process.pid), open_files(process.pid)))
        except (FileNotFoundError, ProcessLookupError):  # it has just ended
            break
        if not rows[-1][1]:  # its memory is given back already
            rows.pop()
            break
        done, memory, files = rows[-1]
        if done >= told + count / 20:
            told, seconds = done, time.monotonic() - begun
            line = f"{done}/{count}  {seconds:.0f} s  {memory / 2**20:.1f} MiB  {files} open files"
            print(line, file=sys.stderr, flush=True)
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
        print(f"{options.count} pictures are drawn", file=sys.stderr, flush=True)
        command = [sys.executable, "-m", "indexnet_cli", "batch", str(pictures), "-o", str(out)]
        begun = time.monotonic()
        process = subprocess.Popen([*command, "--quiet"])
        try:
            rows = watch(process, out / f"{NAME}.jsonl", options.count)
        finally:
            process.terminate()
        seconds = time.monotonic() - begun
        written = len(list(out.glob("*.png")))
    late = rows[rows[:, 0] >= options.count / 2]
    print(f"exit code {process.wait()}, {written} of {options.count} mattes, {seconds:.0f} s")
    if len(late) < 3:
        print("too few pictures to see a slope")
        return
    slope = np.polyfit(late[:, 0], late[:, 1], 1)[0] * 1000 / 1024
    print(
        f"resident: {late[0, 1] / 2**20:.1f} MiB at half time, {late[-1, 1] / 2**20:.1f} at the "
        f"end, {rows[:, 1].max() / 2**20:.1f} at most; slope {slope:+.1f} KiB/1000"
    )
    print(f"open files: {late[0, 2]:.0f} at half time, {late[-1, 2]:.0f} at the end")


if __name__ == "__main__":
    main()
