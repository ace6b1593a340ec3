from __future__ import annotations

import errno
import io
import os
import stat
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from indexnet_cli.errors import OutputError, UsageError
from indexnet_cli.imaging import placing
from indexnet_cli.imaging.reading import read_alpha, read_image
from indexnet_cli.imaging.writing import check_destination, write_alpha, write_rgba
from tests.imaging.pictures import noise

ALPHA = noise(6, 9, dtype=np.uint16) / np.float32(65535)


@pytest.mark.parametrize("suffix", [".png", ".TIF", ".tiff", ".webp", ".bmp", ".jpg"])
def test_8_bits_are_rounded_to_nearest(tmp_path: Path, suffix: str) -> None:
    path = tmp_path / f"mätte{suffix}"
    smooth = np.linspace(0, 1, 32 * 32, dtype=np.float32).reshape(32, 32)
    write_alpha(smooth, path)
    tolerance = 3.0 if suffix == ".jpg" else 0.5
    assert np.abs(read_alpha(path) - smooth).max() * 255 <= tolerance + 1e-3
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.parametrize("suffix", [".png", ".tif"])
def test_16_bits_round_trip(tmp_path: Path, suffix: str) -> None:
    levels = np.arange(65536, dtype=np.uint16).reshape(256, 256)
    path = tmp_path / f"a{suffix}"
    write_alpha(levels.astype(np.float32) / np.float32(65535), path, bits=16)
    np.testing.assert_array_equal(np.asarray(Image.open(path)), levels)
    np.testing.assert_array_equal(read_alpha(path), levels / np.float32(65535))


@settings(max_examples=30, deadline=None)
@given(st.floats(0, 1, width=32), st.sampled_from([8, 16]))
def test_any_value_comes_back_within_half_a_level(value: float, bits: int) -> None:
    file = io.BytesIO()
    write_alpha(np.full((1, 2), value, np.float32), file, bits=bits)
    file.seek(0)
    assert abs(float(read_alpha(file)[0, 0]) - value) <= 0.5 / (2**bits - 1) + 1e-7


def test_values_beyond_the_range(tmp_path: Path) -> None:
    write_alpha(np.array([[-1.0, 2.0, np.nan, np.inf]]), tmp_path / "a.png")
    assert np.asarray(Image.open(tmp_path / "a.png")).tolist() == [[0, 255, 0, 255]]


def test_stream_gets_png() -> None:
    file = io.BytesIO()
    write_alpha(ALPHA, file)
    assert file.getvalue().startswith(b"\x89PNG")


def test_rgba_round_trip(tmp_path: Path) -> None:
    pixels = noise(5, 7, 4)
    for suffix in (".png", ".tif", ".webp"):
        write_rgba(pixels, tmp_path / f"a{suffix}")
        picture = read_image(tmp_path / f"a{suffix}")
        np.testing.assert_array_equal(np.dstack([picture.pixels, picture.alpha]), pixels)
    for suffix in (".jpg", ".bmp"):
        with pytest.raises(UsageError, match="transparency"):
            write_rgba(pixels, tmp_path / f"a{suffix}")
    write_rgba(pixels[..., :3], tmp_path / "a.bmp")
    np.testing.assert_array_equal(read_image(tmp_path / "a.bmp").pixels, pixels[..., :3])


@pytest.mark.parametrize("name", ["a.jpg", "a.webp", "a.bmp"])
def test_16_bits_need_png_or_tiff(tmp_path: Path, name: str) -> None:
    with pytest.raises(UsageError, match="8 bits, not 16"):
        check_destination(tmp_path / name, bits=16)
    with pytest.raises(UsageError):
        write_alpha(ALPHA, tmp_path / name, bits=16)
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("name", ["a", "a.gif", "a.txt"])
def test_unknown_suffix(tmp_path: Path, name: str) -> None:
    with pytest.raises(UsageError, match="suffix"):
        check_destination(tmp_path / name)


def test_existing_file_needs_overwrite(tmp_path: Path) -> None:
    path = tmp_path / "a.png"
    path.write_bytes(b"precious")
    for call in (lambda: check_destination(path), lambda: write_alpha(ALPHA, path)):
        with pytest.raises(UsageError) as caught:
            call()
        assert "a.png exists" in caught.value.message
        assert "--overwrite" in caught.value.hint
    assert path.read_bytes() == b"precious"
    write_alpha(ALPHA, path, overwrite=True)
    assert read_alpha(path).shape == ALPHA.shape


def test_file_that_appears_meanwhile_is_kept(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "a.png"
    write = placing._write_synced

    def write_and_be_overtaken(data: bytes, temporary: Path) -> None:
        write(data, temporary)
        path.write_bytes(b"precious")

    monkeypatch.setattr(placing, "_write_synced", write_and_be_overtaken)
    with pytest.raises(UsageError):
        write_alpha(ALPHA, path)
    assert path.read_bytes() == b"precious"
    assert list(tmp_path.iterdir()) == [path]


def test_file_system_without_hard_links(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> None:
        raise OSError(errno.EPERM, "Operation not permitted")

    monkeypatch.setattr(os, "link", refuse)
    write_alpha(ALPHA, tmp_path / "a.png")
    with pytest.raises(UsageError):
        write_alpha(ALPHA, tmp_path / "a.png")
    assert [path.name for path in tmp_path.iterdir()] == ["a.png"]


def test_missing_folder_and_folder_itself(tmp_path: Path) -> None:
    with pytest.raises(OutputError, match="does not exist") as caught:
        write_alpha(ALPHA, tmp_path / "no" / "a.png")
    assert caught.value.exit_code == 3
    (tmp_path / "b.png").mkdir()
    with pytest.raises(UsageError, match="is a folder"):
        check_destination(tmp_path / "b.png")
    (tmp_path / "file").touch()
    with pytest.raises(OutputError, match="does not exist"):
        check_destination(tmp_path / "file" / "a.png")


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="root may write all")
def test_unwritable_folder(tmp_path: Path) -> None:
    tmp_path.chmod(0o500)
    with pytest.raises(OutputError, match="permission"):
        check_destination(tmp_path / "a.png")
    tmp_path.chmod(0o700)


@pytest.mark.parametrize(
    ("code", "words"),
    [(errno.ENOSPC, "disk is full"), (errno.EROFS, "no permission"), (errno.EIO, "cannot be")],
)
@pytest.mark.parametrize("overwrite", [False, True])
def test_failure_leaves_nothing_behind(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, code: int, words: str, overwrite: bool
) -> None:
    path = tmp_path / "a.png"
    if overwrite:
        path.write_bytes(b"precious")

    def fail(_: int) -> None:
        raise OSError(code, os.strerror(code))

    monkeypatch.setattr(os, "fsync", fail)
    with pytest.raises(OutputError, match=words) as caught:
        write_alpha(ALPHA, path, overwrite=overwrite)
    assert "a.png" in caught.value.message
    assert caught.value.hint
    assert [p.read_bytes() for p in tmp_path.iterdir()] == [b"precious"] * overwrite


@pytest.mark.parametrize("where", ["fsync", "link", "open"])
def test_interruption_leaves_nothing_behind(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, where: str
) -> None:
    real = getattr(os, where)

    def interrupt(*arguments: object) -> None:
        if where == "open":
            real(*arguments)
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(os, where, interrupt)
        with pytest.raises(KeyboardInterrupt):
            write_alpha(ALPHA, tmp_path / "a.png")
    assert not list(tmp_path.iterdir())


def test_links_are_followed_and_modes_are_usual(tmp_path: Path) -> None:
    target, link = tmp_path / "target.png", tmp_path / "link.png"
    target.touch()
    link.symlink_to(target)
    with pytest.raises(UsageError):
        write_alpha(ALPHA, link)
    write_alpha(ALPHA, link, overwrite=True)
    assert link.is_symlink()
    assert read_alpha(target).shape == ALPHA.shape
    (tmp_path / "plain").touch()
    assert stat.S_IMODE(target.stat().st_mode) == stat.S_IMODE((tmp_path / "plain").stat().st_mode)


def test_picture_too_large_for_its_format(tmp_path: Path) -> None:
    with pytest.raises(OutputError, match="WEBP cannot hold"):
        write_alpha(np.zeros((1, 20_000), np.float32), tmp_path / "a.webp")
    assert not list(tmp_path.iterdir())


def test_closed_pipe_is_left_to_the_caller() -> None:
    class Closed(io.BytesIO):
        def write(self, _: object) -> int:
            raise BrokenPipeError

    with pytest.raises(BrokenPipeError):
        write_alpha(ALPHA, Closed())
