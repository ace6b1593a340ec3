"""Decoded pictures are kept on disk, and decoded anew when the file changes."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import pytest
from scipy.ndimage import distance_transform_edt

from indexnet_cli.datasets.decoded import DecodedStore, distance_to_fractional
from indexnet_cli.errors import OutputError
from tests.datasets.scenes import colours, disc, write


def test_mapped_and_shared(tmp_path: Path) -> None:
    path = write(tmp_path / "a.png", colours(1))
    first, second = DecodedStore(tmp_path / "store"), DecodedStore(tmp_path / "store")
    pixels = first.colours(path)
    assert isinstance(pixels, np.memmap)
    np.testing.assert_array_equal(pixels, colours(1)[..., ::-1])  # cv2 wrote BGR
    path.chmod(0o000)  # the second does not read the picture again
    np.testing.assert_array_equal(second.colours(path), pixels)


def test_a_replaced_file_is_decoded_anew(tmp_path: Path) -> None:
    path = write(tmp_path / "a.png", colours(1))
    DecodedStore(tmp_path / "store").colours(path)
    write(path, colours(2))
    os.utime(path, ns=(1, 1))
    pixels = DecodedStore(tmp_path / "store").colours(path)
    np.testing.assert_array_equal(pixels, colours(2)[..., ::-1])


def test_without_room_pictures_are_decoded_each_time(tmp_path: Path) -> None:
    path = write(tmp_path / "a.png", colours(1))
    store = DecodedStore(tmp_path / "store", most_bytes=1000)
    assert not isinstance(store.colours(path), np.memmap)
    assert not list((tmp_path / "store").iterdir())


def test_what_was_not_used_for_longest_goes_first(tmp_path: Path) -> None:
    store = DecodedStore(tmp_path / "store")
    paths = [write(tmp_path / f"{n}.png", colours(n)) for n in range(3)]
    entries = []
    for age, path in zip((1, 3, 2), paths, strict=True):
        before = set(store.folder.iterdir())
        size = store.colours(path).nbytes
        (entry,) = set(store.folder.iterdir()) - before
        os.utime(entry, (10**9 - age, 10**9 - age))
        entries.append(entry)
    DecodedStore(tmp_path / "store", most_bytes=int(2.5 * size))
    assert [entry.exists() for entry in entries] == [True, False, True]


def test_a_folder_that_cannot_be_made(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(OutputError, match="INDEXNET_HOME"):
        DecodedStore(tmp_path / "file/store")


def test_an_entry_that_another_process_removed(tmp_path: Path) -> None:
    path = write(tmp_path / "a.png", colours(1))
    store, other = DecodedStore(tmp_path / "store"), DecodedStore(tmp_path / "store")
    pixels = np.array(store.colours(path))
    for entry in store.folder.iterdir():
        entry.unlink()
    np.testing.assert_array_equal(other.colours(path), pixels)


@pytest.mark.parametrize("distance", [1, 2, 5, 12, 19])
def test_reach_is_scipys_distance(distance: int) -> None:
    alpha = disc(120, 90)
    alpha[100:110, 3] = 7
    away = distance_transform_edt(~((alpha > 0) & (alpha < 255)))
    np.testing.assert_array_equal(distance_to_fractional(alpha) <= distance, away <= distance)


def test_a_mask_has_no_fractional_pixel() -> None:
    assert (distance_to_fractional(np.full((4, 5), 255, np.uint8)) == 255).all()
