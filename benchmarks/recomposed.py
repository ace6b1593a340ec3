"""Scores on real foregrounds over other photographs, which is how Composition-1k is made.

    python benchmarks/recomposed.py --examples DIR --data-dir PACK [--each 1] [--classical]

Cuts the foregrounds of photographs with measured alpha out of them, their colours estimated, and
puts each over --each photographs of the pack that training does not see, enlarged to cover it as
the published script does. DIR is as for quality.py, whose options of the matte hold here, too. Hair
and strands are real, then, the mixture is exact, and what is behind is a photograph, not a screen.
--classical adds closed-form matting (`pip install pymatting`), whose error is published for
Composition-1k, too.
"""

from __future__ import annotations

import argparse
from dataclasses import replace
from pathlib import Path

import numpy as np
from quality import (
    TRIMAPS,
    Case,
    Method,
    add_matter_options,
    classical_methods,
    matter_of,
    measure,
    names_of,
    print_table,
    read_case,
)

from indexnet_cli.datasets.composing import RULES, fit_background
from indexnet_cli.datasets.pack import Pack, PackPart
from indexnet_cli.imaging.compositing import composite
from indexnet_cli.imaging.foreground import estimate_foreground
from indexnet_cli.imaging.levels import from_float

RULE = RULES["indexnet"]


def recomposed(
    examples: Path, names: list[str], part: PackPart, each: int
) -> dict[str, dict[str, Case]]:
    """Cases by trimap folder and name; a picture is the same under every trimap."""
    cases: dict[str, dict[str, Case]] = {folder: {} for folder in TRIMAPS}
    for number, name in enumerate(names):
        photographs = {folder: read_case(examples, folder, name) for folder in TRIMAPS}
        one = next(iter(photographs.values()))
        front = from_float(estimate_foreground(one.image, one.truth), np.uint8)
        for index in range(each):
            rng = np.random.default_rng([number, index])
            background = fit_background(part.photograph(rng), *one.truth.shape, RULE)
            image = composite(front, background, one.truth)
            for folder, photograph in photographs.items():
                cases[folder][f"{Path(name).stem} {index}"] = replace(photograph, image=image)
    return cases


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--examples", type=Path, required=True, metavar="DIR")
    parser.add_argument("--data-dir", type=Path, required=True, metavar="PACK")
    parser.add_argument("--each", type=int, default=1, help="backgrounds of each foreground")
    parser.add_argument("--classical", action="store_true", help="closed-form matting as well")
    add_matter_options(parser)
    options = parser.parse_args()
    names = names_of(options.examples)
    part = PackPart(Pack(options.data_dir), "validation")
    methods: dict[str, Method] = {"indexnet": matter_of(options).matte}
    if options.classical:
        methods["closed-form"] = classical_methods()["closed-form"]
    for folder, cases in recomposed(options.examples, names, part, options.each).items():
        results = {name: measure(cases, method) for name, method in methods.items()}
        print_table(TRIMAPS[folder], results)


if __name__ == "__main__":
    main()
