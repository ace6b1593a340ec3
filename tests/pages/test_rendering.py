from __future__ import annotations

import base64
import io
import re

import numpy as np
import pytest
from PIL import Image

from indexnet_cli.pages.pictures import (
    TOO_OPAQUE,
    TOO_TRANSPARENT,
    data_url,
    heat_map,
    worst_window,
)
from indexnet_cli.pages.rendering import read_asset, render_page


def test_content_cannot_end_its_element():
    page = render_page("<i>", {"items": [], "made": "</script><script>x"}, [{"image": "</script>"}])
    text = page.decode()
    assert "<script>x" not in text
    assert "<title>&lt;i&gt;</title>" in text
    assert "{{" not in text
    assert text.count("<script") == 3


def test_the_page_names_no_address():
    found = re.findall(r"https?://[^\s\"']+", render_page("t", {"items": []}, []).decode())
    assert found == ["http://www.w3.org/2000/svg"]  # a namespace


def _luminance(colour):
    parts = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in parts]
    return float(np.dot(linear, (0.2126, 0.7152, 0.0722)))


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_text_has_contrast(scheme):
    blocks = re.findall(r":root \{(.*?)\}", read_asset("page.css"), re.DOTALL)
    colours = dict(re.findall(r"--([\w-]+): (#\w{6})", blocks[scheme == "dark"]))
    pairs = [(ink, ground) for ink in ("ink", "soft") for ground in ("ground", "sheet", "tint")]
    pairs += [("accent", "sheet"), ("on-accent", "accent"), ("ink", "warn")]
    for ink, ground in pairs:
        light, dark = sorted(map(_luminance, (colours[ink], colours[ground])), reverse=True)
        assert (light + 0.05) / (dark + 0.05) >= 4.5, (ink, ground)


def test_worst_window_has_the_largest_error():
    difference = np.zeros((100, 300), np.float32)
    difference[70:90, 200:230] = -0.5
    difference[5, 5] = 0.9
    box = worst_window(difference)
    assert box.width == box.height == 64
    assert np.abs(box.of(difference)).sum() == pytest.approx(20 * 30 * 0.5)


def test_worst_window_of_a_small_or_perfect_matte():
    assert worst_window(np.zeros((10, 10), np.float32)) is None
    assert tuple(worst_window(np.ones((10, 20), np.float32))) == (0, 0, 20, 10)


def test_heat_map_keeps_signs_apart():
    difference = np.zeros((40, 40), np.float32)
    difference[:20], difference[20:] = 1, -1
    found = heat_map(difference, 40)
    assert tuple(found[0, 0]) == TOO_OPAQUE
    assert tuple(found[-1, -1]) == TOO_TRANSPARENT
    mixed = np.indices((40, 40)).sum(axis=0) % 2 * 2 - 1
    assert heat_map(mixed.astype(np.float32), 4).max() > 100


def test_data_url_is_a_reduced_picture():
    url = data_url(np.full((100, 200), 77, np.uint8), 50, lossless=True)
    image = Image.open(io.BytesIO(base64.b64decode(url.split(",")[1])))
    assert image.size == (50, 25)
    assert np.asarray(image.convert("L"))[0, 0] == 77
