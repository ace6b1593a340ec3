"""SAD and MSE over the unknown region, on photographs with measured alpha.

    python benchmarks/quality.py --examples DIR [--weights FILE] [--classical]

DIR holds image/, alpha/, trimap/ (narrow) and trimap2/ (wide) with PNGs of equal names, such as the
training pictures of alphamatting.com. --classical adds closed-form and KNN matting
(`pip install pymatting`; minutes a picture).
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from indexnet_cli import Matter
from indexnet_cli.imaging.reading import read_alpha, read_image, read_trimap
from indexnet_cli.metrics.mse import mse
from indexnet_cli.metrics.sad import sad

TRIMAPS = {"trimap": "narrow", "trimap2": "wide"}
Method = Callable[[Any, Any], Any]


def classical_methods() -> dict[str, Method]:
    try:
        from pymatting import estimate_alpha_cf, estimate_alpha_knn
    except ImportError:
        sys.exit("--classical needs pymatting: pip install pymatting")

    def paste(estimate: Callable[[Any, Any], Any]) -> Method:
        def matte(image: Any, trimap: Any) -> Any:
            known = np.where(trimap == 128, 0.5, trimap / 255.0)
            alpha = np.clip(estimate(image / 255.0, known), 0, 1)
            return np.where(trimap == 128, alpha, known)

        return matte

    return {"closed-form": paste(estimate_alpha_cf), "KNN": paste(estimate_alpha_knn)}


def measure(examples: Path, folder: str, names: list[str], matte: Method) -> list[list[float]]:
    """One row of SAD, MSE and seconds a picture."""
    rows = []
    for name in names:
        image = read_image(examples / "image" / name).pixels
        trimap, _ = read_trimap(examples / folder / name)
        truth = read_alpha(examples / "alpha" / name)
        started = time.perf_counter()
        alpha = matte(image, trimap)
        seconds = time.perf_counter() - started
        unknown = trimap == 128
        rows.append([sad(alpha, truth, unknown), mse(alpha, truth, unknown), seconds])
        print(f"  {name} {rows[-1][0]:.2f}", file=sys.stderr, flush=True)
    return rows


def print_table(title: str, names: list[str], results: dict[str, list[list[float]]]) -> None:
    heads = [f"{method} {what}" for method in results for what in ("SAD", "MSE", "s")]
    print(f"\n{title} trimaps\n\n| picture | {' | '.join(heads)} |")
    print(f"|---|{'---:|' * len(heads)}")
    rows = {Path(name).stem: [r[i] for r in results.values()] for i, name in enumerate(names)}
    rows["**mean**"] = [list(np.mean(result, axis=0)) for result in results.values()]
    for name, row in rows.items():
        cells = [f"{s:.2f} | {m:.4f} | {seconds:.1f}" for s, m, seconds in row]
        print(f"| {name} | {' | '.join(cells)} |")
    means = {method: row[0] for method, row in zip(results, rows["**mean**"], strict=True)}
    ours = means.pop("indexnet")
    if means:
        best = min(means, key=means.__getitem__)
        print(f"\nSAD of indexnet / {best}: {ours / means[best]:.3f}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--examples", type=Path, required=True, metavar="DIR")
    parser.add_argument("--model", default="indexnet.open", metavar="NAME")
    parser.add_argument("--weights", metavar="FILE", help="checkpoint instead of the model's own")
    parser.add_argument("--device", default="auto")
    parser.add_argument("--align", choices=["pad", "resize"], default="pad")
    parser.add_argument("--classical", action="store_true", help="closed-form and KNN as well")
    parser.add_argument("--only", nargs="+", metavar="STEM", help="only these pictures")
    options = parser.parse_args()
    names = sorted(path.name for path in (options.examples / "image").glob("*.png"))
    names = [name for name in names if not options.only or Path(name).stem in options.only]
    if not names:
        sys.exit(f"{options.examples}/image: no such PNGs")
    matter = Matter(options.model, options.weights, device=options.device, align=options.align)
    methods: dict[str, Method] = {"indexnet": matter.matte}
    if options.classical:
        methods |= classical_methods()
    report = matter.report
    print(f"{report.model}, {report.checkpoint}, {report.device}, {report.precision}")
    for folder, title in TRIMAPS.items():
        results = {}
        for label, method in methods.items():
            print(f"{title}, {label}", file=sys.stderr)
            results[label] = measure(options.examples, folder, names, method)
        print_table(title, names, results)


if __name__ == "__main__":
    main()
