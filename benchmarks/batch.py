"""How near ``indexnet batch`` comes to keeping all cores busy, and whether its memory grows.

    python benchmarks/batch.py --count 200 --side 1000
    python benchmarks/batch.py --count 10000 --side 32 --known
    python benchmarks/batch.py --together 4 --side 256

Draws pictures with a third unknown (``--known``: with none, which needs no network); runs decoding,
matting and encoding of the first 20 (``--sequence``) one after the other for their processor
seconds, for the pictures are alike; then the pipeline over all for its wall time. The ratio is
wall / (processor seconds / cores); 1 is perfect. Both need a machine that does nothing else.
``--together N`` compares the network's processor seconds for N pictures of one size in one pass
with those of N passes, on one thread.
"""

from __future__ import annotations

import argparse
import os
import resource
import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np
import torch

from indexnet_cli import Matter
from indexnet_cli.batch.journal import Journal
from indexnet_cli.batch.matting import BatchMatting
from indexnet_cli.batch.pairing import find_pairs
from indexnet_cli.batch.pipeline import run_pipeline
from indexnet_cli.batch.planning import plan
from indexnet_cli.imaging.products import ProductStyle
from indexnet_cli.imaging.trimap_style import TrimapStyle
from indexnet_cli.imaging.writing import write_levels, write_rgba
from indexnet_cli.models.folding import bake, set_folded
from indexnet_cli.models.registry import DEFAULT_MODEL, build_network, resolve_model


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--count", type=int, default=200)
    parser.add_argument("--sequence", type=int, default=20)
    parser.add_argument("--side", type=int, default=1000)
    parser.add_argument("--together", type=int, default=0)
    parser.add_argument("--known", action="store_true")
    parser.add_argument("--weights", default=None)
    options = parser.parse_args()
    if options.together:
        together(options.together, options.side)
        return
    cores = len(os.sched_getaffinity(0))
    matter = Matter(weights=options.weights, device="cpu")
    if not options.known:  # the first picture makes the kernels
        unknown = np.full((options.side, options.side), 128, np.uint8)
        matter.matte(np.zeros((*unknown.shape, 3), np.uint8), unknown)
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        draw(root / "in", options.count, options.side, options.known)
        processor = 0.0
        if not options.known:
            first = min(options.sequence, options.count)
            processor = one_after_the_other(root, matter, first) / first * options.count
            print(f"processor seconds {processor:.1f} in sequence", flush=True)
        started, clock = time.perf_counter(), time.process_time()
        peaks = pipeline(root, matter)
        wall, used = time.perf_counter() - started, time.process_time() - clock
    rate = options.count / wall
    print(f"{options.count} pictures of {options.side}^2: {wall:.1f} s wall, {rate:.2f} pictures/s")
    if processor:
        ratio = wall / (processor / cores)
        busy = max(used, processor) / (cores * wall)
        print(f"{cores} cores, {torch.get_num_threads()} threads of torch; ratio {ratio:.2f}")
        print(f"processor seconds {used:.1f} in the pipeline")
        print(f"cores busy with it {busy:.0%}")
    tenth = peaks[len(peaks) // 10]
    print(f"peak memory {tenth:.0f} MiB after a tenth, {peaks[-1]:.0f} MiB at the end")


def together(count: int, side: int) -> None:
    torch.set_num_threads(1)
    network = set_folded(bake(build_network(resolve_model(DEFAULT_MODEL)))).eval()
    network.to(memory_format=torch.channels_last)
    x = torch.rand(count, 4, side, side).contiguous(memory_format=torch.channels_last)
    apart, at_once = [], []
    with torch.inference_mode():
        for _ in range(4):
            for seconds, parts in ((apart, x.split(1)), (at_once, [x])):
                started = time.process_time()
                for part in parts:
                    network(part)
                seconds.append(time.process_time() - started)
    print(f"{count} pictures of {side}^2, processor seconds of the network, best of 4:")
    print(f"one by one {min(apart):.3f}, in one pass {min(at_once):.3f}")


def draw(folder: Path, count: int, side: int, known: bool) -> None:
    folder.mkdir()
    rows, columns = np.mgrid[:side, :side] - side / 2
    distance = np.hypot(rows, columns) / side
    trimap = np.where(distance < 0.25, 255, 0).astype(np.uint8)
    if not known:
        trimap[(distance >= 0.25) & (distance < 0.41)] = 128
    rng = np.random.default_rng(0)
    for number in range(count):
        small = rng.integers(0, 256, (side // 8 + 1, side // 8 + 1, 3), dtype=np.uint8)
        pixels = small.repeat(8, 0).repeat(8, 1)[:side, :side]
        write_rgba(pixels, folder / f"{number:05}.jpg")
        write_levels(trimap, folder / f"{number:05}_trimap.png")


def stages(root: Path, name: str, matter: Matter) -> tuple[list[Any], BatchMatting]:
    output = root / name
    style = ProductStyle()
    journal = Journal(output)
    matting = BatchMatting(journal, style, "trimap", TrimapStyle(), name, lambda: matter)
    return plan(find_pairs(str(root / "in"), None, "trimap", output), output, style), matting


def one_after_the_other(root: Path, matter: Matter, count: int) -> float:
    items, matting = stages(root, "sequence", matter)
    started = time.process_time()
    for item in items[:count]:
        matting.save(item, matting.work(item, matting.load(item)))
    return time.process_time() - started


def pipeline(root: Path, matter: Matter) -> list[float]:
    items, matting = stages(root, "pipeline", matter)
    peaks = []
    for outcome in run_pipeline(items, matting.load, matting.work, matting.save):
        if outcome.error is not None:
            raise outcome.error
        peaks.append(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024)
    return peaks


if __name__ == "__main__":
    main()
