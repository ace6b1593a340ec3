"""Seconds and peak memory of the engine, as ratios against the published way of running.

    python benchmarks/engine.py [--examples DIR] [--repeats N]
    python benchmarks/engine.py --accuracy --examples DIR
    python benchmarks/engine.py --scaling | --large [--precision NAME]

A process for each method, interleaved: the published modules run plainly (eager fp32, NCHW, whole
picture, the network's call alone), and the whole of ``Matter.matte`` in each precision, with and
without the fit to colours, which has no counterpart in plain. All pixels unknown; then, if
--examples names a folder with image/ and trimap/, its pictures with their own trimaps. --accuracy
prints how far each precision is from fp32 on that folder (image/, alpha/, trimap/, trimap2/).
--scaling prints the time per megapixel from 1 to 128 megapixels; --large the peak memory at
7680 x 4320 and 16384 x 16384; these three with the fit. Nothing else should run on the machine.
"""

from __future__ import annotations

import argparse
import json
import resource
import statistics
import subprocess
import sys
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

SIZES = [(1088, 1920), (1080, 1980)]
FINISHED = " finished"  # all sizes, mirrored, fitted to the colours, as by default
SMALL = " small"  # indexnet.open-small
BARE = {"views": 1, "scales": 1, "enlarge": False, "fit_colours": False}
TIMED = ["fp32", "mixed", "bf16"]
METHODS = ["plain", *(p + s + f for p in TIMED for s in ("", SMALL) for f in ("", FINISHED))]
MEGAPIXELS = [1, 2, 4, 8, 16, 32, 64, 128]


def picture(height: int, width: int, unknown_rows: float = 1.0) -> tuple[Any, Any]:
    """A smooth coloured picture, and a trimap whose upper rows are unknown."""
    rows = np.arange(height, dtype=np.float32)[:, None] / 37
    columns = np.arange(width, dtype=np.float32)[None] / 53
    image = np.empty((height, width, 3), np.uint8)
    for channel in range(3):
        image[:, :, channel] = 127 + 120 * np.sin(rows + channel) * np.cos(columns - channel)
    trimap = np.full((height, width), 255, np.uint8)
    trimap[: max(1, round(unknown_rows * height))] = 128
    return image, trimap


class Runner:
    """Runs one method in this process, for commands that arrive as lines of JSON."""

    def __init__(self, method: str) -> None:
        import torch

        from indexnet_cli import Matter
        from indexnet_cli.checkpoints.locating import find_checkpoint
        from indexnet_cli.checkpoints.reading import load_into, read_state_dict
        from indexnet_cli.models.registry import build_network, resolve_model

        self.torch = torch
        if method == "plain":
            spec = resolve_model("indexnet.open")
            path = find_checkpoint(spec.name, None).path
            self.network = build_network(spec).eval()
            load_into(self.network, read_state_dict(path), str(path))
        self.matter = None
        if method != "plain":
            model = "indexnet.open-small" if SMALL in method else "indexnet.open"
            options = {} if method.endswith(FINISHED) else BARE
            self.matter = Matter(model, precision=method.split()[0], **options)

    def run(self, image: Any, trimap: Any) -> float:
        """Seconds for one picture."""
        if self.matter is None:
            x = self._tensor(image, trimap)
            start = time.perf_counter()
            with self.torch.inference_mode():
                self.network(x)
        else:
            start = time.perf_counter()
            self.matter.matte(image, trimap)
        return time.perf_counter() - start

    def _tensor(self, image: Any, trimap: Any) -> Any:
        padding = [(0, -length % 32) for length in trimap.shape]
        colours = np.pad(image, [*padding, (0, 0)], mode="edge").astype(np.float32) / 255
        colours = (colours - [0.485, 0.456, 0.406]) / [0.229, 0.224, 0.225]
        greys = np.pad(trimap, padding, mode="edge")[..., None] / 255
        planes = np.concatenate([colours, greys], axis=2).astype(np.float32)
        return self.torch.from_numpy(planes.transpose(2, 0, 1)[None].copy())


def worker(method: str) -> None:
    from indexnet_cli.engine.allocator import reuse_freed_memory

    if method != "plain":
        reuse_freed_memory()  # as the command line does
    runner = Runner(method)
    for line in sys.stdin:
        task = json.loads(line)
        seconds = runner.run(*load(task))
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20
        print(json.dumps({"seconds": seconds, "gib": peak}), flush=True)


def load(task: dict[str, Any]) -> tuple[Any, Any]:
    if "image" not in task:
        return picture(task["height"], task["width"], task.get("unknown", 1.0))
    from indexnet_cli.imaging.reading import read_image, read_trimap

    return read_image(Path(task["image"])).pixels, read_trimap(Path(task["trimap"]))[0]


class Process:
    """A worker process, which answers one task at a time."""

    def __init__(self, method: str) -> None:
        command = [sys.executable, __file__, "--worker", method]
        self.process = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )

    def ask(self, task: dict[str, Any]) -> dict[str, float]:
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        print(json.dumps(task), file=self.process.stdin, flush=True)
        answer = self.process.stdout.readline()
        if not answer:
            sys.exit(f"the worker ended with {self.process.wait()}")
        result: dict[str, float] = json.loads(answer)
        return result

    def close(self) -> None:
        assert self.process.stdin is not None
        self.process.stdin.close()
        self.process.wait()


def compare(task: dict[str, Any], repeats: int, methods: list[str]) -> dict[str, dict[str, float]]:
    """Median seconds and peak GiB by method, interleaved; the first round warms up."""
    workers = {method: Process(method) for method in methods}
    rounds = [{m: w.ask(task) for m, w in workers.items()} for _ in range(repeats + 1)]
    for process in workers.values():
        process.close()
    return {
        method: {
            "seconds": statistics.median(r[method]["seconds"] for r in rounds[1:]),
            "gib": rounds[-1][method]["gib"],
        }
        for method in methods
    }


def convolution_rate(dtype_name: str) -> float:
    """GFLOP/s of the decoder's widest convolution on this machine, best of several."""
    import torch
    from torch.nn import functional as F

    dtype = getattr(torch, dtype_name)
    x, weight = torch.randn(1, 64, 256, 256, dtype=dtype), torch.randn(32, 64, 5, 5, dtype=dtype)
    x = x.contiguous(memory_format=torch.channels_last)
    weight = weight.contiguous(memory_format=torch.channels_last)
    seconds = []
    with torch.inference_mode():
        for _ in range(12):
            start = time.perf_counter()
            F.conv2d(x, weight, padding=2)
            seconds.append(time.perf_counter() - start)
    return 2 * 64 * 32 * 25 * 256**2 / min(seconds) / 1e9


def report_comparison(name: str, pixels: int, result: dict[str, dict[str, float]]) -> None:
    plain = result["plain"]["seconds"]
    for method, figures in result.items():
        rate = 2 * 103.4e3 * pixels / figures["seconds"] / 1e9  # 5.19 G at 224 x 224
        print(
            f"| {name} | {method} | {figures['seconds']:.2f} | {plain / figures['seconds']:.2f} "
            f"| {figures['gib']:.2f} | {rate:.0f} |",
            flush=True,
        )


def compare_all(options: argparse.Namespace) -> None:
    from indexnet_cli.engine.precision import multiplies_bf16

    native = multiplies_bf16()
    usual = ["fp32", "mixed", "bf16", "mixed" + FINISHED] if native else ["fp32", "fp32" + FINISHED]
    methods = ["plain", *(options.methods or usual)]
    print(processor())
    for name in ("float32", "bfloat16") if native else ("float32",):
        print(f"convolution rate, {name}: {convolution_rate(name):.0f} GFLOP/s")
    print("\n| picture | method | s | times as fast | peak GiB | GFLOP/s of the whole network |")
    print("|---|---|---:|---:|---:|---:|")
    tasks = {f"{w}x{h}": {"height": h, "width": w} for h, w in SIZES}
    if options.examples:
        for path in sorted((options.examples / "image").glob("*.png")):
            trimap = options.examples / "trimap" / path.name
            tasks[path.name] = {"image": str(path), "trimap": str(trimap)}
    for name, task in tasks.items():
        _, trimap = load(task)
        name = f"{name}, {(trimap == 128).mean():.0%} unknown"
        report_comparison(name, trimap.size, compare(task, options.repeats, methods))


def processor() -> str:
    """Its name and which of the instructions that matter it has."""
    import torch

    found: Mapping[str, Any] = getattr(torch.cpu, "get_capabilities", dict)()
    has = [name for name in ("avx2", "avx512_f", "avx512_bf16", "amx_bf16") if found.get(name)]
    return (
        f"{found.get('cpu_name', 'unknown')} ({', '.join(has)}), {torch.get_num_threads()} threads"
    )


def report_accuracy(examples: Path) -> None:
    """Differences from fp32 over the unknown pixels, in grey levels of 255, and of SAD."""
    from indexnet_cli import Matter
    from indexnet_cli.imaging.reading import read_alpha

    exact = Matter(precision="fp32")
    cases = [
        (load({"image": str(path), "trimap": str(examples / trimaps / path.name)}), path.name)
        for path in sorted((examples / "image").glob("*.png"))
        for trimaps in ("trimap", "trimap2")
    ]
    truths = {name: read_alpha(examples / "alpha" / name) for _, name in cases}
    expected = [exact.matte(*pictures) for pictures, _ in cases]
    print("| precision | mean | 99.9 % within | all within | SAD of all |")
    print("|---|---:|---:|---:|---:|")
    for precision in ("mixed", "bf16"):
        matter = Matter(precision=precision)
        levels, sads = [], np.zeros(2)
        for (pictures, name), alpha in zip(cases, expected, strict=True):
            rough, unknown = matter.matte(*pictures), pictures[1] == 128
            levels.append(255 * np.abs(rough - alpha)[unknown])
            sads += [np.abs(a - truths[name])[unknown].sum() for a in (alpha, rough)]
        all_levels = np.concatenate(levels)
        print(
            f"| {precision} | {all_levels.mean():.3f} | {np.quantile(all_levels, 0.999):.2f} "
            f"| {all_levels.max():.1f} | {100 * (sads[1] / sads[0] - 1):+.2f} % |",
            flush=True,
        )


def report_scaling(precision: str) -> None:
    print(f"\n| megapixels ({precision}) | s | s/megapixel | peak GiB |\n|---:|---:|---:|---:|")
    for megapixels in MEGAPIXELS:
        side = round((megapixels * 1e6) ** 0.5)
        process = Process(precision + FINISHED)
        process.ask({"height": 256, "width": 256})
        result = process.ask({"height": side, "width": side})
        process.close()
        seconds = result["seconds"]
        print(
            f"| {megapixels} | {seconds:.2f} | {seconds / megapixels:.3f} | {result['gib']:.2f} |",
            flush=True,
        )


def report_large(precision: str) -> None:
    print(f"\n| size ({precision}) | unknown | s | peak GiB |\n|---|---:|---:|---:|")
    for width, height, unknown in ((7680, 4320, 1), (16384, 16384, 0.2), (16384, 16384, 1)):
        process = Process(precision + FINISHED)
        result = process.ask({"height": height, "width": width, "unknown": unknown})
        process.close()
        seconds, gib = result["seconds"], result["gib"]
        print(f"| {width}x{height} | {unknown:.0%} | {seconds:.1f} | {gib:.2f} |", flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--examples", type=Path, metavar="DIR")
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument(
        "--methods",
        nargs="+",
        choices=METHODS[1:],
        help="beside plain; default: what suits the processor",
    )
    parser.add_argument("--accuracy", action="store_true", help="needs --examples")
    parser.add_argument("--scaling", action="store_true")
    parser.add_argument("--large", action="store_true")
    parser.add_argument("--precision", default="bf16", help="of --scaling and --large")
    parser.add_argument("--worker", choices=METHODS, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.worker:
        worker(options.worker)
    elif options.accuracy:
        report_accuracy(options.examples)
    elif options.scaling:
        report_scaling(options.precision)
    elif options.large:
        report_large(options.precision)
    else:
        compare_all(options)


if __name__ == "__main__":
    main()
