"""SAD, MSE, Grad and Conn over the unknown region, on photographs with measured alpha.

    python benchmarks/quality.py --examples DIR [--weights FILE] [--classical] [--sheet PNG]
    python benchmarks/quality.py --examples DIR --stress
    python benchmarks/quality.py --examples DIR --breadth

DIR holds image/, alpha/, trimap/ (narrow) and trimap2/ (wide) with PNGs of equal names, such as the
training pictures of alphamatting.com. --classical adds closed-form, KNN and learning-based matting
(`pip install pymatting`; minutes a picture). --sheet writes a contact sheet of our mattes. --stress
scores them under wider trimaps, other sizes, JPEG, and with nothing known at all. --breadth tells
how broad the errors are: the SAD that stays when they may cancel out within squares.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import cv2
import numpy as np

from indexnet_cli import Matter
from indexnet_cli.imaging.reading import read_alpha, read_image, read_trimap
from indexnet_cli.imaging.trimaps import UNKNOWN
from indexnet_cli.metrics import Scores, score

TRIMAPS = {"trimap": "narrow", "trimap2": "wide"}
METRICS = {"sad": ("SAD", 2), "mse": ("MSE", 4), "grad": ("Grad", 2), "conn": ("Conn", 2)}
SHEET_HEIGHT = 240
SQUARES = (1, 4, 8, 16, 32)  # sides, pixels
Method = Callable[[Any, Any], Any]


@dataclass(frozen=True)
class Case:
    """One photograph (H x W x 3 uint8), trimap (H x W uint8) and true alpha (H x W float32)."""

    image: Any
    trimap: Any
    truth: Any


def names_of(examples: Path, only: list[str] | None = None) -> list[str]:
    """The photographs in ``examples``, or those whose stem is in ``only``; ends without any."""
    names = sorted(path.name for path in (examples / "image").glob("*.png"))
    names = [name for name in names if not only or Path(name).stem in only]
    if not names:
        sys.exit(f"{examples}/image: no such PNGs")
    return names


def read_case(examples: Path, folder: str, name: str) -> Case:
    return Case(
        read_image(examples / "image" / name).pixels,
        read_trimap(examples / folder / name)[0],
        read_alpha(examples / "alpha" / name),
    )


def classical_methods() -> dict[str, Method]:
    try:
        from pymatting import estimate_alpha_cf, estimate_alpha_knn, estimate_alpha_lbdm
    except ImportError:
        sys.exit("--classical needs pymatting: pip install pymatting")

    def paste(estimate: Callable[[Any, Any], Any]) -> Method:
        def matte(image: Any, trimap: Any) -> Any:
            known = np.where(trimap == UNKNOWN, 0.5, trimap / 255.0)
            alpha = np.clip(estimate(image / 255.0, known), 0, 1)
            return np.where(trimap == UNKNOWN, alpha, known)

        return matte

    return {
        "closed-form": paste(estimate_alpha_cf),
        "KNN": paste(estimate_alpha_knn),
        "learning-based": paste(estimate_alpha_lbdm),
    }


def measure(cases: dict[str, Case], matte: Method) -> tuple[dict[str, Scores], float]:
    """Scores by name, and seconds a picture."""
    found, seconds = {}, 0.0
    for name, case in cases.items():
        started = time.perf_counter()
        alpha = matte(case.image, case.trimap)
        seconds += time.perf_counter() - started
        found[name] = score(alpha.astype(np.float32), case.truth, case.trimap)
        print(f"  {name} {found[name].sad:.2f}", file=sys.stderr, flush=True)
    return found, seconds / len(cases)


def means(found: dict[str, Scores]) -> dict[str, float]:
    return {key: float(np.mean([getattr(s, key) for s in found.values()])) for key in METRICS}


def cells(values: dict[str, float]) -> str:
    return " | ".join(f"{values[key]:.{digits}f}" for key, (_, digits) in METRICS.items())


def print_table(title: str, results: dict[str, tuple[dict[str, Scores], float]]) -> None:
    heads = " | ".join(head for head, _ in METRICS.values())
    print(f"\n{title} trimaps\n\n| picture | method | {heads} | s |")
    print(f"|---|---|{'---:|' * (len(METRICS) + 1)}")
    for method, (found, seconds) in results.items():
        for name, scores in found.items():
            print(f"| {name} | {method} | {cells(vars(scores))} | |")
        print(f"| **mean** | **{method}** | {cells(means(found))} | {seconds:.1f} |")
    sads = {method: means(found)["sad"] for method, (found, _) in results.items()}
    ours = sads.pop("indexnet")
    if sads:
        best = min(sads, key=sads.__getitem__)
        print(f"\nSAD of indexnet / {best}: {ours / sads[best]:.3f}", flush=True)


def widened(case: Case, pixels: int) -> Case:
    """The unknown region grown by a disc, as a hasty user draws it."""
    disc = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (2 * pixels + 1,) * 2)
    unknown = cv2.dilate((case.trimap == UNKNOWN).astype(np.uint8), disc) > 0
    return replace(case, trimap=np.where(unknown, np.uint8(UNKNOWN), case.trimap))


def scaled(case: Case, factor: float) -> Case:
    smooth = cv2.INTER_AREA if factor < 1 else cv2.INTER_CUBIC
    height, width = (max(round(side * factor), 1) for side in case.trimap.shape)

    def resize(plane: Any, method: int) -> Any:
        return cv2.resize(plane, (width, height), interpolation=method)

    truth = np.clip(resize(case.truth, smooth), 0, 1)
    return Case(resize(case.image, smooth), resize(case.trimap, cv2.INTER_NEAREST), truth)


def compressed(case: Case, quality: int) -> Case:
    blue_first = np.ascontiguousarray(case.image[..., ::-1])
    _, data = cv2.imencode(".jpg", blue_first, [cv2.IMWRITE_JPEG_QUALITY, quality])
    decoded = np.asarray(cv2.imdecode(data, cv2.IMREAD_COLOR), np.uint8)
    return replace(case, image=np.ascontiguousarray(decoded[..., ::-1]))


def all_unknown(case: Case) -> Case:
    return replace(case, trimap=np.full_like(case.trimap, UNKNOWN))


STRESSES: dict[str, Callable[[Case], Case]] = {
    "as it is": lambda case: case,
    "trimap 10 px wider": lambda case: widened(case, 10),
    "trimap 20 px wider": lambda case: widened(case, 20),
    "trimap 40 px wider": lambda case: widened(case, 40),
    "half the size": lambda case: scaled(case, 0.5),
    "twice the size": lambda case: scaled(case, 2),
    "JPEG, quality 75": lambda case: compressed(case, 75),
    "JPEG, quality 40": lambda case: compressed(case, 40),
    "all unknown": all_unknown,
}


def print_stress(cases: dict[str, Case], matte: Method) -> None:
    heads = " | ".join(head for head, _ in METRICS.values())
    print(f"\n| narrow trimaps | {heads} |\n|---|{'---:|' * len(METRICS)}")
    for name, change in STRESSES.items():
        found, _ = measure({stem: change(case) for stem, case in cases.items()}, matte)
        print(f"| {name} | {cells(means(found))} |", flush=True)


def sad_by_squares(alpha: Any, case: Case, side: int) -> float:
    """SAD (thousands) of errors over the unknown region that are summed in squares first."""
    error = np.where(case.trimap == UNKNOWN, alpha - case.truth, 0)
    rows, columns = (np.arange(0, size, side) for size in error.shape)
    sums = np.add.reduceat(np.add.reduceat(error, rows, axis=0), columns, axis=1)
    return float(np.abs(sums).sum() / 1000)


def print_breadth(title: str, cases: dict[str, Case], matte: Method) -> None:
    print(f"\n| {title} trimaps, picture | {' | '.join(f'{side} px' for side in SQUARES)} |")
    print(f"|---|{'---:|' * len(SQUARES)}")
    rows = {}
    for name, case in cases.items():
        alpha = matte(case.image, case.trimap)
        rows[name] = [sad_by_squares(alpha, case, side) for side in SQUARES]
    rows["**mean**"] = np.mean(list(rows.values()), axis=0).tolist()
    for name, row in rows.items():
        print(f"| {name} | {' | '.join(f'{sad:.2f}' for sad in row)} |", flush=True)


def write_sheet(path: Path, cases: dict[str, Case], matte: Method) -> None:
    """A row a picture: photograph, trimap, true alpha, our alpha."""
    rows = []
    for case in cases.values():
        greys = [case.trimap, 255 * case.truth, 255 * matte(case.image, case.trimap)]
        planes = [cv2.cvtColor(np.asarray(grey, np.uint8), cv2.COLOR_GRAY2BGR) for grey in greys]
        row = np.hstack([cv2.cvtColor(case.image, cv2.COLOR_RGB2BGR), *planes])
        width = round(row.shape[1] * SHEET_HEIGHT / row.shape[0])
        rows.append(cv2.resize(row, (width, SHEET_HEIGHT), interpolation=cv2.INTER_AREA))
    widest = max(row.shape[1] for row in rows)
    padded = [np.pad(row, ((0, 4), (0, widest - row.shape[1]), (0, 0))) for row in rows]
    path.write_bytes(cv2.imencode(".png", np.vstack(padded))[1].tobytes())


def add_matter_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--model", default="indexnet.open", metavar="NAME")
    parser.add_argument("--weights", metavar="FILE", help="checkpoint instead of the model's own")
    parser.add_argument("--device", default="auto")
    parser.add_argument("--align", choices=["pad", "resize"], default="pad")
    parser.add_argument("--precision", default="auto")
    parser.add_argument("--views", type=int, help="1, 2, 4 or 8: the mean of so many")
    parser.add_argument(
        "--scales", type=int, help="sizes at which to look; default: as suits the weights"
    )
    parser.add_argument(
        "--enlarge",
        action=argparse.BooleanOptionalAction,
        help="look at twice the size, too; default: as suits the weights and the picture",
    )
    parser.add_argument(
        "--fit-colours",
        action=argparse.BooleanOptionalAction,
        help="fit the mattes to the pictures' colours; default: as the weights were trained",
    )


def matter_of(options: argparse.Namespace) -> Matter:
    """What the options of ``add_matter_options`` ask for; prints what it is."""
    matter = Matter(
        options.model,
        options.weights,
        device=options.device,
        align=options.align,
        precision=options.precision,
        views=options.views,
        scales=options.scales,
        enlarge=options.enlarge,
        fit_colours=options.fit_colours,
    )
    report = matter.report
    print(
        f"{report.model}, {report.checkpoint}, {report.device}, {report.precision}, "
        f"views {report.views}, scales {report.scales}, "
        f"{'' if report.fit_colours else 'not '}fitted to colours"
    )
    return matter


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--examples", type=Path, required=True, metavar="DIR")
    add_matter_options(parser)
    parser.add_argument("--classical", action="store_true", help="the methods of pymatting as well")
    instead = parser.add_mutually_exclusive_group()
    instead.add_argument("--stress", action="store_true", help="harder trimaps and pictures")
    instead.add_argument("--breadth", action="store_true", help="how broad the errors are")
    parser.add_argument("--sheet", type=Path, metavar="PNG", help="contact sheet, narrow trimaps")
    parser.add_argument("--only", nargs="+", metavar="STEM", help="only these pictures")
    options = parser.parse_args()
    names = names_of(options.examples, options.only)
    matter = matter_of(options)
    sets = {
        folder: {Path(name).stem: read_case(options.examples, folder, name) for name in names}
        for folder in TRIMAPS
    }
    if options.sheet:
        write_sheet(options.sheet, sets["trimap"], matter.matte)
    if options.stress:
        print_stress(sets["trimap"], matter.matte)
        return
    if options.breadth:
        for folder, title in TRIMAPS.items():
            print_breadth(title, sets[folder], matter.matte)
        return
    methods: dict[str, Method] = {"indexnet": matter.matte}
    if options.classical:
        methods |= classical_methods()
    for folder, title in TRIMAPS.items():
        results = {}
        for label, method in methods.items():
            print(f"{title}, {label}", file=sys.stderr)
            results[label] = measure(sets[folder], method)
        print_table(title, results)


if __name__ == "__main__":
    main()
