"""The pack: what is listed, how it is split, and what is said of wrong folders."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from indexnet_cli.datasets.pack import FOLDERS, Pack, split_of
from indexnet_cli.errors import InputError


def test_split_is_a_partition(pack: Pack) -> None:
    for folder in FOLDERS:
        train, validation = pack.names(folder, "train"), pack.names(folder, "validation")
        assert not set(train) & set(validation) or train == validation
        assert set(train) | set(validation) == set(pack_names(pack, folder))


def pack_names(pack: Pack, folder: str) -> list[str]:
    return [f"{folder}/{path.name}" for path in (pack.root / folder).iterdir()]


def test_about_eight_percent_are_for_validation() -> None:
    share = sum(split_of(f"bg/photo{i}.jpg") == "validation" for i in range(4000)) / 4000
    assert 0.06 < share < 0.10


def test_crops_of_one_picture_stay_together() -> None:
    for i in range(200):
        names = f"bg/p{i}.jpg", f"bg/p{i}_c2.jpg", f"fg/p{i}.webp"
        assert len({split_of(name) for name in names}) == 1


def test_shapes(pack: Pack) -> None:
    assert pack.read("fg/fg00.webp").shape == (72, 96, 4)
    assert pack.read("bg/bg00.png").shape == (72, 96, 3)
    assert pack.read("alpha/alpha00.png").shape == (80, 80)


def test_wrong_folder_names_what_is_missing(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no such folder or file"):
        Pack(tmp_path / "nowhere")
    (tmp_path / "fg").mkdir()
    with pytest.raises(InputError, match=r"bg/, alpha/, manifest\.csv"):
        Pack(tmp_path)


def test_listed_file_that_is_absent(pack_folder: Path, tmp_path: Path) -> None:
    copy = tmp_path / "copy"
    shutil.copytree(pack_folder, copy)
    (copy / "bg" / "bg03.png").unlink()
    with pytest.raises(InputError, match=r"bg/bg03\.png"):
        Pack(copy)


def test_damaged_picture(pack_folder: Path, tmp_path: Path) -> None:
    copy = tmp_path / "copy"
    shutil.copytree(pack_folder, copy)
    (copy / "bg" / "bg03.png").write_bytes(b"no picture")
    with pytest.raises(InputError, match="not a picture"):
        Pack(copy).read("bg/bg03.png")
