"""A report to look at."""

from __future__ import annotations

from pathlib import Path

import pytest

from indexnet_cli.evaluation.layouts import read_truth, recognise
from indexnet_cli.evaluation.predictions import pair_folder
from indexnet_cli.evaluation.report.illustrating import Illustrator
from indexnet_cli.evaluation.report.page import report_page
from indexnet_cli.evaluation.results import Rules
from indexnet_cli.evaluation.running import evaluate
from tests.evaluation.sets import plain_set

IMAGES = 40


@pytest.fixture(scope="session")
def report(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Images whose errors grow with their number; a name that is HTML; one without a matte."""
    root = tmp_path_factory.mktemp("report")
    names = {f"pic-{number:02}": 0.1 + 0.05 * number for number in range(IMAGES)}
    folder, mattes = plain_set(root, {**names, "<b>&bold": 0.3}, height=90, width=120)
    (mattes / "pic-07.png").unlink()
    truth = read_truth(recognise(folder))
    illustrator = Illustrator(len(truth.entries), 1)
    sources = [pair_folder(mattes, truth)]
    evaluation = evaluate(truth, sources, Rules(regions=("unknown", "whole")), None, illustrator)
    path = root / "report.html"
    path.write_bytes(report_page(evaluation, illustrator))
    return path
