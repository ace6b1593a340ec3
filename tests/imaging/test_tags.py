"""What a photograph's file tells goes on into the outputs; 16 bits stay 16 bits."""

from __future__ import annotations

import io
from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageCms

from indexnet_cli.imaging.reading import read_image, read_samples
from indexnet_cli.imaging.tags import FileTags
from indexnet_cli.imaging.writing import write_alpha, write_rgba
from tests.imaging.pictures import encode, noise

SRGB = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
# The same curves and primaries with red and green swapped: a profile that visibly is another one.
SWAPPED = (
    SRGB.replace(b"rXYZ", b"?XYZ", 1).replace(b"gXYZ", b"rXYZ", 1).replace(b"?XYZ", b"gXYZ", 1)
).replace("sRGB".encode("utf-16-be"), "swap".encode("utf-16-be"))
MAKER, ORIENTATION, CAMERA, WIDTH = 271, 0x112, 0x8769, 0xA002


def photograph(icc_profile: bytes = SRGB) -> bytes:
    exif = Image.Exif()
    exif[MAKER], exif[ORIENTATION] = "Kamera", 6
    exif[CAMERA] = {0x9003: "2020:01:01 00:00:00", WIDTH: 7}
    return encode(noise(5, 7, 3), "JPEG", exif=exif, dpi=(300, 300), icc_profile=icc_profile)


def tags() -> FileTags:
    return read_image(io.BytesIO(photograph())).tags


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16])
@pytest.mark.parametrize("channels", [3, 4])
@pytest.mark.parametrize("suffix", [".png", ".tif"])
def test_round_trip(tmp_path: Path, suffix: str, channels: int, dtype: type) -> None:
    pixels = noise(5, 7, channels, dtype=dtype)
    path = tmp_path / f"a{suffix}"
    write_rgba(pixels, path, tags=tags())
    again = read_samples(path)
    np.testing.assert_array_equal(again.values, pixels)
    assert again.warnings == ()
    assert again.tags.icc_profile == SRGB
    assert again.tags.dpi == pytest.approx((300, 300), abs=0.1)


@pytest.mark.parametrize("name", ["a.png", "a.tif", "a.webp", "a.jpg", "deep.png"])
def test_exif_goes_on_without_orientation(tmp_path: Path, name: str) -> None:
    dtype = np.uint16 if name.startswith("deep") else np.uint8
    write_rgba(noise(5, 7, 3, dtype=dtype), tmp_path / name, tags=tags())
    found = Image.open(tmp_path / name).getexif()
    assert found[MAKER] == "Kamera"
    assert found.get(ORIENTATION, 1) == 1
    camera = found.get_ifd(CAMERA)
    assert camera[0x9003] == "2020:01:01 00:00:00"
    assert WIDTH not in camera


def test_a_matte_keeps_resolution_but_no_profile(tmp_path: Path) -> None:
    write_alpha(np.ones((4, 4)), tmp_path / "a.png", tags=tags())
    info = Image.open(tmp_path / "a.png").info
    assert "icc_profile" not in info
    assert info["dpi"] == pytest.approx((300, 300), abs=0.1)


def test_native_colours_stay_beside_the_converted_ones() -> None:
    colours = noise(6, 6, 3)
    picture = read_image(io.BytesIO(encode(colours, icc_profile=SWAPPED)))
    np.testing.assert_array_equal(picture.native, colours)
    assert np.abs(picture.pixels.astype(int) - colours).max() > 30
    assert picture.tags.icc_profile == SWAPPED
    plain = read_image(io.BytesIO(encode(colours)))
    assert plain.native is plain.pixels


def test_a_damaged_profile_does_not_go_on() -> None:
    assert read_image(io.BytesIO(photograph(b"no profile"))).tags.icc_profile is None
