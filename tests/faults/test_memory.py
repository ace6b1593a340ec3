"""An address space that is too small: a smaller share, or exit code 5, and never a crash."""

from __future__ import annotations

import resource
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from tests.cli.running import save_pair
from tests.faults.running import assert_told, contents, run, run_warm

pytestmark = pytest.mark.skipif(not Path("/proc/self").exists(), reason="Linux only")


@pytest.mark.parametrize("more", [200, 400])
def test_a_picture_that_does_not_fit(tmp_path: Path, more: int) -> None:
    image, trimap = save_pair(tmp_path, 2600, 2600)
    before = contents(tmp_path)
    limits = {resource.RLIMIT_AS: more << 20}
    out = tmp_path / "out.png"
    ran = run_warm(tmp_path / "said", "matte", image, trimap, "-o", out, limits=limits)
    left = {key: data for key, data in contents(tmp_path).items() if not key.startswith("said")}
    assert_told(ran, 5, "memory")
    assert left == before


@pytest.mark.parametrize("space", [150, 400])
def test_not_even_the_program_fits(tmp_path: Path, space: int) -> None:
    """Libraries that cannot be mapped, threads that cannot start."""
    image, trimap = save_pair(tmp_path)
    before = contents(tmp_path)
    arguments = ("matte", image, trimap, "-o", tmp_path / "o.png")
    ran = run(*arguments, limits={resource.RLIMIT_AS: space << 20})
    assert ran.code != 0
    assert contents(tmp_path) == before


def test_a_picture_larger_than_memory(tmp_path: Path) -> None:
    Image.fromarray(np.zeros((12_000, 12_000), np.uint8)).convert("1").save(tmp_path / "big.png")
    _, trimap = save_pair(tmp_path)
    limits = {resource.RLIMIT_AS: 200 << 20}
    arguments = ("matte", tmp_path / "big.png", trimap, "-o", tmp_path / "o.png")
    assert_told(run_warm(tmp_path / "said", *arguments, limits=limits), 5, "memory")


def test_one_picture_of_a_batch_that_does_not_fit(tmp_path: Path) -> None:
    """It is named with its reason; the others are matted."""
    (tmp_path / "in").mkdir()
    # Of another size, the last would need more kernels, for which there may be no room any more.
    for name, side in (("a", 40), ("big", 5000), ("c", 40)):
        image, trimap = save_pair(tmp_path, side, side)
        image.rename(tmp_path / "in" / f"{name}.jpg")
        trimap.rename(tmp_path / "in" / f"{name}_trimap.png")
    batch = ("batch", tmp_path / "in", "-o", tmp_path / "out")
    # Enough for the network and the large picture's files at once, and not for its matte.
    ran = run_warm(tmp_path / "said", *batch, limits={resource.RLIMIT_AS: 1000 << 20})
    assert ran.code == 1, ran.err
    assert "Traceback" not in ran.err
    (line,) = [line for line in ran.err.splitlines() if line.startswith("error:")]
    assert "big.jpg" in line
    assert "memory" in line
    assert {"a.png", "c.png"} <= set(contents(tmp_path / "out"))


@pytest.mark.parametrize("command", ["trimap", "composite", "eval"])
def test_the_other_commands(tmp_path: Path, command: str) -> None:
    Image.fromarray(np.zeros((16_000, 16_000), np.uint8)).convert("1").save(tmp_path / "big.png")
    big, out = tmp_path / "big.png", tmp_path / "o.png"
    arguments: tuple[str | Path, ...] = {
        "trimap": ("trimap", big, "-o", out),
        "composite": ("composite", big, big, "--background", "red", "-o", out),
        "eval": ("eval", tmp_path, "--alpha", tmp_path, "--region", "whole"),
    }[command]
    ran = run_warm(tmp_path / "said", *arguments, limits={resource.RLIMIT_AS: 150 << 20})
    assert_told(ran, 5, "memory")
    assert not out.exists()
