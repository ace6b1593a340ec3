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
import sys
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
    print_table,
    read_case,
)

from indexnet_cli.datasets.composing import RULES, fit_background
from indexnet_cli.datasets.pack import Pack, PackPart
from indexnet_cli.imaging.compositing import composite
from indexnet_cli.imaging.foreground import estimate_foreground

RULE = RULES["indexnet"]


def recomposed(case: Case, part: PackPart, rng: np.random.Generator) -> Case:
    """The foreground of ``case`` over a photograph of the pack."""
    foreground = estimate_foreground(case.image, case.truth)
    background = fit_background(part.photograph(rng), *case.truth.shape, RULE)
    front = np.rint(foreground * 255).astype(np.uint8)
    return Case(composite(front, background, case.truth), case.trimap, case.truth)


def cases_of(
    examples: Path, folder: str, names: list[str], part: PackPart, each: int
) -> dict[str, Case]:
    """Cases by name; a picture has the same backgrounds under every trimap."""
    cases: dict[str, Case] = {}
    for number, name in enumerate(names):
        photograph = read_case(examples, folder, name)
        for index in range(each):
            rng = np.random.default_rng([number, index])
            cases[f"{Path(name).stem} {index}"] = recomposed(photograph, part, rng)
    return cases


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--examples", type=Path, required=True, metavar="DIR")
    parser.add_argument("--data-dir", type=Path, required=True, metavar="PACK")
    parser.add_argument("--each", type=int, default=1, help="backgrounds of each foreground")
    parser.add_argument("--classical", action="store_true", help="closed-form matting as well")
    add_matter_options(parser)
    options = parser.parse_args()
    names = sorted(path.name for path in (options.examples / "image").glob("*.png"))
    if not names:
        sys.exit(f"{options.examples}/image: no such PNGs")
    part = PackPart(Pack(options.data_dir), "validation")
    methods: dict[str, Method] = {"indexnet": matter_of(options).matte}
    if options.classical:
        methods["closed-form"] = classical_methods()["closed-form"]
    for folder, title in TRIMAPS.items():
        cases = cases_of(options.examples, folder, names, part, options.each)
        print_table(title, {name: measure(cases, method) for name, method in methods.items()})


if __name__ == "__main__":
    main()
