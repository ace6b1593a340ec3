"""Renders: their shapes, their order, the pack they come into; traced where Blender's module is."""

from __future__ import annotations

import csv
import shutil
import subprocess
import sys
from collections import Counter
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pytest

from indexnet_cli.datasets.mattes import KINDS, kinds_of
from indexnet_cli.datasets.pack import FOLDERS, RENDERED, Pack
from indexnet_cli.datasets.rendering.making import COUNTS, make_rendered_pack, name_of, order
from indexnet_cli.datasets.rendering.shapes import (
    Ellipsoid,
    ball_profile,
    closed,
    directions,
    revolve,
    smooth_profile,
)
from indexnet_cli.errors import InputError
from tests.cli.running import invoke

needs_blender = pytest.mark.skipif(find_spec("bpy") is None, reason="needs Blender's module bpy")


@pytest.fixture
def bare_pack(pack_folder: Path, tmp_path: Path) -> Path:
    """The pack of the tests without its renders."""
    bare = tmp_path / "bare"
    shutil.copytree(pack_folder, bare, ignore=shutil.ignore_patterns(RENDERED))
    lines = (bare / "manifest.csv").read_text().splitlines(keepends=True)
    (bare / "manifest.csv").write_text("".join(x for x in lines if not x.startswith(RENDERED)))
    return bare


def test_a_pack_may_have_no_renders(bare_pack: Path, pack: Pack) -> None:
    assert set(KINDS) - set(kinds_of(Pack(bare_pack))) == {"rendered"}
    assert kinds_of(pack) == list(KINDS)


def test_surfaces_of_revolution_are_closed() -> None:
    profile = closed(smooth_profile([(0.3, -1), (0.5, 0), (0.2, 1)]))
    points, faces = revolve(profile, 12)
    assert len(points) == 12 * len(profile)
    edges = Counter(
        frozenset(pair) for face in faces for pair in zip(face, face[1:] + face[:1], strict=True)
    )
    inside = sum(count == 2 for count in edges.values())
    assert len(edges) - inside == 2 * 12  # but for the two rings on the axis, which are points
    assert np.hypot(*points[:12, :2].T).max() < 1e-3
    radii = np.hypot(*points[:, :2].T)
    assert radii.max() == pytest.approx(0.5, abs=0.01)


def test_a_ball_is_round() -> None:
    points, _ = revolve(ball_profile(0.4))
    np.testing.assert_allclose(np.linalg.norm(points, axis=1), 0.4, atol=1e-3)


def test_hair_is_kept_off_the_body() -> None:
    rng = np.random.default_rng(0)
    body = Ellipsoid(np.array([0.5, 0.0, -1.0]), np.array([1.0, 2.0, 0.5]))
    outside = body.centre + 3 * directions(rng, 20)
    np.testing.assert_allclose(body.pushed_out(outside), outside)
    inside = body.centre + 0.4 * directions(rng, 20)
    pushed = (body.pushed_out(inside) - body.centre) / body.radii
    np.testing.assert_allclose(np.linalg.norm(pushed, axis=1), 1)


def test_help_says_how_many_there_are() -> None:
    assert f"as varied as all {sum(COUNTS.values())}." in " ".join(
        invoke("render", "--help").stdout.replace("│", " ").split()
    )


def test_the_first_are_as_varied_as_all() -> None:
    assert Counter(kind for kind, _ in order()) == COUNTS
    first = Counter(kind for kind, _ in order()[: len(order()) // 4])
    assert all(abs(first[kind] - count / 4) <= 1 for kind, count in COUNTS.items())


def put_renders(wanted: list[tuple[str, int]], pack: Path, made: Path) -> None:
    """Put a cut-out of the pack in the place of each of these renders, as if they were traced."""
    (made / RENDERED).mkdir(parents=True)
    cut_out = next((pack / "fg").iterdir())
    for render in wanted:
        shutil.copy(cut_out, made / name_of(*render))


def test_what_is_there_is_kept_and_listed(bare_pack: Path, tmp_path: Path) -> None:
    made = tmp_path / "made"
    put_renders(order()[:2], bare_pack, made)
    assert make_rendered_pack(bare_pack, made, count=2) == 2
    assert make_rendered_pack(bare_pack, made, count=2) == 2  # goes on with nothing to do
    with (made / "manifest.csv").open(newline="") as file:
        kinds = Counter(row["kind"] for row in csv.DictReader(file))
    assert kinds == {"fg": 30, "bg": 30, "alpha": 30, "rendered": 2}
    found, expected = Pack(made), Pack(bare_pack)
    assert found.has(RENDERED)
    for folder in FOLDERS:
        assert found.names(folder, "train") == expected.names(folder, "train")
    assert found.read(name_of(*order()[0])).shape == (72, 96, 4)


def test_the_first_can_be_left_out(bare_pack: Path, tmp_path: Path) -> None:
    made = tmp_path / "made"
    put_renders(order()[2:4], bare_pack, made)
    assert make_rendered_pack(bare_pack, made, count=2, skip=2) == 2  # traces neither
    assert make_rendered_pack(bare_pack, made, skip=len(order())) == 2


def test_a_packed_pack_is_no_source(bare_pack: Path, tmp_path: Path) -> None:
    assert invoke("samples", "--data-dir", bare_pack, "--pack", tmp_path / "p.zip").exit_code == 0
    with pytest.raises(InputError, match="no folder"):
        make_rendered_pack(tmp_path / "p.zip", tmp_path / "made", count=1)


@pytest.mark.skipif(find_spec("bpy") is not None, reason="Blender's module is installed")
def test_without_blender_it_says_what_to_install(bare_pack: Path, tmp_path: Path) -> None:
    result = invoke("render", "--data-dir", bare_pack, "-o", tmp_path / "made")
    assert result.exit_code == 2
    assert "indexnet[render]" in result.stderr


TRACE_ALL = """
import sys
from pathlib import Path
import numpy as np
from indexnet_cli.datasets.rendering.tracing import KINDS, trace
photographs = sorted(Path(sys.argv[1]).iterdir())
wanted = [*((kind, 0) for kind in KINDS), ("cloth", 4)]  # cloth 0 is on a pole, 4 fringed
for run in "12":
    traced = {f"{kind} {n}": trace(kind, n, photographs, side=96) for kind, n in wanted}
    np.savez(f"{sys.argv[2]}/{run}.npz", **traced)
"""


def run_python(*arguments: str | Path) -> None:
    """In a process of its own: Blender's module takes the place of ``__main__``."""
    subprocess.run([sys.executable, *map(str, arguments)], check=True, capture_output=True)


@needs_blender
@pytest.mark.slow
def test_every_kind_is_traced_to_a_cut_out(pack_folder: Path, tmp_path: Path) -> None:
    run_python("-c", TRACE_ALL, pack_folder / "bg", tmp_path)
    with np.load(tmp_path / "1.npz") as first, np.load(tmp_path / "2.npz") as second:
        assert {name.split()[0] for name in first} == COUNTS.keys()
        for name, picture in first.items():
            assert max(picture.shape[:2]) > 30
            alpha = picture[..., 3]
            assert ((alpha > 0) & (alpha < 255)).mean() > 0.01
            assert picture[alpha > alpha.max() / 2, :3].std() > 2  # lit
            np.testing.assert_array_equal(second[name], picture)


@needs_blender
@pytest.mark.slow
def test_the_command_adds_renders(bare_pack: Path, tmp_path: Path) -> None:
    given = ("--data-dir", bare_pack, "-o", tmp_path / "made", "--count", "1")
    run_python("-m", "indexnet_cli.cli.main", "render", *given)
    assert Pack(tmp_path / "made").read(name_of(*order()[0])).shape[2] == 4
