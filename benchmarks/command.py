"""Seconds that the commands take outside of the network: starting, reading, writing.

    python benchmarks/command.py [--repeats N] [--width W --height H]

`indexnet --version` and `--help` against a bare `python -c pass`; then `indexnet matte` on a JPEG
of 1920 x 1080 with a ring of unknown pixels, each run in its own process: the whole command, and in
it importing torch, reading the checkpoint, building the network from it, and the forward pass. What
is left is the command's own. Medians. Nothing else should run on the machine.
"""

from __future__ import annotations

import argparse
import json
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

COMMAND = [sys.executable, "-m", "indexnet_cli"]
STEPS = ("import torch", "read the checkpoint", "build the network", "forward pass")


def seconds_of(command: list[str]) -> float:
    """From its start to its end, as a shell sees it."""
    started = time.perf_counter()
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    return time.perf_counter() - started


def timed_command(arguments: list[str]) -> None:
    """Run ``indexnet`` in this process; the seconds of its steps as JSON on standard error."""
    spent = dict.fromkeys(STEPS, 0.0)

    def timed(step: str, function: Callable[..., Any]) -> Callable[..., Any]:
        def call(*given: Any, **named: Any) -> Any:
            started = time.perf_counter()
            try:
                return function(*given, **named)
            finally:
                spent[step] += time.perf_counter() - started

        return call

    from indexnet_cli.cli.heavy_imports import heavy_imports
    from indexnet_cli.cli.main import main

    with heavy_imports():
        timed("import torch", __import__)("torch")
    from indexnet_cli.engine import matter

    matter.read_state_dict = timed("read the checkpoint", matter.read_state_dict)
    matter.build_network = timed("build the network", matter.build_network)
    matter.load_into = timed("build the network", matter.load_into)
    matter.bake = timed("build the network", matter.bake)
    matter.StagedForward.__call__ = timed(  # type: ignore[method-assign]
        "forward pass", matter.StagedForward.__call__
    )
    sys.argv = ["indexnet", *arguments]
    try:
        main()
    finally:
        print(json.dumps(spent), file=sys.stderr)


def write_pictures(folder: Path, width: int, height: int) -> tuple[Path, Path]:
    """A photograph-like JPEG, and a trimap with a soft ring."""
    import cv2
    import numpy as np

    rng = np.random.default_rng(0)
    coarse = rng.integers(0, 256, (height // 30, width // 30, 3), np.uint8)
    smooth = cv2.resize(coarse, (width, height), interpolation=cv2.INTER_CUBIC).astype(np.float32)
    image = np.clip(smooth + rng.normal(0, 4, smooth.shape), 0, 255).astype(np.uint8)
    rows, columns = np.ogrid[:height, :width]
    radius = np.hypot(rows - height / 2, columns - width / 2) / height
    trimap = np.where(radius < 0.25, 255, np.where(radius < 0.4, 128, 0)).astype(np.uint8)
    paths = folder / "photo.jpg", folder / "trimap.png"
    for path, pixels in zip(paths, (image, trimap), strict=True):
        path.write_bytes(cv2.imencode(path.suffix, pixels)[1].tobytes())
    return paths


def median(rounds: list[dict[str, float]], name: str) -> float:
    """The first round warms the disk's cache up; it counts where it is the only one."""
    return statistics.median(found[name] for found in rounds[1:] or rounds)


def report_starts(repeats: int) -> None:
    starts = {
        "python -c pass": [sys.executable, "-c", "pass"],
        "indexnet --version": [*COMMAND, "--version"],
        "indexnet --help": [*COMMAND, "--help"],
    }
    rounds = [{name: seconds_of(c) for name, c in starts.items()} for _ in range(repeats + 1)]
    print("| command | s |\n|---|---:|")
    for name in starts:
        print(f"| `{name}` | {median(rounds, name):.3f} |", flush=True)


def report_matte(repeats: int, width: int, height: int) -> None:
    rounds = []
    with tempfile.TemporaryDirectory() as folder:
        pictures = write_pictures(Path(folder), width, height)
        arguments = ["matte", *map(str, pictures), "-q", "--overwrite"]
        for _ in range(repeats + 1):
            started = time.perf_counter()
            done = subprocess.run(
                [sys.executable, __file__, "--timed", *arguments],
                check=True,
                stderr=subprocess.PIPE,
                text=True,
            )
            whole = time.perf_counter() - started
            spent = json.loads(done.stderr.splitlines()[-1])
            rest = whole - sum(spent.values())
            rounds.append({"whole command": whole, **spent, "all else": rest})
    print(f"\n| `indexnet matte`, {width} x {height} | s |\n|---|---:|")
    for name in rounds[0]:
        print(f"| {name} | {median(rounds, name):.3f} |")


def main() -> None:
    if sys.argv[1:2] == ["--timed"]:
        timed_command(sys.argv[2:])
        return
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--repeats", type=int, default=5)
    parser.add_argument("--width", type=int, default=1920)
    parser.add_argument("--height", type=int, default=1080)
    options = parser.parse_args()
    report_starts(options.repeats)
    report_matte(options.repeats, options.width, options.height)


if __name__ == "__main__":
    main()
