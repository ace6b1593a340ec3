"""A pack in one file: the same names, the same alphas, nearly the same colours."""

from __future__ import annotations

import pickle
from pathlib import Path

import numpy as np
import pytest

from indexnet_cli.datasets.open_compositions import OpenCompositions
from indexnet_cli.datasets.pack import FOLDERS, SPLITS, Pack
from indexnet_cli.datasets.pack_files import is_open_pack
from indexnet_cli.datasets.packing import write_pack_file
from indexnet_cli.errors import InputError, UsageError
from tests.cli.running import invoke


@pytest.fixture(scope="module")
def packed(pack_folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("packed") / "pack.zip"
    assert write_pack_file(pack_folder, path, quality=80) == path.stat().st_size
    return path


def test_is_the_pack(pack: Pack, pack_folder: Path, packed: Path) -> None:
    assert is_open_pack(packed)
    again = Pack(packed)
    for folder in FOLDERS:
        for split in SPLITS:
            assert again.names(folder, split) == pack.names(folder, split)
    for name in pack.names("alpha", "train"):
        np.testing.assert_array_equal(again.read(name), pack.read(name))
    for name in (*pack.names("fg", "train")[:5], *pack.names("bg", "train")[:5]):
        found, expected = again.read(name).astype(int), pack.read(name).astype(int)
        assert found.shape == expected.shape
        assert np.abs(found - expected)[..., :3].mean() < 6  # colours at half the resolution
        np.testing.assert_array_equal(found[..., 3:], expected[..., 3:])
    before = sum(path.stat().st_size for path in pack_folder.rglob("*.*"))
    assert packed.stat().st_size < 0.6 * before


def test_samples_come_from_it_in_every_process(pack: Pack, packed: Path) -> None:
    """Workers are started by pickling."""
    samples = pickle.loads(pickle.dumps(OpenCompositions(Pack(packed), 3, 64)))
    found, expected = samples[0], OpenCompositions(pack, 3, 64)[0]
    assert found.kind == expected.kind
    assert np.abs(found.image - expected.image).mean() < 0.05


def test_made_twice_it_is_the_same(pack_folder: Path, packed: Path, tmp_path: Path) -> None:
    write_pack_file(pack_folder, tmp_path / "again.zip", quality=80)
    assert (tmp_path / "again.zip").read_bytes() == packed.read_bytes()
    with pytest.raises(UsageError, match="exists"):
        write_pack_file(pack_folder, tmp_path / "again.zip")


def test_damage_is_told(packed: Path, tmp_path: Path) -> None:
    data = bytearray(packed.read_bytes())
    (tmp_path / "half.zip").write_bytes(data[: len(data) // 2])
    with pytest.raises(InputError, match="damaged"):
        Pack(tmp_path / "half.zip")
    place = data.index(b"fg/fg00.webp") + 60
    data[place] ^= 255
    (tmp_path / "bit.zip").write_bytes(data)
    with pytest.raises(InputError, match=r"fg/fg00\.webp"):
        Pack(tmp_path / "bit.zip").read("fg/fg00.webp")


def test_command(pack_folder: Path, packed: Path, tmp_path: Path) -> None:
    made = tmp_path / "pack.zip"
    arguments = ("samples", "--data-dir", str(pack_folder), "--pack", str(made))
    assert invoke(*arguments, "--quality", "80").exit_code == 0
    assert made.read_bytes() == packed.read_bytes()
    assert invoke(*arguments, "-o", str(tmp_path)).exit_code == 2
    sheet = ("samples", "--data-dir", str(made), "--kind", "pack_fg", "--count", "1")
    assert invoke(*sheet, "--crop", "64", "-o", str(tmp_path)).exit_code == 0
    assert (tmp_path / "pack_fg.png").is_file()
