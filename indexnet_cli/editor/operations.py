"""What can be done to a trimap, as the page sends it and the journal keeps it."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from indexnet_cli.errors import UsageError
from indexnet_cli.imaging.trimaps import BACKGROUND, FOREGROUND, UNKNOWN

LEVELS = {"background": BACKGROUND, "unknown": UNKNOWN, "foreground": FOREGROUND}
MOST_POINTS = 4096
LARGEST_RADIUS, FARTHEST = 4096.0, 1e6
LONGEST_NAME = 64


@dataclass(frozen=True)
class Operation:
    """Something done once: ``name`` and ``part`` tell a repetition from a new one.

    Parts of one name (a long stroke is sent in several) are undone together.
    """

    name: str
    part: int


@dataclass(frozen=True)
class Paint(Operation):
    """A brush of ``radius`` pixels drawn along ``points`` (x, y; pixel centres lie at .5)."""

    level: str
    radius: float
    points: tuple[tuple[float, float], ...]


@dataclass(frozen=True)
class Fill(Operation):
    """The connected area of one class around a pixel becomes another class."""

    level: str
    x: int
    y: int


@dataclass(frozen=True)
class Replace(Operation):
    """The whole trimap becomes the one that is kept under the name ``digest``."""

    digest: str


@dataclass(frozen=True)
class Undo(Operation):
    """Take the last step back."""


@dataclass(frozen=True)
class Redo(Operation):
    """Do the step again that was last taken back."""


KINDS: dict[str, type[Operation]] = {
    "paint": Paint,
    "fill": Fill,
    "replace": Replace,
    "undo": Undo,
    "redo": Redo,
}
_NAMES = {kind: name for name, kind in KINDS.items()}


def to_record(operation: Operation) -> dict[str, Any]:
    """As JSON; ``parse_operation`` reads it."""
    return {"do": _NAMES[type(operation)], **asdict(operation)}


def parse_operation(record: Any) -> Operation:
    """An operation from JSON of unknown origin. Raises UsageError for anything else."""
    kind = record.get("do") if isinstance(record, Mapping) else None
    if not isinstance(kind, str) or kind not in KINDS:
        raise UsageError("This is no operation of the editor.")
    name, part = record.get("name"), record.get("part")
    if not isinstance(name, str) or not 0 < len(name) <= LONGEST_NAME:
        raise UsageError("An operation needs a name.")
    if type(part) is not int or part < 0:
        raise UsageError("The part of an operation is a number from 0.")
    if kind == "paint":
        radius = _number(record.get("radius"), LARGEST_RADIUS)
        if radius <= 0:
            raise UsageError("A brush has a radius above 0.")
        return Paint(name, part, _level(record), radius, _points(record.get("points")))
    if kind == "fill":
        x, y = (int(_number(record.get(axis), FARTHEST)) for axis in "xy")
        return Fill(name, part, _level(record), x, y)
    if kind == "replace":
        digest = record.get("digest")
        if not isinstance(digest, str) or len(digest) != 64 or not digest.isalnum():
            raise UsageError("A trimap is named by its SHA-256.")
        return Replace(name, part, digest)
    return KINDS[kind](name, part)


def _level(record: Mapping[str, Any]) -> str:
    level = record.get("level")
    if not isinstance(level, str) or level not in LEVELS:
        raise UsageError(f"A brush paints {', '.join(LEVELS)}.")
    return level


def _points(given: Any) -> tuple[tuple[float, float], ...]:
    if not isinstance(given, (list, tuple)) or not 0 < len(given) <= MOST_POINTS:
        raise UsageError(f"A stroke has 1 to {MOST_POINTS} points.")
    points = []
    for point in given:
        if not isinstance(point, (list, tuple)) or len(point) != 2:
            raise UsageError("A point is x and y.")
        points.append((_number(point[0], FARTHEST), _number(point[1], FARTHEST)))
    return tuple(points)


def _number(value: Any, most: float) -> float:
    # The size first: an integer may be too long for isfinite.
    if type(value) not in (int, float) or abs(value) > most or not math.isfinite(value):
        raise UsageError("A number is missing, or out of range.")
    return float(value)
