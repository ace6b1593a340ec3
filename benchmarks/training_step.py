"""Seconds a step of training takes, as ratios against the published way of running it.

    python benchmarks/training_step.py [--recipe open] [--set precision=bf16] [--steps 5]

All ways take the same steps of the recipe (network, losses, optimiser) on the same random batch,
in turn, in a process each. *published* runs the modules as their authors do: NCHW, batch norm after
the convolution, index maps laid out, every gradient torch's, memory as the system gives it.
*gradients and memory of torch* is ours without our gradient of wide kernels, which is for
processors without AVX-512 only, and without keeping all that a step frees. Samples are not drawn:
benchmarks/loader.py is about those. Nothing else should run on the machine.
"""

from __future__ import annotations

import argparse
import multiprocessing
import resource
import statistics
import time
from collections.abc import Callable
from multiprocessing.connection import Connection

import torch
from torch import Tensor
from torch.nn import functional as F

from indexnet_cli.engine.allocator import keep_all_memory, reuse_freed_memory
from indexnet_cli.models import convolving
from indexnet_cli.models.folding import set_folded
from indexnet_cli.models.indexnet import index_blocks
from indexnet_cli.models.indexnet import network as indexnet_network
from indexnet_cli.models.registry import build_network, resolve_model
from indexnet_cli.training.losses import Batch
from indexnet_cli.training.recipe import Recipe, load_recipe
from indexnet_cli.training.step import TrainingStep

CPU = torch.device("cpu")
PUBLISHED, PLAIN, OURS = WAYS = ("published", "gradients and memory of torch", "ours")
Step = Callable[[], None]


def random_batch(recipe: Recipe) -> Batch:
    """Noise, half of it unknown: what a step takes does not depend on what it sees."""
    generator = torch.Generator().manual_seed(0)
    planes = {"alpha": 1, "image": 3, "foreground": 3, "background": 3, "unknown": 1}
    batch = {
        name: torch.rand((recipe.batch_size, count, recipe.crop, recipe.crop), generator=generator)
        for name, count in planes.items()
    }
    batch["unknown"] = batch["unknown"].round()
    return {**batch, "trimap": 0.5 * batch["unknown"]}


def make_step(recipe: Recipe, published: bool) -> Step:
    """A step on one batch; the weights are drawn at random, the same for every way."""
    torch.manual_seed(0)
    spec = resolve_model(recipe.model)
    network = build_network(spec)
    if not published:
        network.to(memory_format=torch.channels_last)  # type: ignore[call-overload]
    step = TrainingStep(network, spec, recipe, CPU)
    if published:
        set_folded(network, False)
        feed = step.feed
        step.feed = lambda piece: feed(piece).contiguous()  # type: ignore[assignment]
    batch = random_batch(recipe)

    def run() -> None:
        step([batch], 1, 0.0)

    return run


def weigh_by_map(x: Tensor, cells: Tensor) -> Tensor:
    """The product with the index map as published."""
    return index_blocks.index_map(cells) * x


def upsample_by_map(x: Tensor, cells: Tensor) -> Tensor:
    """Nearest upsampling and the product with the index map as published."""
    return weigh_by_map(F.interpolate(x, scale_factor=2.0, mode="nearest"), cells)


def prepare(way: str) -> None:
    """Make this process run the network in that way; it is for nothing else."""
    if way == PUBLISHED:
        indexnet_network.weigh, indexnet_network.upsample = weigh_by_map, upsample_by_map
    elif way == OURS:
        keep_all_memory()  # as the command line does
    else:
        reuse_freed_memory()
        convolving._gradient_is_slow = lambda x, weight: False


def serve(connection: Connection, way: str, recipe: Recipe) -> None:
    """Answer every message with the seconds of a step, in a process of its own."""
    prepare(way)
    step = make_step(recipe, way == PUBLISHED)
    while connection.recv():
        start = time.perf_counter()
        step()
        connection.send(time.perf_counter() - start)
    connection.send(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20)


def ask(connection: Connection, again: bool) -> float:
    connection.send(again)
    answer: float = connection.recv()
    return answer


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--recipe", default="open", help="one of an IndexNet")
    parser.add_argument("--set", action="append", default=[], metavar="KEY=VALUE", dest="settings")
    parser.add_argument("--steps", type=int, default=5, help="counted; one more warms up")
    options = parser.parse_args()
    recipe = load_recipe(options.recipe, ["precision=fp32", *options.settings])
    processes = multiprocessing.get_context("forkserver")
    processes.set_forkserver_preload(["__main__", "torch._dynamo"])  # what all import
    connections = {}
    for way in WAYS:
        connections[way], theirs = processes.Pipe()
        processes.Process(target=serve, args=(theirs, way, recipe), daemon=True).start()
    rounds = [{w: ask(c, True) for w, c in connections.items()} for _ in range(options.steps + 1)]
    print(
        f"{options.recipe}, {recipe.batch_size} x {recipe.crop} x {recipe.crop}, "
        f"{recipe.precision}, {torch.backends.cpu.get_cpu_capability()}, "
        f"{torch.get_num_threads()} threads\n\n"
        "| | s a step | times as fast | peak GiB |\n|---|---:|---:|---:|"
    )
    medians = {w: statistics.median(r[w] for r in rounds[1:]) for w in WAYS}  # the first warms up
    for way, seconds in medians.items():
        ratio, peak = medians[PUBLISHED] / seconds, ask(connections[way], False)
        print(f"| {way} | {seconds:.2f} | {ratio:.2f} | {peak:.2f} |")


if __name__ == "__main__":
    main()
