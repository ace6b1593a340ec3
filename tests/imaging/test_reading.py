from __future__ import annotations

import io
import warnings
from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageCms

from indexnet_cli.imaging.reading import read_alpha, read_image, read_trimap
from tests.imaging.pictures import deep_png, deep_tiff, encode, noise

RGB = noise(6, 9, 3)
# A trimap without any symmetry.
TRIMAP = np.array([[0, 128, 255], [128, 128, 0]], np.uint8).repeat(8, 0).repeat(8, 1)


def upright(array: np.ndarray, orientation: int) -> np.ndarray:
    """What a viewer shows, by Pillow's own definition of the eight orientations."""
    method = {
        2: Image.Transpose.FLIP_LEFT_RIGHT,
        3: Image.Transpose.ROTATE_180,
        4: Image.Transpose.FLIP_TOP_BOTTOM,
        5: Image.Transpose.TRANSPOSE,
        6: Image.Transpose.ROTATE_270,
        7: Image.Transpose.TRANSVERSE,
        8: Image.Transpose.ROTATE_90,
    }.get(orientation)
    image = Image.fromarray(array)
    return np.asarray(image if method is None else image.transpose(method))


def exif(orientation: int) -> Image.Exif:
    tags = Image.Exif()
    tags[0x0112] = orientation
    return tags


@pytest.mark.parametrize("kind", ["PNG", "TIFF", "BMP", "PPM", "WEBP", "JPEG"])
def test_every_format_is_read(kind: str) -> None:
    options = {"WEBP": {"lossless": True}, "JPEG": {"quality": 100}}.get(kind, {})
    smooth = np.broadcast_to(np.arange(64, dtype=np.uint8)[:, None, None], (64, 48, 3))
    picture = read_image(io.BytesIO(encode(np.ascontiguousarray(smooth), kind, **options)))
    assert picture.pixels.dtype == np.uint8
    assert picture.alpha is None
    assert picture.warnings == ()
    np.testing.assert_allclose(picture.pixels, smooth, atol=2 if kind == "JPEG" else 0)


def test_grey_becomes_three_equal_channels() -> None:
    picture = read_image(io.BytesIO(encode(RGB[..., 0])))
    np.testing.assert_array_equal(picture.pixels, RGB[..., :1].repeat(3, 2))


def test_one_bit() -> None:
    stored = Image.fromarray(RGB[..., 0] > 127)
    picture = read_image(io.BytesIO(encode(stored)))
    np.testing.assert_array_equal(picture.pixels[..., 0], np.where(RGB[..., 0] > 127, 255, 0))


def test_palette_and_its_transparency() -> None:
    stored = Image.fromarray(np.array([[0, 1], [2, 1]], np.uint8), "P")
    stored.putpalette([10, 20, 30, 200, 100, 50, 7, 8, 9])
    plain = read_image(io.BytesIO(encode(stored)))
    assert plain.pixels[0, 1].tolist() == [200, 100, 50]
    assert plain.alpha is None
    transparent = read_image(io.BytesIO(encode(stored, transparency=1)))
    assert transparent.alpha is not None
    assert transparent.alpha.tolist() == [[255, 0], [255, 0]]
    assert transparent.pixels[0, 1].tolist() == [200, 100, 50]


@pytest.mark.parametrize("mode", ["LA", "RGBA"])
def test_colours_of_transparent_pictures_are_as_stored(mode: str) -> None:
    stored = noise(5, 7, len(mode))
    picture = read_image(io.BytesIO(encode(Image.fromarray(stored, mode))))
    colours = stored[..., :-1] if mode == "RGBA" else stored[..., :1].repeat(3, 2)
    np.testing.assert_array_equal(picture.pixels, colours)
    np.testing.assert_array_equal(picture.alpha, stored[..., -1])
    assert "alpha channel" in picture.warnings[0]


def test_opaque_alpha_channel_warns_of_nothing() -> None:
    stored = np.dstack([RGB, np.full(RGB.shape[:2], 255, np.uint8)])
    assert read_image(io.BytesIO(encode(stored))).warnings == ()


def test_cmyk() -> None:
    stored = Image.new("CMYK", (16, 16), (0, 255, 255, 0))
    pixels = read_image(io.BytesIO(encode(stored, "TIFF"))).pixels
    assert pixels[0, 0].tolist() == [255, 0, 0]
    jpeg = read_image(io.BytesIO(encode(stored, "JPEG"))).pixels
    np.testing.assert_allclose(jpeg[0, 0], [255, 0, 0], atol=4)


@pytest.mark.parametrize("kind", ["PNG", "TIFF"])
def test_16_bit_grey(kind: str) -> None:
    stored = noise(5, 7, dtype=np.uint16)
    pixels = read_image(io.BytesIO(encode(stored, kind))).pixels
    assert pixels.dtype == np.uint16
    np.testing.assert_array_equal(pixels, stored[..., None].repeat(3, 2))


@pytest.mark.parametrize("channels", [2, 3, 4])
def test_16_bit_png_is_exact(channels: int) -> None:
    stored = noise(5, 7, channels, dtype=np.uint16)
    picture = read_image(io.BytesIO(deep_png(stored)))
    colours = stored[..., :3] if channels > 2 else stored[..., :1].repeat(3, 2)
    np.testing.assert_array_equal(picture.pixels, colours)
    if channels != 3:
        np.testing.assert_array_equal(picture.alpha, stored[..., -1])


@pytest.mark.parametrize("orientation", range(1, 9))
def test_16_bit_tiff_is_exact_and_upright(orientation: int) -> None:
    stored = noise(5, 7, 3, dtype=np.uint16)
    pixels = read_image(io.BytesIO(deep_tiff(stored, orientation))).pixels
    expected = [upright(np.ascontiguousarray(stored[..., c]), orientation) for c in range(3)]
    np.testing.assert_array_equal(pixels, np.dstack(expected))


def test_float_tiff_up_to_one() -> None:
    stored = np.array([[0.0, 0.5, 1.0], [0.25, np.nan, 0.75]], np.float32)
    pixels = read_image(io.BytesIO(encode(stored, "TIFF"))).pixels[..., 0]
    assert pixels.tolist() == [[0, 32768, 65535], [16384, 0, 49151]]


def test_float_tiff_up_to_255_is_scaled_with_a_warning() -> None:
    stored = np.array([[0.0, 255.0]], np.float32)
    picture = read_image(io.BytesIO(encode(stored, "TIFF")))
    assert picture.pixels[0, :, 0].tolist() == [0, 65535]
    assert "white" in picture.warnings[0]


def test_first_of_several_frames_with_a_warning() -> None:
    frames = [Image.fromarray(RGB), Image.fromarray(255 - RGB)]
    for kind, options in (("TIFF", {}), ("PNG", {}), ("WEBP", {"lossless": True})):
        data = encode(frames[0], kind, save_all=True, append_images=frames[1:], **options)
        picture = read_image(io.BytesIO(data))
        np.testing.assert_array_equal(picture.pixels, RGB)
        assert "2 frames" in picture.warnings[0]


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("kind", ["PNG", "TIFF", "WEBP", "JPEG"])
def test_orientation_of_image_and_trimap(kind: str, orientation: int) -> None:
    options = {"WEBP": {"lossless": True}, "JPEG": {"quality": 95}}.get(kind, {})
    data = encode(TRIMAP, kind, exif=exif(orientation), **options)
    expected = upright(TRIMAP, orientation)
    pixels = read_image(io.BytesIO(data)).pixels
    assert pixels.shape[:2] == expected.shape
    np.testing.assert_allclose(pixels[..., 0].astype(int), expected, atol=25)
    trimap, _ = read_trimap(io.BytesIO(data))
    np.testing.assert_array_equal(trimap, expected)


def test_foreign_profile_is_converted_to_srgb() -> None:
    # sRGB's own profile under another name: the conversion runs and changes next to nothing.
    lab = ImageCms.ImageCmsProfile(ImageCms.createProfile("LAB")).tobytes()
    srgb = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    renamed = srgb.replace("sRGB".encode("utf-16-be"), "tRGB".encode("utf-16-be"))
    picture = read_image(io.BytesIO(encode(RGB, icc_profile=renamed)))
    np.testing.assert_allclose(picture.pixels.astype(int), RGB, atol=2)
    assert picture.warnings == ()
    assert read_image(io.BytesIO(encode(RGB, icc_profile=srgb))).warnings == ()
    unfit = read_image(io.BytesIO(encode(RGB, icc_profile=lab)))
    np.testing.assert_array_equal(unfit.pixels, RGB)
    assert "cannot be applied" in unfit.warnings[0]


def test_damaged_profile_is_ignored_with_a_warning() -> None:
    picture = read_image(io.BytesIO(encode(RGB, icc_profile=b"no profile at all")))
    np.testing.assert_array_equal(picture.pixels, RGB)
    assert "profile" in picture.warnings[0]


def test_profile_does_not_change_a_trimap() -> None:
    srgb = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    renamed = srgb.replace("sRGB".encode("utf-16-be"), "tRGB".encode("utf-16-be"))
    data = encode(TRIMAP, icc_profile=renamed)
    trimap, summary = read_trimap(io.BytesIO(data))
    np.testing.assert_array_equal(trimap, TRIMAP)
    assert summary.snapped == 0


@pytest.mark.parametrize("name", ["Löwe 獅子.png", "поле.png", "a b'c.png", "🦁.png"])
def test_names_beyond_ascii(tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_bytes(encode(RGB))
    np.testing.assert_array_equal(read_image(tmp_path / name).pixels, RGB)
    np.testing.assert_array_equal(read_image(str(tmp_path / name)).pixels, RGB)


def test_stream_that_cannot_seek() -> None:
    class Pipe(io.BytesIO):
        def seekable(self) -> bool:
            return False

        def seek(self, *_: int) -> int:
            raise OSError("a pipe")

    np.testing.assert_array_equal(read_image(Pipe(encode(RGB))).pixels, RGB)


def test_alpha_from_grey_rgb_16_bit_and_cutout() -> None:
    grey = RGB[..., 0]
    expected = grey.astype(np.float32) / np.float32(255)
    for stored in (grey, np.dstack([grey] * 3), np.dstack([255 - RGB, grey])):
        alpha = read_alpha(io.BytesIO(encode(stored)))
        assert alpha.dtype == np.float32
        np.testing.assert_array_equal(alpha, expected)
    deep = noise(4, 5, dtype=np.uint16)
    alpha = read_alpha(io.BytesIO(encode(deep)))
    np.testing.assert_array_equal(alpha, deep.astype(np.float32) / np.float32(65535))


def test_pillow_keeps_its_own_limit_and_says_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", 10)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        for kind in ("PNG", "TIFF"):
            read_image(io.BytesIO(encode(RGB, kind)))
    assert Image.MAX_IMAGE_PIXELS == 10
