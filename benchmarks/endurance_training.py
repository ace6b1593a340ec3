"""A training run that is struck down again and again: is it the same, bit for bit?

python benchmarks/endurance_training.py --steps 3000 --blows 30

Trains a network of 2,000 weights twice by `indexnet train`, on pictures drawn here: in peace, and
at the same time with SIGKILL, SIGTERM and SIGINT at random moments, each followed by the same
command again. Every file of weights and every number of the snapshots (weights, moments of the
optimiser, averages) has to be equal. --model indexnet.open takes the real network, which is slower.
"""

from __future__ import annotations

import argparse
import multiprocessing
import os
import random
import signal
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from multiprocessing.context import ForkServerProcess
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import torch

BLOWS = (signal.SIGKILL, signal.SIGKILL, signal.SIGTERM, signal.SIGINT)
# Imports take longer than steps: they are done once, before the runs are forked off.
FORKS = multiprocessing.get_context("forkserver")
FORKS.set_forkserver_preload(["indexnet_cli.cli.app", "indexnet_cli.training.loop"])
TINY = "tiny.endurance"
PLUGIN = f'''
from torch import nn
from indexnet_cli.models.registry import ModelSpec, PublishedPath

class Tiny(nn.Sequential):
    def __init__(self):
        super().__init__(
            nn.Conv2d(4, 12, 3, padding=1), nn.BatchNorm2d(12), nn.ReLU(),
            nn.Conv2d(12, 12, 3, padding=2, dilation=2), nn.BatchNorm2d(12), nn.ReLU(),
            nn.Conv2d(12, 1, 3, padding=1), nn.Sigmoid())

TINY = ModelSpec(
    name="{TINY}", architecture="tiny", builder="tiny_endurance:Tiny",
    published=PublishedPath(sizing="resize-up", rounding="round"),
    mean=(0.485, 0.456, 0.406), std=(0.229, 0.224, 0.225), stride=8, margin=16,
    bytes_per_pixel=300)
'''
RECIPE = """
model = "{model}"
sampling = "open"
crop = 32
batch_size = 2
steps = {steps}
warmup_steps = 100
decay_share = 0.5
learning_rate = 1e-3
clip_norm = 5.0
ema_decay = 0.99
initialisation = "torch"
composition_weight = 0.25
laplacian_weight = 0.5
late_share = 0.3
late_crop = 64
late_batch_size = 2
validation_crop = 32
validation_per_kind = 1
validate_every = {validate_every}
snapshot_every = 25
"""


def install_tiny(folder: Path) -> None:
    """The network as a plug-in that is found on the path."""
    info = folder / "tiny_endurance-1.0.dist-info"
    info.mkdir(parents=True)
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: tiny-endurance\nVersion: 1.0\n")
    (info / "entry_points.txt").write_text(f"[indexnet.models]\n{TINY} = tiny_endurance:TINY\n")
    (folder / "tiny_endurance.py").write_text(PLUGIN)


def draw_pack(root: Path, count: int = 12) -> None:
    """Blurred discs as foregrounds and alphas, clouds of colours as backgrounds."""
    rng = np.random.default_rng(0)
    disc = np.zeros((72, 96), np.uint8)
    cv2.circle(disc, (48, 36), 24, 255, -1, cv2.LINE_AA)
    disc = cv2.GaussianBlur(disc, (0, 0), 3)
    lines = ["file,kind"]
    for kind in ("fg", "bg", "alpha"):
        (root / kind).mkdir(parents=True)
        for number in range(count):
            grid = rng.integers(0, 256, (6, 8, 3), dtype=np.uint8)
            picture = cv2.resize(grid, (96, 72), interpolation=cv2.INTER_CUBIC)
            content = {"fg": np.dstack([picture, disc]), "bg": picture, "alpha": disc}[kind]
            name = f"{kind}/{number:02}.png"
            assert cv2.imwrite(str(root / name), content)
            lines.append(f"{name},{kind}")
    (root / "manifest.csv").write_text("\n".join(lines) + "\n")


def train(scratch: Path, name: str) -> None:
    """``indexnet train``, as the forked process that it is."""
    log = os.open(scratch / f"{name}.log", os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    for stream in (1, 2):
        os.dup2(log, stream)
    os.chdir(scratch)
    sys.path.insert(0, str(scratch / "plugin"))
    options = ("--recipe", "recipe.toml", "--data-dir", "pack", "--workers", "0", "--quiet")
    sys.argv = ["indexnet", "train", *options, "-o", name]
    from indexnet_cli.cli.main import main

    (scratch / f"{name}.begun").touch()  # the server that forks it ignores SIGINT up to here
    main()


class Training:
    """A run into one folder, as often as it takes."""

    def __init__(self, scratch: Path, name: str) -> None:
        self.scratch, self.name, self.run = scratch, name, scratch / name

    def start(self) -> ForkServerProcess:
        begun = self.scratch / f"{self.name}.begun"
        begun.unlink(missing_ok=True)
        process = FORKS.Process(target=train, args=(self.scratch, self.name))
        process.start()
        while not begun.exists() and process.is_alive():
            time.sleep(0.005)
        return process

    @property
    def snapshot(self) -> float:
        """When the last one was written; 0 before the first."""
        path = self.run / "snapshot.pt"
        return path.stat().st_mtime if path.exists() else 0.0

    def finish(self) -> None:
        """Up to the end, undisturbed."""
        process = self.start()
        process.join()
        self.check(process.exitcode, {0})

    def strike(self, rng: random.Random, longest: float) -> tuple[str, int | None]:
        """Start, strike at a random moment; which blow it was, and the exit code."""
        before, process, blow = self.snapshot, self.start(), rng.choice(BLOWS)
        # Every other one falls within seconds of the start, the others when there is progress.
        early = rng.random() < 0.5
        while not early and self.snapshot == before and process.is_alive():
            time.sleep(0.02)
        process.join(rng.uniform(0, longest))
        if process.is_alive():
            assert process.pid is not None
            os.kill(process.pid, blow)
            while process.is_alive():
                process.join(300)
                if process.is_alive():
                    used = Path(f"/proc/{process.pid}/stat").read_text().split()[2:15]
                    print(f"{blow.name}, and it goes on: {used}", file=sys.stderr, flush=True)
        self.check(process.exitcode, {0, 130, 143, -signal.SIGKILL})
        return blow.name, process.exitcode

    def check(self, code: int | None, wanted: set[int]) -> None:
        if code not in wanted:
            log = (self.scratch / f"{self.name}.log").read_text()
            raise SystemExit(f"it ended with {code}:\n{log}")


def differences(first: Any, second: Any, place: str = "") -> Iterator[str]:
    """Where two snapshots are not the same, bit for bit."""
    if isinstance(first, torch.Tensor):
        if first.dtype != second.dtype or not torch.equal(first, second):
            yield place
    elif isinstance(first, dict):
        if first.keys() != second.keys():
            yield f"{place} (keys)"
        for key in first.keys() & second.keys():
            yield from differences(first[key], second[key], f"{place}/{key}")
    elif isinstance(first, (list, tuple)):
        if len(first) != len(second):
            yield f"{place} (length)"
        for index, pair in enumerate(zip(first, second, strict=False)):
            yield from differences(*pair, f"{place}/{index}")
    elif first != second:
        yield place


def compare(peace: Path, struck: Path) -> list[str]:
    """What differs between two runs: weights byte by byte, snapshots number by number."""
    found = []
    for name in ("weights.safetensors", "best.safetensors"):
        if (peace / name).read_bytes() != (struck / name).read_bytes():
            found.append(name)
    for name in ("snapshot.pt", "best.pt"):
        states = [torch.load(run / name, weights_only=True) for run in (peace, struck)]
        for state in states:
            del state["seconds"]  # how long it took: the one thing that blows do change
        found += [f"{name}{place}" for place in differences(*states)]
    if (peace / "validation.csv").read_text() != (struck / "validation.csv").read_text():
        found.append("validation.csv")
    found += [f"left behind: {path.name}" for path in struck.rglob("*.part")]
    return found


def train_struck(training: Training, blows: int, longest: float, seed: int) -> Counter[str]:
    """How often the run was struck by what, up to its end."""
    rng, fallen = random.Random(seed), Counter[str]()
    while fallen.total() < blows:
        name, code = training.strike(rng, longest)
        if code == 0:
            return fallen
        fallen[name] += 1
        print(f"blow {fallen.total()}/{blows}: {name}, {code}", file=sys.stderr, flush=True)
    training.finish()
    return fallen


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--steps", type=int, default=3000)
    parser.add_argument("--blows", type=int, default=30)
    parser.add_argument("--longest", type=float, default=5.0, help="seconds that a blow waits")
    parser.add_argument("--model", default=TINY)
    parser.add_argument("--seed", type=int, default=0, help="of the blows")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        scratch = Path(name)
        install_tiny(scratch / "plugin")
        draw_pack(scratch / "pack")
        every = max(1, options.steps // 4)
        recipe = RECIPE.format(model=options.model, steps=options.steps, validate_every=every)
        (scratch / "recipe.toml").write_text(recipe)
        begun = time.monotonic()
        peace, struck = Training(scratch, "peace"), Training(scratch, "struck")
        undisturbed = peace.start()
        fallen = train_struck(struck, options.blows, options.longest, options.seed)
        undisturbed.join()
        peace.check(undisturbed.exitcode, {0})
        different = compare(peace.run, struck.run)
    told = ", ".join(f"{count} {blow}" for blow, count in sorted(fallen.items())) or "no blow"
    print(f"{options.model}, {options.steps} steps, {told}, {time.monotonic() - begun:.0f} s")
    print("bit-equal" if not different else "\n".join(["DIFFERENT:", *different]))
    sys.exit(bool(different))


if __name__ == "__main__":
    main()
