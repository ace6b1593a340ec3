from __future__ import annotations

import copy
import threading
import time

import numpy as np
import pytest

from indexnet_cli.editor import preview
from indexnet_cli.editor.journal import EditJournal
from indexnet_cli.editor.live_matte import LiveMatte
from indexnet_cli.editor.operations import Paint
from indexnet_cli.editor.preview import PreviewPace, matte_near, quicker
from indexnet_cli.editor.session import Session
from indexnet_cli.engine.regions import Region
from indexnet_cli.errors import DeviceError
from indexnet_cli.imaging.reading import read_image

NEVER = 1e6


@pytest.fixture
def session(photo):
    journal = EditJournal(photo)
    yield Session(read_image(photo), journal)
    journal.close()


@pytest.fixture
def live(session, matter, request):
    made = LiveMatte(session, matter, idle=getattr(request, "param", 0.05))
    yield made
    made.close()


def stroke(name="a", level="unknown"):
    return Paint(name, 0, level, 10.0, ((90.0, 30.0), (130.0, 60.0)))


def patches(live, until, serial=0):
    """What comes, until a patch is as wanted."""
    end = time.monotonic() + 60
    while time.monotonic() < end:
        patch = live.patch_after(serial, 1)
        if patch is not None:
            yield patch
            serial = patch.serial
            if until(patch):
                return
    pytest.fail("no such patch came")


def test_preview_then_the_exact_matte(live, session, matter):
    session.apply(stroke())
    last = list(patches(live, lambda patch: patch.exact))[-1]
    assert last.revision == session.revision
    trimap, alpha = live.exact()
    matter.on_progress = None
    assert np.array_equal(alpha, matter.matte(session.picture.pixels, trimap))
    inside = last.region.slices
    assert np.array_equal(last.alpha, np.rint(alpha[inside] * 255).astype(np.uint8))
    trimap[inside] = 0
    assert not (trimap == 128).any()  # what lies outside, the trimap tells


@pytest.mark.parametrize("live", [NEVER], indirect=True)
def test_a_preview_comes_without_the_whole(live, session):
    session.apply(stroke())
    found = list(patches(live, lambda patch: patch.revision == 1))
    assert not any(patch.exact for patch in found)
    last = found[-1]
    inside = last.alpha[40 - last.region.top : 46, 100 - last.region.left : 110]
    assert inside.any()


@pytest.mark.parametrize("live", [NEVER], indirect=True)
def test_known_pixels_are_exact_at_once(live, session):
    session.apply(stroke(level="foreground"))
    patch = live.patch_after(0, 0)
    assert patch.region == Region.whole(*session.size)
    assert np.array_equal(patch.alpha == 255, session.trimap == 255)
    assert set(np.unique(patch.alpha)) == {0, 255}


def test_new_strokes_interrupt_the_whole(session, matter):
    """One that would never end by itself gives way."""
    begun = threading.Event()
    real = matter.matte

    def endless(image, trimap):
        if image.shape[:2] == session.size and not begun.is_set():
            begun.set()
            while True:
                time.sleep(0.01)
                matter.on_progress(0, 1)
        return real(image, trimap)

    live = LiveMatte(session, matter, idle=0.02)
    list(patches(live, lambda patch: patch.exact))
    matter.matte = endless
    live._quick = type("Quick", (), {"matte": staticmethod(real)})()
    session.apply(stroke())
    assert begun.wait(20)
    session.apply(stroke("b", "foreground"))
    assert list(patches(live, lambda patch: patch.exact and patch.revision == 2))
    live.close()


def test_a_failure_is_told_and_the_next_stroke_tried(live, session, matter):
    list(patches(live, lambda patch: patch.exact))
    real = matter.matte

    def fails(_image, _trimap):
        raise DeviceError("out of memory on cpu")

    matter.matte = fails
    session.apply(stroke())
    assert "out of memory" in list(patches(live, lambda patch: patch.problem))[-1].problem
    with pytest.raises(DeviceError, match="out of memory"):
        live.exact()
    matter.matte = real
    session.apply(stroke("b"))
    assert live.exact()[1].any()


def test_previews_of_large_crops_are_reduced(matter):
    rng = np.random.default_rng(1)
    pixels = rng.integers(0, 256, (300, 400, 3), dtype=np.uint8)
    trimap = np.full((300, 400), 128, np.uint8)
    trimap[:60], trimap[:, 200] = 0, 255
    sizes = []
    real = matter.matte

    def watched(image, classes):
        sizes.append(image.shape)
        assert 128 in classes
        return real(image, classes)

    matter.matte = watched
    pace = PreviewPace()
    pace._speed = 40_000.0
    near = matte_near(matter, pixels, trimap, Region.whole(300, 400), pace)
    assert sizes[0][0] * sizes[0][1] <= 20_500
    assert near.alpha.shape == (300, 400)
    assert (near.alpha[:60, :199] == 0).all()
    assert (near.alpha[60:, 200] == 1).all()


@pytest.mark.parametrize(("precision", "asked"), [("fp32", 1), ("mixed", 1), ("bf16", 0)])
def test_previews_take_the_quickest_format(matter, monkeypatch, precision, asked):
    matter.report.precision = precision
    other, made = copy.copy(matter), []
    monkeypatch.setattr(preview, "_seconds", lambda each: 1.0 if each is other else 2.0)

    def make(name: str):
        made.append(name)
        return other

    assert quicker(matter, make) is (other if asked else matter)
    assert made == ["bf16"] * asked


def test_pace_learns():
    pace = PreviewPace()
    for _ in range(20):
        pace.note(100_000, 0.01)
    assert pace.pixels() > 4_000_000
    for _ in range(20):
        pace.note(100_000, 100)
    assert pace.pixels() == 128 * 128
