from __future__ import annotations

import io
import os
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from indexnet_cli.errors import InputError
from indexnet_cli.imaging.reading import read_image, read_trimap
from tests.imaging.pictures import deep_png, encode, noise, png_header

RGB = noise(40, 50, 3)
FILES = {
    "PNG": encode(RGB),
    "JPEG": encode(RGB, "JPEG"),
    "progressive JPEG": encode(RGB, "JPEG", progressive=True),
    "WEBP": encode(RGB, "WEBP"),
    "TIFF": encode(RGB, "TIFF"),
    "deflated TIFF": encode(RGB, "TIFF", compression="tiff_adobe_deflate"),
    "BMP": encode(RGB, "BMP"),
    "PPM": encode(RGB, "PPM"),
    "deep PNG": deep_png(noise(40, 50, 3, dtype=np.uint16)),
}


def refused(source: object, **options: int) -> InputError:
    with pytest.raises(InputError) as caught:
        read_image(source, **options)  # type: ignore[arg-type]
    assert caught.value.exit_code == 3
    assert "\n" not in caught.value.message
    return caught.value


def test_missing(tmp_path: Path) -> None:
    error = refused(tmp_path / "löwe.png")
    assert "löwe.png does not exist" in error.message
    assert error.hint


def test_folder(tmp_path: Path) -> None:
    error = refused(tmp_path)
    assert "is a folder" in error.message
    assert "one picture" in error.hint


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="root may read all")
def test_no_permission(tmp_path: Path) -> None:
    path = tmp_path / "a.png"
    path.write_bytes(encode(RGB))
    path.chmod(0)
    assert "permission" in refused(path).message


def test_no_permission_as_told_by_the_system(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def deny(*_: object) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "open", deny)
    assert "permission" in refused(tmp_path / "a.png").message


def test_names_no_system_takes() -> None:
    assert refused("a" * 5000 + ".png").exit_code == 3
    assert refused("a\0b.png").exit_code == 3


def test_empty(tmp_path: Path) -> None:
    (tmp_path / "a.png").touch()
    assert "a.png is empty" in refused(tmp_path / "a.png").message
    assert "empty" in refused(io.BytesIO()).message


@pytest.mark.parametrize(
    ("start", "word"),
    [
        (b"hello, this is some text", "not a picture"),
        (b"GIF89a" + bytes(20), "GIF"),
        (b"\0\0\0\x18ftypheic" + bytes(20), "HEIC"),
        (b"%PDF-1.7 ....", "PDF"),
        (b"\x89PNG\r\n\x1a\n", "truncated"),
        (b"x", "not a picture"),
    ],
)
def test_not_a_picture(tmp_path: Path, start: bytes, word: str) -> None:
    (tmp_path / "a.png").write_bytes(start)
    error = refused(tmp_path / "a.png")
    assert word in error.message
    assert "a.png" in error.message
    assert error.hint


@pytest.mark.parametrize("share", [0.02, 0.1, 0.3, 0.5, 0.8, 0.95])
@pytest.mark.parametrize("kind", FILES)
def test_truncated(tmp_path: Path, kind: str, share: float) -> None:
    path = tmp_path / "photo.bin"
    path.write_bytes(FILES[kind][: int(len(FILES[kind]) * share)])
    error = refused(path)
    assert "truncated" in error.message
    assert "photo.bin" in error.message
    with pytest.raises(InputError):
        read_trimap(path)


def test_size_is_checked_before_decoding() -> None:
    error = refused(io.BytesIO(png_header(60_000, 60_000)))
    assert "60000 x 60000" in error.message
    assert "--max-pixels" in error.hint
    assert "the limit is 1,999" in refused(io.BytesIO(FILES["PNG"]), max_pixels=1999).message
    assert read_image(io.BytesIO(FILES["PNG"]), max_pixels=2000).pixels.shape == RGB.shape


def test_a_limit_of_ones_own_goes_beyond_that_of_pillow() -> None:
    # 225 megapixels pass the header check and are found truncated only then.
    assert "truncated" in refused(io.BytesIO(png_header(15_000, 15_000))).message


def test_endless_stream_ends() -> None:
    class Endless(io.RawIOBase):
        def read(self, size: int = -1) -> bytes:
            return bytes(size)

    assert "longer than" in refused(Endless(), max_pixels=10).message


@settings(max_examples=150, deadline=None)
@given(st.sampled_from(sorted(FILES)), st.data())
def test_damaged_bytes_give_a_picture_or_an_input_error(kind: str, data: st.DataObject) -> None:
    content = bytearray(FILES[kind])
    for _ in range(data.draw(st.integers(1, 6))):
        position = data.draw(st.integers(0, min(len(content) - 1, 400)))
        content[position] = data.draw(st.integers(0, 255))
    try:
        picture = read_image(io.BytesIO(bytes(content)), max_pixels=100_000)
    except InputError:
        return
    assert picture.pixels.ndim == 3
