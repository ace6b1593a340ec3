"""Scores on large synthetic compositions of the held-out split, such as those of Composition-1k.

    python benchmarks/compositions.py --data-dir PACK [--side 1024] [--each 3] [--seed 1]

Draws --each pictures of --side x --side pixels of every kind of matte, from pictures of the pack
and random numbers that training does not see, and scores mattes of them over the unknown region.
Pictures whose trimap leaves less than a twelfth unknown are passed over. Options of the matte:
--scales, --views, --fit-colours and those of quality.py. --classical adds closed-form matting, and
passes over trimaps without sure foreground or background, which it cannot do without.
"""

from __future__ import annotations

import argparse
from itertools import count, islice, pairwise
from pathlib import Path

import numpy as np
from quality import (
    METRICS,
    Case,
    add_matter_options,
    cells,
    classical_methods,
    matter_of,
    means,
    measure,
)

from indexnet_cli.datasets.mattes import KINDS, kinds_of
from indexnet_cli.datasets.open_compositions import OpenCompositions
from indexnet_cli.datasets.pack import Pack
from indexnet_cli.datasets.sample import Sample
from indexnet_cli.imaging.trimaps import BACKGROUND, FOREGROUND, UNKNOWN
from indexnet_cli.metrics import Scores

LEAST_UNKNOWN = 1 / 12
SHARES = (0.0, 0.2, 0.5, 0.8, 1.0)


def draw(
    pack: Pack, kind: str, side: int, each: int, seed: int, both_known: bool = False
) -> dict[str, Case]:
    """Cases of one kind by name, as 8-bit files would hold them.

    ``both_known``: only such whose trimap has sure foreground and sure background.
    """
    drawn = OpenCompositions(pack, seed, side, split="validation", kinds=[kind])
    named = ((f"{kind} {index}", as_case(drawn[index])) for index in count())
    wanted = (
        (name, case)
        for name, case in named
        if unknown_share(case) >= LEAST_UNKNOWN and (not both_known or has_both_known(case))
    )
    return dict(islice(wanted, each))


def has_both_known(case: Case) -> bool:
    return {FOREGROUND, BACKGROUND} <= set(np.unique(case.trimap))


def unknown_share(case: Case) -> float:
    return float(np.mean(case.trimap == UNKNOWN))


def as_case(sample: Sample) -> Case:
    image = np.rint(sample.image * 255).astype(np.uint8)
    truth = np.rint(sample.alpha * 255).astype(np.float32) / np.float32(255)
    return Case(image, sample.trimap, truth)


def print_by_share(
    found: dict[str, dict[str, Scores]], shares: dict[str, float], heads: str
) -> None:
    """The same pictures by how much of them is unknown."""
    print(f"\n| unknown | pictures | method | {heads} |\n|---|---:|---|{'---:|' * len(METRICS)}")
    for low, high in pairwise(SHARES):
        within = [name for name, share in shares.items() if low < share <= high]
        for method, scores in found.items():
            if within:
                row = cells(means({name: scores[name] for name in within}))
                print(f"| {low:.2f} to {high:.2f} | {len(within)} | {method} | {row} |")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--data-dir", type=Path, required=True, metavar="PACK")
    parser.add_argument("--side", type=int, default=1024, help="pixels")
    parser.add_argument("--each", type=int, default=3, help="pictures of each kind")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--kinds", nargs="+", choices=list(KINDS))
    parser.add_argument("--classical", action="store_true", help="closed-form matting as well")
    add_matter_options(parser)
    options = parser.parse_args()
    methods = {"indexnet": matter_of(options).matte}
    if options.classical:
        methods["closed-form"] = classical_methods()["closed-form"]
    pack = Pack(options.data_dir)
    heads = " | ".join(head for head, _ in METRICS.values())
    print(f"\n| kind | unknown | method | {heads} |\n|---|---:|---|{'---:|' * len(METRICS)}")
    found: dict[str, dict[str, Scores]] = {name: {} for name in methods}
    shares: dict[str, float] = {}
    for kind in options.kinds or kinds_of(pack):
        cases = draw(pack, kind, options.side, options.each, options.seed, options.classical)
        unknown = {name: unknown_share(case) for name, case in cases.items()}
        shares |= unknown
        share = np.mean(list(unknown.values()))
        for name, method in methods.items():
            scores, _ = measure(cases, method)
            found[name] |= scores
            print(f"| {kind} | {share:.2f} | {name} | {cells(means(scores))} |", flush=True)
    for name, scores in found.items():
        print(f"| **mean** | | **{name}** | {cells(means(scores))} |")
    print_by_share(found, shares, heads)


if __name__ == "__main__":
    main()
