"""What a run writes down for people: tables, curves for TensorBoard, pictures."""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from indexnet_cli.errors import OutputError, UsageError
from indexnet_cli.imaging.placing import make_folder, place_file
from indexnet_cli.imaging.writing import write_rgba
from indexnet_cli.training.validation.result import Rows

CURVE, VALIDATION = "curve.csv", "validation.csv"


class Logs:
    """``curve.csv``, ``validation.csv``, ``examples/`` and, on request, ``tensorboard/``.

    Rows of steps after ``step``, written before an interruption, are taken out. Raises UsageError
    where TensorBoard is asked for and not installed.
    """

    def __init__(self, folder: Path, step: int, tensorboard: bool = False) -> None:
        self.folder = folder
        for name in (CURVE, VALIDATION):
            _cut(folder / name, step)
        self._board = _open_board(folder / "tensorboard", step) if tensorboard else None

    def curve(self, step: int, values: Mapping[str, float], texts: Mapping[str, str]) -> None:
        """A row of the learning curve: ``values`` for TensorBoard, ``texts`` for the table."""
        _append(self.folder / CURVE, [{"step": step, **texts}])
        if self._board is not None:
            for name, value in values.items():
                self._board.add_scalar(f"train/{name}", value, step)

    def validation(self, step: int, columns: Sequence[str], rows: Rows) -> None:
        """One row for each kind, and their mean."""
        table = [
            {"step": step, "kind": kind}
            | {name: f"{value:.5f}" for name, value in zip(columns, values, strict=True)}
            for kind, values in rows.items()
        ]
        _append(self.folder / VALIDATION, table)
        if self._board is not None:
            for name, value in zip(columns, rows["mean"], strict=True):
                self._board.add_scalar(f"validation/{name}", value, step)

    def examples(self, step: int, sheet: NDArray[np.uint8]) -> None:
        """Pictures beside their mattes, HxWx3 uint8."""
        place = self.folder / "examples"
        make_folder(place)
        write_rgba(sheet, place / f"step-{step:08d}.png", overwrite=True)
        if self._board is not None:
            self._board.add_image("examples", sheet, step, dataformats="HWC")

    def close(self) -> None:
        """Write out what is buffered."""
        if self._board is not None:
            self._board.close()


def _open_board(folder: Path, step: int) -> Any:
    try:
        from torch.utils.tensorboard import SummaryWriter
    except ImportError as error:
        raise UsageError(
            "--tensorboard: TensorBoard is not installed.", "pip install 'indexnet[train]'"
        ) from error
    return SummaryWriter(str(folder), purge_step=step + 1)


def _append(path: Path, rows: Sequence[Mapping[str, object]]) -> None:
    """Add rows under the columns that the table has; the first row of a new one sets them."""
    columns = _columns(path) or list(rows[0])
    fresh = not path.exists()
    text = io.StringIO(newline="")
    writer = csv.DictWriter(text, columns, restval="", extrasaction="ignore")
    if fresh:
        writer.writeheader()
    writer.writerows(rows)
    try:
        with path.open("a", newline="") as file:
            file.write(text.getvalue())
    except OSError as error:
        raise OutputError(
            f"{path} cannot be written: {error.strerror or error}.",
            "Free some space; the same command then goes on from the last snapshot.",
        ) from error


def _columns(path: Path) -> list[str]:
    if not path.exists():
        return []
    with path.open(newline="") as file:
        return next(csv.reader(file), [])


def _cut(path: Path, step: int) -> None:
    """Leave the rows up to ``step``, without the half of a row that a full disk has left."""
    if not path.exists():
        return
    before = path.read_bytes()
    whole = before[: before.rfind(b"\n") + 1].decode("utf-8", "replace")
    if not whole:
        path.unlink()
        return
    header, *rows = csv.reader(io.StringIO(whole, newline=""))
    kept = [
        row
        for row in rows
        if len(row) == len(header) and row[0].isdecimal() and int(row[0]) <= step
    ]
    text = io.StringIO(newline="")
    csv.writer(text).writerows([header, *kept])
    after = text.getvalue().encode()
    if after != before:
        place_file(after, path, overwrite=True)
