from __future__ import annotations

from pathlib import Path

import pytest
from PIL import Image

from tests.cli.running import invoke
from tests.datasets import scenes as make


def test_a_sheet_of_ones_own_pictures(tmp_path: Path) -> None:
    root = make.make_plain(tmp_path / "pets")
    arguments = ("samples", "--data-dir", root, "-o", tmp_path / "sheets", "--count", "4")
    result = invoke(*arguments, "--crop", "32")
    assert result.exit_code == 0, result.output
    with Image.open(tmp_path / "sheets/open.png") as sheet:
        # Four pictures a sample, two samples beside each other, with a margin.
        assert sheet.size == (2 * (4 * 32 + 8), 2 * (32 + 4))
    assert invoke(*arguments).exit_code == 2  # exists


def test_a_sheet_of_every_kind_of_the_pack(tmp_path: Path, pack_folder: Path) -> None:
    more = ("--kind", "blur", "--kind", "pack_fg", "--count", "1", "--crop", "64")
    result = invoke("samples", "--data-dir", pack_folder, "-o", tmp_path, *more)
    assert result.exit_code == 0, result.output
    assert {path.name for path in tmp_path.glob("*.png")} == {"blur.png", "pack_fg.png"}


@pytest.mark.parametrize("more", [("--kind", "fur"), ("--recipe", "no-such"), ()])
def test_wrong_usage(tmp_path: Path, more: tuple[str, ...]) -> None:
    root = make.make_plain(tmp_path / "pets")
    if not more:
        (root / "alpha/a0.png").unlink()
    result = invoke("samples", "--data-dir", root, "-o", tmp_path / "sheets", *more)
    assert result.exit_code == (2 if more else 3)
    assert not (tmp_path / "sheets").exists()
