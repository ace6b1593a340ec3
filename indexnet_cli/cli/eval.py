"""``indexnet eval``: mattes against their ground truth."""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from indexnet_cli.cli.failures import reports_failures
from indexnet_cli.cli.heavy_imports import heavy_imports
from indexnet_cli.cli.options import (
    DeviceOption,
    JsonOption,
    OverwriteOption,
    PrecisionOption,
    QuietOption,
    VerboseOption,
    WeightsOption,
)
from indexnet_cli.cli.output import Output, printable, say_error
from indexnet_cli.cli.weights.pulling import pull_if_missing
from indexnet_cli.errors import UsageError
from indexnet_cli.models.registry import resolve_model

if TYPE_CHECKING:
    from indexnet_cli.evaluation.layouts import TruthSet
    from indexnet_cli.evaluation.predictions import Predictions
    from indexnet_cli.evaluation.report.illustrating import Illustrator
    from indexnet_cli.evaluation.results import Evaluation, Rules

SOME_FAILED = 1
ERRORS = Literal["sad", "mse", "mad", "grad", "conn"]


@reports_failures
def evaluate(
    predictions: Annotated[
        list[Path] | None,
        typer.Argument(
            metavar="PREDICTIONS",
            help="Folder of mattes named as their images; several are compared with the first.",
            show_default=False,
        ),
    ] = None,
    data_dir: Annotated[
        Path | None,
        typer.Option(
            "--data-dir",
            metavar="DIR",
            help="Ground truth: Composition-1k, AIM-500, alphamatting.com, "
            "or alpha/, trimap/ and image/.",
        ),
    ] = None,
    alpha: Annotated[
        Path | None, typer.Option("--alpha", metavar="DIR", help="Folder of true alphas.")
    ] = None,
    trimap: Annotated[
        Path | None, typer.Option("--trimap", metavar="DIR", help="Folder of trimaps.")
    ] = None,
    image: Annotated[
        Path | None,
        typer.Option("--image", metavar="DIR", help="Folder of images, for --model and --report."),
    ] = None,
    model: Annotated[
        str | None,
        typer.Option("--model", metavar="NAME", help="Matte the images with this model and score."),
    ] = None,
    weights: WeightsOption = None,
    device: DeviceOption = "auto",
    precision: PrecisionOption = "auto",
    flavour: Annotated[
        Literal["matlab", "python", "openmmlab", "aim"],
        typer.Option("--flavour", help="Whose rules: matlab is that of the published tables."),
    ] = "matlab",
    region: Annotated[
        Literal["unknown", "whole", "both"] | None,
        typer.Option(
            "--region",
            help="Pixels that count. Default: unknown; for the flavour aim, both.",
            show_default=False,
        ),
    ] = None,
    paste: Annotated[
        bool,
        typer.Option("--paste", help="Put the trimap's known pixels into the mattes first."),
    ] = False,
    sort: Annotated[ERRORS, typer.Option("--sort", help="Error that orders the images.")] = "sad",
    csv: Annotated[
        Path | None, typer.Option("--csv", metavar="FILE", help="Write the scores as CSV.")
    ] = None,
    report: Annotated[
        Path | None,
        typer.Option(
            "--report", metavar="FILE", help="Write a page with plots and all pictures (HTML)."
        ),
    ] = None,
    overwrite: OverwriteOption = False,
    json: JsonOption = False,
    quiet: QuietOption = False,
    verbose: VerboseOption = False,
) -> None:
    """Score mattes: SAD, MSE, MAD, gradient and connectivity errors, per image and on average.

    SAD, Grad and Conn are in thousands, as in published tables. Files that are missing, extra or of
    another size are listed and make the exit code 1.

    Examples:

      indexnet eval mattes --data-dir Composition-1k

      indexnet eval --model indexnet.open --data-dir AIM-500 --report report.html

      indexnet eval ours theirs --alpha truth --trimap trimaps --csv scores.csv

      torchrun --nproc-per-node 4 -m indexnet_cli eval --model indexnet --data-dir Composition-1k
    """
    out = Output(quiet=quiet, verbose=verbose, json=json)
    if not predictions and model is None:
        raise UsageError(
            "There is nothing to score.", "Name folders of mattes, or a model with --model."
        )
    if report is not None and int(os.environ.get("WORLD_SIZE", "1")) > 1:
        raise UsageError(
            "--report shows all pictures, which one process has to see.",
            "Leave it out, or run without torchrun.",
        )
    _check_outputs([csv, report], overwrite)
    rules = _rules(flavour, region, paste)
    truth = _read_truth(data_dir, alpha, trimap, image, rules)
    if "WORLD_SIZE" in os.environ and report is None:
        shared = _score_share(truth, predictions, model, weights, device, precision, rules, out)
        if shared is None:
            return  # another process tells of all
        evaluation, illustrator = shared, None
    else:
        from indexnet_cli.evaluation.running import evaluate as run

        sources = _sources(predictions or [], truth, model, weights, device, precision, out)
        illustrator = _illustrator(truth, sources) if report is not None else None
        with out.progress("scoring") as advance:
            evaluation = run(truth, sources, rules, advance, illustrator)
    _tell(evaluation, sort, out)
    if csv is not None:
        _write_csv(evaluation, csv, overwrite)
    if report is not None and illustrator is not None:
        _write_report(evaluation, illustrator, report, overwrite, out)
    if evaluation.problems:
        raise typer.Exit(SOME_FAILED)


def _score_share(
    truth: TruthSet,
    predictions: list[Path] | None,
    model: str | None,
    weights: str | None,
    device: str,
    precision: str,
    rules: Rules,
    out: Output,
) -> Evaluation | None:
    """This process's share under torchrun; the whole evaluation in the first process."""
    import torch

    from indexnet_cli.engine.ranks import joined, local_device
    from indexnet_cli.evaluation.sharing import evaluate_together

    with joined(torch.device("cpu")) as ranks:  # only scores are exchanged
        place = local_device(device)
        sources = _sources(predictions or [], truth, model, weights, place, precision, out)
        with out.progress("scoring") as advance:
            return evaluate_together(truth, sources, rules, ranks, advance)


def _check_outputs(paths: list[Path | None], overwrite: bool) -> None:
    from indexnet_cli.imaging.placing import check_place

    for path in paths:
        if path is not None:
            check_place(path, overwrite)


def _rules(
    flavour: Literal["matlab", "python", "openmmlab", "aim"],
    region: Literal["unknown", "whole", "both"] | None,
    paste: bool,
) -> Rules:
    from indexnet_cli.evaluation.results import Rules

    # AIM-500's table has errors of the whole image, and SAD of the transition area.
    region = region or ("both" if flavour == "aim" else "unknown")
    if region != "both":
        return Rules(flavour, (region,), paste)
    return Rules(flavour, ("whole", "unknown") if flavour == "aim" else ("unknown", "whole"), paste)


def _read_truth(
    data_dir: Path | None,
    alpha: Path | None,
    trimap: Path | None,
    image: Path | None,
    rules: Rules,
) -> TruthSet:
    from indexnet_cli.evaluation.layouts import Folders, read_truth, recognise

    if data_dir is not None:
        folders = recognise(data_dir)
        folders = replace(
            folders,
            alpha=alpha or folders.alpha,
            trimap=trimap or folders.trimap,
            image=image or folders.image,
        )
    elif alpha is not None:
        folders = Folders("plain", alpha, trimap, image)
    else:
        raise UsageError(
            "The ground truth is not named.", "Give --data-dir DIR, or --alpha DIR --trimap DIR."
        )
    if folders.trimap is None and ("unknown" in rules.regions or rules.paste):
        raise UsageError(
            f"{data_dir or alpha}: there are no trimaps to say which pixels are unknown.",
            "Give --trimap DIR, or count all pixels with --region whole.",
        )
    return read_truth(folders)


def _sources(
    folders: list[Path],
    truth: TruthSet,
    model: str | None,
    weights: str | None,
    device: str,
    precision: str,
    out: Output,
) -> list[Predictions]:
    from indexnet_cli.evaluation.predictions import ModelPredictions, pair_folder

    sources: list[Predictions] = []
    if model is not None:
        if truth.folders.image is None:
            raise UsageError("The set has no images to matte.", "Name their folder with --image.")
        with heavy_imports():
            from indexnet_cli.engine.matter import Matter

        name = resolve_model(model).name
        pull_if_missing(name, weights, out)
        matter = Matter(name, weights, device=device, precision=precision)
        sources.append(ModelPredictions(matter.report.model, matter))
    repeated = len({folder.name for folder in folders}) < len(folders)
    for folder in folders:
        sources.append(pair_folder(folder, truth, str(folder) if repeated else None))
    labels = [source.label for source in sources]
    if len(set(labels)) < len(labels):
        raise UsageError(f"{max(labels, key=labels.count)} is named twice.", "Name it once.")
    return sources


def _tell(evaluation: Evaluation, sort: ERRORS, out: Output) -> None:
    from indexnet_cli.evaluation.documents import to_document
    from indexnet_cli.evaluation.tables import tables

    out.detail(f"set: {evaluation.truth.layout}, {len(evaluation.truth.entries)} images")
    for source in evaluation.sources:
        for image in source.images:
            for warning in image.warnings:
                out.warn(warning)
    if out.json:
        out.document(to_document(evaluation))
    else:
        for table in tables(evaluation, sort):
            out.text(f"{printable(table.title)}\n")
            out.table(table.head, table.rows)
            out.text("")
        out.text(evaluation.rules.describe())
    if evaluation.problems:
        lines = [problem.describe() for problem in evaluation.problems]
        files = "1 file" if len(lines) == 1 else f"{len(lines)} files"
        say_error(f"{files} could not be scored", "\n  ".join(lines))


def _illustrator(truth: TruthSet, sources: list[Predictions]) -> Illustrator:
    from indexnet_cli.evaluation.report.illustrating import Illustrator

    return Illustrator(len(truth.entries), len(sources))


def _write_report(
    evaluation: Evaluation, illustrator: Illustrator, path: Path, overwrite: bool, out: Output
) -> None:
    from indexnet_cli.evaluation.report.page import report_page
    from indexnet_cli.imaging.placing import place_file

    for warning in illustrator.warnings:
        out.warn(warning)
    page = report_page(evaluation, illustrator)
    place_file(page, path, overwrite)
    out.note(f"{path}: {len(page) / 1e6:.1f} MB")


def _write_csv(evaluation: Evaluation, path: Path, overwrite: bool) -> None:
    from indexnet_cli.evaluation.documents import to_csv
    from indexnet_cli.imaging.placing import place_file

    place_file(to_csv(evaluation).encode("utf-8", "surrogateescape"), path, overwrite)
