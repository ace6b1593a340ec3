"""The editor's page, used with a real mouse and keys."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from contextlib import contextmanager

import numpy as np
import pytest
from PIL import Image

pytest.importorskip("selenium", reason="selenium is not installed")
from selenium.webdriver.common.action_chains import ActionChains
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys

from indexnet_cli.editor.journal import EditJournal
from indexnet_cli.editor.operations import Paint
from indexnet_cli.editor.session import Session
from indexnet_cli.errors import OutputError
from indexnet_cli.imaging.reading import read_image
from tests.cli.running import environment
from tests.editor.conftest import HEIGHT, WIDTH, opened

PATIENCE = 60  # seconds; a busy machine is slow


@pytest.fixture
def page(browser, editor):
    yield show(browser, editor[0].address)
    browser.get("about:blank")


def show(browser, address):
    browser.get(address)
    wait_for(lambda: browser.execute_script("return document.body.dataset.ready") == "yes")
    return browser


def wait_for(condition):
    end = time.monotonic() + PATIENCE
    while not condition():
        assert time.monotonic() < end, "waited in vain"
        time.sleep(0.05)


def by_id(page, name):
    return page.find_element(By.ID, name)


def data(page, name):
    return page.execute_script("return document.body.dataset[arguments[0]]", name)


def press(page, *keys):
    ActionChains(page).send_keys(*keys).perform()


def at(page, x, y):
    """Offsets from the canvas's middle of a place in the picture, which is fitted."""
    width, height = page.execute_script(
        "const c = document.getElementById('canvas'); return [c.clientWidth, c.clientHeight]"
    )
    scale = min((width - 48) / WIDTH, (height - 48) / HEIGHT)
    return round((x - WIDTH / 2) * scale), round((y - HEIGHT / 2) * scale)


def drag(page, *points, button="left"):
    canvas = by_id(page, "canvas")
    chain = ActionChains(page, duration=20)
    chain.move_to_element_with_offset(canvas, *at(page, *points[0]))
    if button == "right":
        chain.w3c_actions.pointer_action.pointer_down(button=2)
    else:
        chain.click_and_hold()
    for point in points[1:]:
        chain.move_to_element_with_offset(canvas, *at(page, *point))
    if button == "right":
        chain.w3c_actions.pointer_action.pointer_up(2)
    else:
        chain.release()
    chain.perform()


def shown_at(page, x, y):
    """Colour that the canvas shows at a place of the picture."""
    dx, dy = at(page, x, y)
    return page.execute_async_script(
        """const [dx, dy, done] = arguments, canvas = document.getElementById("canvas");
        requestAnimationFrame(() => requestAnimationFrame(() => {
          const r = devicePixelRatio, x = Math.round((canvas.clientWidth / 2 + dx) * r);
          const y = Math.round((canvas.clientHeight / 2 + dy) * r);
          done([...canvas.getContext("2d").getImageData(x, y, 1, 1).data].slice(0, 3));
        }));""",
        dx,
        dy,
    )


def trimap_of_page(page):
    """The trimap as the page would paint it from scratch: what it drew by itself."""
    levels = page.execute_async_script(
        """const done = arguments[0];
        import("./main.js").then(({picture}) => done(Array.from(picture.trimap)));"""
    )
    return np.array(levels, np.uint8).reshape(HEIGHT, WIDTH)


def test_a_stroke_is_painted_and_matted(page, editor):
    _, session = editor
    assert by_id(page, "start").is_displayed()
    drag(page, (40, 40), (90, 60), (140, 50))
    amber = shown_at(page, 90, 60)
    assert amber[0] > amber[2] + 60
    wait_for(lambda: data(page, "matte") == "exact")
    assert session.trimap[60, 90] == 128
    assert session.trimap[120, 10] == 0
    assert np.array_equal(trimap_of_page(page), session.trimap)
    assert not by_id(page, "start").is_displayed()
    press(page, "2")
    grey = shown_at(page, 90, 60)
    assert grey[0] == grey[1] == grey[2]
    assert [line for line in page.get_log("browser") if line["level"] == "SEVERE"] == []


def test_both_paint_the_same_pixels(page, editor):
    """Brushes of many sizes, fast and slow, across the border."""
    _, session = editor
    for keys, points in (
        ("]]]", [(10, 10), (190, 120), (20, 100)]),
        ("f[[[[[[", [(100, 30), (101, 31), (130, 90), (60, 64)]),
        ("b]]]]]]]]", [(0, 64), (60, 127)]),
    ):
        press(page, keys)
        drag(page, *points)
    drag(page, (150, 20), (170, 40), button="right")
    wait_for(lambda: int(data(page, "revision")) >= 4 and data(page, "matte") == "exact")
    assert np.array_equal(trimap_of_page(page), session.trimap)
    assert set(np.unique(session.trimap)) == {0, 128, 255}


def test_undo_and_redo(page, editor):
    _, session = editor
    assert not by_id(page, "undo").is_enabled()
    drag(page, (40, 40), (60, 40))
    press(page, "f")
    drag(page, (100, 80), (120, 80))
    wait_for(lambda: len(session.history.done) == 2)
    painted = trimap_of_page(page)  # the program may still wait for the end of the stroke
    ActionChains(page).key_down(Keys.CONTROL).send_keys("z").key_up(Keys.CONTROL).perform()
    wait_for(lambda: 255 not in trimap_of_page(page))
    by_id(page, "undo").click()
    wait_for(lambda: not trimap_of_page(page).any())
    assert not session.trimap.any()
    by_id(page, "redo").click()
    wait_for(lambda: by_id(page, "redo").is_enabled())
    by_id(page, "redo").click()
    wait_for(lambda: np.array_equal(trimap_of_page(page), painted))
    assert np.array_equal(session.trimap, painted)


def test_fill_and_box(page, editor):
    _, session = editor
    by_id(page, "tools").find_element(By.CSS_SELECTOR, "[data-tool=box]").click()
    drag(page, (50, 20), (142, 110))
    wait_for(lambda: session.trimap[64, 96] == 255)
    assert session.trimap[5, 5] == 0
    assert (session.trimap == 128).any()
    wait_for(lambda: np.array_equal(trimap_of_page(page), session.trimap))
    press(page, "u")
    press(page, "g")
    drag(page, (5, 5))
    wait_for(lambda: session.trimap[5, 5] == 128)
    wait_for(lambda: np.array_equal(trimap_of_page(page), session.trimap))


def test_views(page, editor):
    drag(page, (150, 100), (160, 110))
    press(page, "f")
    drag(page, (40, 40), (60, 40))
    wait_for(lambda: data(page, "matte") == "exact")
    far, inside = (10, 120), (50, 40)
    press(page, "2")
    assert (shown_at(page, *far), shown_at(page, *inside)) == ([0, 0, 0], [255, 255, 255])
    photograph = shown_in_photograph(editor, *inside)
    press(page, "3")
    assert shown_at(page, *far) in ([255, 255, 255], [204, 204, 204])
    assert np.abs(np.array(shown_at(page, *inside)) - photograph).max() < 90
    press(page, "4")
    assert shown_at(page, *far) == [0, 177, 64]
    page.find_element(By.CSS_SELECTOR, "[data-colour='#0a63d6']").click()
    assert shown_at(page, *far) == [10, 99, 214]
    press(page, "6")
    red = shown_at(page, *far)
    assert red[0] > 150 > red[1]
    press(page, "v")
    pressed = page.find_element(By.CSS_SELECTOR, "#views [aria-pressed=true]").text
    assert pressed == "Trimap"


def shown_in_photograph(editor, x, y):
    return editor[1].picture.pixels[y, x].astype(int)


def test_a_picture_behind(page, tmp_path):
    behind = tmp_path / "behind.png"
    Image.new("RGB", (30, 20), (10, 200, 30)).save(behind)
    press(page, "5")
    by_id(page, "picture").send_keys(str(behind))
    wait_for(lambda: shown_at(page, 10, 120) == [10, 200, 30])


def test_zoom_and_move_keep_the_brush_true(page, editor):
    _, session = editor
    canvas = by_id(page, "canvas")
    before = by_id(page, "zoom").text
    ActionChains(page).scroll_from_origin(_origin(canvas), 0, -600).perform()
    wait_for(lambda: by_id(page, "zoom").text != before)
    time.sleep(0.5)  # it eases
    ActionChains(page, duration=10).move_to_element(canvas).click().perform()
    wait_for(lambda: session.trimap[HEIGHT // 2, WIDTH // 2] == 128)
    press(page, "m")
    ActionChains(page, duration=10).drag_and_drop_by_offset(canvas, 60, 30).perform()
    press(page, "p")
    assert session.revision == 1
    press(page, "0")
    wait_for(lambda: by_id(page, "zoom").text == before)
    assert np.array_equal(trimap_of_page(page), session.trimap)


def _origin(element):
    from selenium.webdriver.common.actions.wheel_input import ScrollOrigin

    return ScrollOrigin.from_element(element)


def test_a_picture_shown_reduced_changes_at_once(page):
    for _ in range(12):
        press(page, "-")
    wait_for(lambda: by_id(page, "zoom").text == "50 %")
    assert shown_at(page, WIDTH / 2, HEIGHT / 2) != [0, 0, 0]
    # No time is left in any frame.
    page.execute_script("let time = 0; performance.now = () => time += 1000")
    press(page, "2")
    assert shown_at(page, WIDTH / 2, HEIGHT / 2) == [0, 0, 0]
    press(page, "1")
    rough = shown_at(page, WIDTH / 2, HEIGHT / 2)
    assert rough != [0, 0, 0]
    page.execute_script("delete performance.now")


def test_reloading_loses_nothing(page, editor):
    _, session = editor
    drag(page, (40, 40), (90, 60))
    wait_for(lambda: session.revision > 0 and data(page, "matte") != "busy")
    painted = session.trimap.copy()
    page.refresh()
    wait_for(lambda: data(page, "ready") == "yes")
    assert np.array_equal(trimap_of_page(page), painted)
    assert by_id(page, "undo").is_enabled()


def test_saving(page, photo):
    drag(page, (60, 40), (130, 90))
    ActionChains(page).key_down(Keys.CONTROL).send_keys("s").key_up(Keys.CONTROL).perform()
    wait_for(lambda: "Saved" in by_id(page, "toast").text)
    levels = np.asarray(Image.open(photo.with_name("photo_trimap.png")))
    assert np.array_equal(levels, trimap_of_page(page))
    alpha = np.asarray(Image.open(photo.with_name("photo_alpha.png")))
    assert (alpha[levels == 0] == 0).all()
    assert np.asarray(Image.open(photo.with_name("photo_cutout.png"))).shape == (HEIGHT, WIDTH, 4)
    photo.with_name("photo_alpha.png").write_bytes(b"somebody else's")
    by_id(page, "save").click()
    wait_for(lambda: "exists already" in by_id(page, "toast").text)


def test_what_another_page_paints_is_shown(page, editor):
    _, session = editor
    drag(page, (40, 40), (60, 40))
    session.apply(Paint("other", 0, "foreground", 9.0, ((150.0, 90.0),)))
    wait_for(lambda: np.array_equal(trimap_of_page(page), session.trimap))


def test_page_and_program_end_together(browser, photo, matter):
    with opened(photo, matter) as (server, session):
        address = server.address
        show(browser, address)
        drag(browser, (30, 30), (90, 40))
        wait_for(lambda: session.revision > 0)
    drag(browser, (40, 90), (120, 70), (60, 60))
    drag(browser, (150, 20), (150, 90))
    wait_for(lambda: by_id(browser, "banner").is_displayed())
    painted = trimap_of_page(browser)
    browser.get("about:blank")
    with opened(photo, matter) as (server, session):
        assert server.address == address
        assert not np.array_equal(session.trimap, painted)
        show(browser, address)
        assert np.array_equal(trimap_of_page(browser), painted)
        assert np.array_equal(session.trimap, painted)
        assert browser.execute_script("return localStorage.length") == 0
        browser.get("about:blank")


def test_a_full_disk_loses_nothing(page, editor, monkeypatch):
    _, session = editor
    append, full = session.journal.append, [True]

    def failing(operation):
        if full[0]:
            raise OutputError("The disk is full.", "Make room.")
        append(operation)

    monkeypatch.setattr(session.journal, "append", failing)
    drag(page, (30, 30), (90, 40))
    wait_for(lambda: "The disk is full" in by_id(page, "toast").text)
    painted = trimap_of_page(page)
    assert (painted == 128).any()
    assert not (session.trimap == 128).any()
    full[0] = False
    wait_for(lambda: np.array_equal(session.trimap, painted))
    wait_for(lambda: data(page, "matte") == "exact")


def test_keys_go_where_they_are_meant(page, editor):
    _, session = editor
    drag(page, (40, 40), (90, 60))
    drag(page, (40, 90), (90, 80))
    steps = session.history.done
    wait_for(lambda: len(steps) == 2)
    by_id(page, "undo").click()
    wait_for(lambda: len(steps) == 1)
    press(page, " ")  # pressed by the mouse, the button has no claim to the space bar
    focused = page.execute_script("return document.activeElement.id")
    assert focused == "canvas"
    page.execute_script("document.getElementById('undo').focus()")
    press(page, " ")  # but reached by Tab it has
    wait_for(lambda: not steps)
    trimap, _ = session.copy_trimap()  # once the step is whole: its history changes first
    assert not (trimap == 128).any()
    unnamed = page.execute_script(
        """return [...document.querySelectorAll("button, input, canvas, [role=group]")].filter(
          each => !(each.ariaLabel || each.innerText?.trim() || each.labels?.length)).length"""
    )
    assert unnamed == 0


@contextmanager
def program(photo, weights_file, *arguments):
    """``indexnet edit`` as a process of its own, and its address; killed at the end."""
    command = [sys.executable, "-m", "indexnet_cli", "edit", str(photo), "--no-browser", "--json",
               "--weights", str(weights_file), *arguments]  # fmt: skip
    process = subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=environment()
    )
    try:
        lines = []
        while not lines or lines[-1] != "}\n":
            lines.append(process.stdout.readline())
            assert lines[-1], process.stderr.read()
        yield process, json.loads("".join(lines))["address"]
    finally:
        process.kill()
        process.communicate()


# Two starts of the whole program.
def test_killing_the_program_loses_nothing(browser, photo, weights_file):
    with program(photo, weights_file) as (process, address):
        show(browser, address)
        canvas = by_id(browser, "canvas")
        drag(browser, (30, 30), (90, 40))
        wait_for(lambda: data(browser, "revision") == "1")
        # Killed in the middle of a stroke, which goes on over it.
        ActionChains(browser, duration=20).move_to_element_with_offset(
            canvas, *at(browser, 40, 90)
        ).click_and_hold().move_to_element_with_offset(canvas, *at(browser, 80, 100)).perform()
        process.send_signal(signal.SIGKILL)
        process.wait()
        ActionChains(browser, duration=20).move_to_element_with_offset(
            canvas, *at(browser, 120, 70)
        ).release().perform()
        wait_for(lambda: by_id(browser, "banner").is_displayed())
        assert "Nothing is lost" in by_id(browser, "banner").text
    painted = trimap_of_page(browser)
    with program(photo, weights_file) as (process, again):
        assert again == address
        wait_for(lambda: not by_id(browser, "banner").is_displayed())
        wait_for(lambda: data(browser, "matte") != "busy")
        assert np.array_equal(trimap_of_page(browser), painted)
        browser.refresh()
        wait_for(lambda: data(browser, "ready") == "yes")
        assert np.array_equal(trimap_of_page(browser), painted)
        if os.name != "nt":
            process.send_signal(signal.SIGINT)
            assert process.wait(30) == 0
            assert "goes on" in process.stderr.read()
    browser.get("about:blank")
    journal = EditJournal(photo)
    assert np.array_equal(Session(read_image(photo), journal).trimap, painted)
    journal.close()
