from __future__ import annotations

import numpy as np
import pytest

from indexnet_cli.editor.drawing import fill, paint, stroke_region
from indexnet_cli.editor.operations import Fill, Paint, parse_operation, to_record
from indexnet_cli.errors import UsageError


def stroke(*points, radius=3.0, level="unknown"):
    return Paint("s", 0, level, radius, points)


def test_a_dot_is_a_disc():
    trimap = np.zeros((30, 40), np.uint8)
    paint(trimap, stroke((20.5, 15.5), radius=6, level="foreground"))
    rows, columns = np.mgrid[:30, :40]
    assert np.array_equal(trimap == 255, np.hypot(rows - 15, columns - 20) <= 6)


def test_a_line_reaches_its_radius_and_no_farther():
    trimap = np.zeros((40, 60), np.uint8)
    line = stroke((10.0, 10.0), (50.0, 30.0), radius=4)
    paint(trimap, line)
    steps = np.linspace(0, 1, 4001)[:, None, None]
    rows, columns = np.mgrid[:40, :60] + 0.5
    distance = np.hypot(columns - (10 + 40 * steps), rows - (10 + 20 * steps)).min(axis=0)
    assert (trimap[distance < 3.99] == 128).all()
    assert (trimap[distance > 4.01] == 0).all()
    outside = np.ones_like(trimap, bool)
    outside[stroke_region(line, 40, 60).slices] = False
    assert not trimap[outside].any()


def test_strokes_across_and_beyond_the_border():
    trimap = np.zeros((20, 20), np.uint8)
    paint(trimap, stroke((-5.0, 10.0), (25.0, 10.0), radius=2))
    assert (trimap[10] == 128).all()
    before = trimap.copy()
    paint(trimap, stroke((-50.0, -50.0), radius=5))
    assert np.array_equal(trimap, before)
    assert stroke_region(stroke((-50.0, -50.0)), 20, 20).size == (0, 0)


def test_fill_stays_within_its_class():
    trimap = np.zeros((20, 20), np.uint8)
    trimap[5:15, 5:15] = 128
    trimap[7:13, 7:13] = 0
    region = fill(trimap, Fill("f", 0, "foreground", 9, 9))
    assert (trimap[7:13, 7:13] == 255).all()
    assert (trimap == 255).sum() == 36
    assert (region.top, region.bottom, region.left, region.right) == (7, 13, 7, 13)
    assert fill(trimap, Fill("g", 0, "foreground", 99, 9)).size == (0, 0)


def test_operations_go_through_json():
    given = {"do": "paint", "name": "a", "part": 1, "level": "unknown", "radius": 2.5,
             "points": [[1, 2.0625], [3, 4]]}  # fmt: skip
    operation = parse_operation(given)
    assert operation == Paint("a", 1, "unknown", 2.5, ((1.0, 2.0625), (3.0, 4.0)))
    assert parse_operation(to_record(operation)) == operation


GOOD = {"do": "paint", "name": "a", "part": 0, "level": "unknown", "radius": 2, "points": [[1, 2]]}


@pytest.mark.parametrize(
    "change",
    [
        {"do": "format"},
        {"name": ""},
        {"name": "x" * 65},
        {"part": -1},
        {"part": True},
        {"level": "grey"},
        {"radius": 0},
        {"radius": float("nan")},
        {"radius": 1e9},
        {"points": []},
        {"points": [[1, 2]] * 4097},
        {"points": [[1, float("inf")]]},
        {"points": [[1, "2"]]},
        {"points": [[1, 2, 3]]},
        {"do": "fill", "x": None, "y": 2},
        {"do": "replace", "digest": "../../etc/passwd"},
    ],
)
def test_what_is_no_operation_is_refused(change):
    parse_operation(GOOD)
    with pytest.raises(UsageError):
        parse_operation({**GOOD, **change})


@pytest.mark.parametrize("given", [None, [], "undo", {"name": "a"}])
def test_other_json_is_refused(given):
    with pytest.raises(UsageError):
        parse_operation(given)
