"""Which of several weights is better on many small synthetic pictures, and whether that is luck.

    python benchmarks/held_out.py --data-dir PACK [--weights FILE ...] [--count 320] [--kinds hair]

Draws --count pictures of the held-out split, of all kinds in the shares of the training samples or
of --kinds alone, and compares mattes of them, in one size and fitted to the colours as the
validation of training does it. Pictures differ far more than weights do; so the differences from
the first file are taken picture by picture, with their standard error. Without --weights it is the
model's own file alone. --unmarked takes the known foreground out of trimaps that have known
background, --short-of-the-edge what is known in strips along the sides. For mattes as
people get them there are quality.py and compositions.py.
"""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

import numpy as np
from compositions import as_case
from numpy.typing import NDArray
from quality import Case

from indexnet_cli import Matter
from indexnet_cli.datasets.mattes import KINDS
from indexnet_cli.datasets.open_compositions import OpenCompositions
from indexnet_cli.datasets.pack import SPLITS, Pack
from indexnet_cli.imaging.trimaps import UNKNOWN
from indexnet_cli.models.registry import DEFAULT_MODEL

METRICS = ("MAD", "MSE")


def draw(options: argparse.Namespace) -> list[tuple[str, Case]]:
    """Kind and picture of each sample that leaves something unknown."""
    drawn = OpenCompositions(
        Pack(options.data_dir), options.seed, options.side, options.split, options.kinds
    )
    # The training split's own chances, off in the other: both are drawn alike.
    drawn.enlarged = drawn.nearly_solid = drawn.recoloured = 0.0
    drawn.unmarked = float(options.unmarked)
    drawn.short_of_the_edge = float(options.short_of_the_edge)
    samples = (drawn[index] for index in range(options.count))
    cases = [(sample.kind, as_case(sample)) for sample in samples]
    return [(kind, case) for kind, case in cases if (case.trimap == UNKNOWN).any()]


def matter_of(weights: str | None, options: argparse.Namespace) -> Matter:
    return Matter(
        options.model,
        weights,
        device=options.device,
        precision=options.precision,
        views=1,
        scales=1,
        enlarge=False,
        fit_colours=True,
    )


def errors_of(matter: Matter, cases: list[tuple[str, Case]]) -> NDArray[Any]:
    """MAD and MSE over the unknown region of each picture, N x 2."""
    found = []
    for _, case in cases:
        unknown = case.trimap == UNKNOWN
        error = (matter.matte(case.image, case.trimap) - case.truth)[unknown].astype(np.float64)
        found.append((np.abs(error).mean(), np.square(error).mean()))
    return np.array(found)


def relative(errors: NDArray[Any], first: NDArray[Any]) -> str:
    """The mean difference from ``first`` and its standard error, both in per cent of its mean."""
    difference, base = errors - first, first.mean(0)
    percent = 100 * difference.mean(0) / base
    deviation = 100 * difference.std(0, ddof=1) / np.sqrt(len(difference)) / base
    return " | ".join(f"{p:+.1f} ± {d:.1f} %" for p, d in zip(percent, deviation, strict=True))


def print_kinds(found: dict[str, NDArray[Any]], kinds: NDArray[Any]) -> None:
    """MAD of each kind."""
    print(f"\n| MAD | pictures | {' | '.join(found)} |\n|---|---:|{'---:|' * len(found)}")
    for kind in (kind for kind in KINDS if kind in kinds):
        row = [f"{errors[kinds == kind, 0].mean():.4f}" for errors in found.values()]
        print(f"| {kind} | {(kinds == kind).sum()} | {' | '.join(row)} |")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--data-dir", type=Path, required=True, metavar="PACK")
    parser.add_argument("--weights", nargs="+", metavar="FILE", help="default: the model's own")
    parser.add_argument("--count", type=int, default=320, help="pictures; at least 2")
    parser.add_argument("--side", type=int, default=256, help="pixels")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--split", choices=SPLITS, default="validation")
    parser.add_argument("--kinds", nargs="+", choices=list(KINDS))
    parser.add_argument("--unmarked", action="store_true", help="no foreground known")
    parser.add_argument("--short-of-the-edge", action="store_true", help="nothing known along it")
    parser.add_argument("--model", default=DEFAULT_MODEL, metavar="NAME")
    parser.add_argument("--device", default="auto")
    parser.add_argument("--precision", default="auto")
    options = parser.parse_args()
    cases = draw(options)
    heads = " | ".join([*METRICS, *(f"{name}, from the first" for name in METRICS)])
    print(f"{len(cases)} pictures of {options.side} x {options.side} pixels\n")
    print(f"| weights | {heads} |\n|---|{'---:|' * 2 * len(METRICS)}")
    found: dict[str, NDArray[Any]] = {}
    for weights in options.weights or [None]:
        errors = errors_of(matter_of(weights, options), cases)
        first = next(iter(found.values()), errors)
        mad, mse = errors.mean(0)
        row = relative(errors, first) if found else "|"
        name = weights or options.model
        print(f"| {name} | {mad:.4f} | {mse:.4f} | {row} |", flush=True)
        found[name] = errors
    print_kinds(found, np.array([kind for kind, _ in cases]))


if __name__ == "__main__":
    main()
