"""``indexnet matte --auto``: a matte without a trimap, from a model that finds its own."""

from __future__ import annotations

from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, BinaryIO, Literal

import typer

from indexnet_cli.cli.finish import Finish
from indexnet_cli.cli.heavy_imports import heavy_imports
from indexnet_cli.cli.optional_value import LEFT_OUT
from indexnet_cli.cli.output import Output
from indexnet_cli.cli.telling import told_of
from indexnet_cli.cli.weights.pulling import pull_if_missing
from indexnet_cli.engine.strategies import DEFAULT_STRATEGY, Strategy
from indexnet_cli.errors import CheckpointError, UsageError
from indexnet_cli.models.registry import DEFAULT_TRIMAP_FREE, ModelSpec, resolve_model

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from indexnet_cli.engine.matter import Matter
    from indexnet_cli.imaging.reading import Picture

TRIMAP_SUFFIX = "_trimap.png"

AutoOption = Annotated[
    bool,
    typer.Option(
        "--auto", help=f"Without TRIMAP: find what is foreground by {DEFAULT_TRIMAP_FREE}."
    ),
]
StrategyOption = Annotated[
    Strategy | None,
    typer.Option(
        "--strategy",
        help="With --auto: look for edges at 1/3 or 1/2 of the size and for the object at 1/4, "
        f"or for all at 1/4. Default: {DEFAULT_STRATEGY}.",
        show_default=False,
    ),
]
SaveTrimapOption = Annotated[
    str | None,
    typer.Option(
        "--save-trimap",
        metavar="[PATH]",
        help="With --auto: also write the trimap that it found. "
        f"Default: <stem>{TRIMAP_SUFFIX} beside the matte.",
        show_default=False,
    ),
]
RefineOption = Annotated[
    str | None,
    typer.Option(
        "--refine-with",
        metavar="NAME",
        help="With --auto: matte once more at full size, by this model and the trimap found.",
        show_default=False,
    ),
]


@dataclass(frozen=True)
class Auto:
    """What ``--auto`` is asked for; ``trimap_file`` is where the trimap goes, if it is wanted.

    ``named``: whether the model was asked for by its name. Only then is it fetched on the spot:
    its weights have terms that ``--auto`` alone does not agree to.
    """

    model: ModelSpec
    strategy: Strategy
    save_trimap: str | None
    refine_with: ModelSpec | None
    named: bool
    trimap_file: Path | None = None

    def placed(self, image: str, target: Path | Literal["-"], overwrite: bool) -> Auto:
        """With ``trimap_file``. Raises before any work for what could not be written after it."""
        from indexnet_cli.imaging.writing import check_destination

        if self.save_trimap is None:
            return self
        source = Path("image" if image == "-" else image)
        beside = source.parent if target == "-" else target.parent
        path = beside if self.save_trimap == LEFT_OUT else Path(self.save_trimap)
        if path.is_dir():
            path = path / (source.stem + TRIMAP_SUFFIX)
        check_destination(path, overwrite, 8)
        if target != "-" and path.resolve() == target.resolve():
            raise UsageError(f"{path} would hold both matte and trimap.", "Choose another name.")
        if image != "-" and path.exists() and path.samefile(image):
            raise UsageError(f"{path} is an input; it is not replaced.", "Choose another name.")
        return replace(self, trimap_file=path)


def plan_auto(
    auto: bool,
    trimap: str | None,
    model: str | None,
    strategy: Strategy | None,
    save_trimap: str | None,
    refine_with: str | None,
    finish: Finish,
) -> Auto | None:
    """What to do without a trimap; ``None`` where the command line has one, or should have.

    Raises ``UsageError`` for a trimap too many, a model that does not fit, or an option without
    ``--auto``.
    """
    named = resolve_model(model) if model else None
    if named and not named.needs_trimap:
        if trimap is not None:
            raise UsageError(f"{named.name} takes no trimap.", "Leave TRIMAP out.")
        auto = True
    if not auto:
        for option, value in (
            ("--strategy", strategy),
            ("--save-trimap", save_trimap),
            ("--refine-with", refine_with),
        ):
            if value is not None:
                raise UsageError(f"{option} goes with --auto.", "Leave it out, or add --auto.")
        return None
    if trimap is not None:
        raise UsageError(
            "Both a trimap and --auto are given.",
            "Leave out TRIMAP to have one found, or --auto to use yours.",
        )
    spec = named or resolve_model(DEFAULT_TRIMAP_FREE)
    if spec.needs_trimap:
        raise UsageError(
            f"{spec.name} needs a trimap; --auto is for models that need none.",
            f"Leave out --model, or refine with it: --auto --refine-with {spec.name}.",
        )
    second = resolve_model(refine_with) if refine_with else None
    if second and not second.needs_trimap:
        raise UsageError(
            f"--refine-with {second.name}: this model takes no trimap.",
            "Name one that does, such as indexnet.",
        )
    finish.check(second or spec)
    return Auto(spec, strategy or DEFAULT_STRATEGY, save_trimap, second, named is not None)


def matte_by_itself(
    source: str | BinaryIO,
    plan: Auto,
    weights: str | None,
    max_pixels: int,
    overwrite: bool,
    options: dict[str, Any],
    out: Output,
) -> tuple[Picture, NDArray[np.uint8], NDArray[np.float32], dict[str, Any]]:
    """Picture, trimap, alpha, and what there is to tell; writes the trimap if that is wanted.

    ``options`` are those of ``Matter``.
    """
    from indexnet_cli.imaging.opening import source_name
    from indexnet_cli.imaging.reading import read_image
    from indexnet_cli.imaging.writing import write_levels

    picture = read_image(source, max_pixels)
    finder = _load_finder(plan, weights, options, out)
    with out.progress("finding the trimap") as advance:
        finder.on_progress = advance
        found = finder.find(picture.pixels)
    trimap = _told_of_trimap(found.trimap, plan, out)
    warnings = [*picture.warnings, *_doubts(trimap)]
    for warning in warnings:
        out.warn(warning)
    height, width = found.trimap.shape
    told = {
        "image": {"file": source_name(source), "width": width, "height": height},
        "trimap": trimap,
        "warnings": warnings,
        **told_of(finder, out),
        "refined_with": None,
    }
    alpha = found.alpha
    del finder  # two networks need not be in memory at once
    if plan.refine_with is not None and trimap["unknown_share"] > 0:
        alpha, told["refined_with"] = _refine(picture.pixels, found.trimap, plan, options, out)
    if plan.trimap_file is not None:
        write_levels(found.trimap, plan.trimap_file, overwrite)
    return picture, found.trimap, alpha, told


def _load_finder(plan: Auto, weights: str | None, options: dict[str, Any], out: Output) -> Matter:
    from indexnet_cli.checkpoints.locating import find_checkpoint

    with heavy_imports():
        from indexnet_cli.engine.matter import Matter

    if plan.refine_with is not None:
        pull_if_missing(plan.refine_with.name, None, out)
        find_checkpoint(plan.refine_with.name)  # or else fail before the work, not after it
        options = {**options, **asdict(Finish())}  # what is asked for is the other's
    try:
        if plan.named or weights is not None:
            pull_if_missing(plan.model.name, weights, out)
        return Matter(plan.model.name, weights, strategy=plan.strategy, **options)
    except CheckpointError as error:
        hint = (
            f"{error.hint}\n  Without these weights, paint a trimap: indexnet matte IMAGE TRIMAP,\n"
            "  or give a rough mask with --mask MASK, or a box with --box X,Y,W,H"
        )
        raise CheckpointError(error.message, hint) from error


def _refine(
    pixels: NDArray[Any],
    trimap: NDArray[np.uint8],
    plan: Auto,
    options: dict[str, Any],
    out: Output,
) -> tuple[NDArray[np.float32], dict[str, Any]]:
    with heavy_imports():
        from indexnet_cli.engine.matter import Matter

    assert plan.refine_with is not None
    refiner = Matter(plan.refine_with.name, **options)
    with out.progress("matting") as advance:
        refiner.on_progress = advance
        alpha = refiner.matte(pixels, trimap)
    return alpha, told_of(refiner, out)


def _doubts(trimap: dict[str, Any]) -> list[str]:
    if trimap["background_share"] == 1:
        return ["Nothing was found, the matte is empty; a painted trimap may help."]
    if trimap["unknown_share"] == 1:
        return ["Nothing was found to be certain; the whole matte is a guess."]
    return []


def _told_of_trimap(trimap: NDArray[np.uint8], plan: Auto, out: Output) -> dict[str, Any]:
    from indexnet_cli.imaging.trimaps import snap_trimap

    _, summary = snap_trimap(trimap)
    out.note(
        f"found by {plan.model.name}: unknown {summary.unknown_share * 100:.1f} %, "
        f"foreground {summary.foreground_share * 100:.1f} %"
    )
    return {
        "file": str(plan.trimap_file) if plan.trimap_file else None,
        "found_by": plan.model.name,
        "strategy": plan.strategy,
        "unknown_share": summary.unknown_share,
        "foreground_share": summary.foreground_share,
        "background_share": summary.background_share,
    }
