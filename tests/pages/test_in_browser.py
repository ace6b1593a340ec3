from __future__ import annotations

import pytest

pytest.importorskip("selenium", reason="selenium is not installed")
from selenium.webdriver.common.action_chains import ActionChains
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys
from selenium.webdriver.support.ui import Select

from indexnet_cli.pages.pictures import THUMBNAIL, data_url
from indexnet_cli.pages.rendering import render_page
from tests.evaluation.sets import blob
from tests.pages.conftest import IMAGES


@pytest.fixture
def page(browser, report):
    browser.get_log("browser")  # takes out what earlier pages said
    browser.get(report.as_uri())
    return browser


def names(page):
    return page.execute_script(
        "return [...document.querySelectorAll('#list .open')].map(e => e.textContent)"
    )


def column(page, number):
    return page.execute_script(
        "return [...document.querySelectorAll('#list tbody tr')].map("
        "row => row.cells[arguments[0]].textContent)",
        number,
    )


def by_id(page, name):
    return page.find_element(By.ID, name)


def open_image(page, name):
    by_id(page, "name-filter").send_keys(name)
    page.find_element(By.CSS_SELECTOR, "#list .open").click()
    assert by_id(page, "viewer").is_displayed()


def type_key(page, key):
    ActionChains(page).send_keys(key).perform()


def pressed(page):
    return page.find_element(By.CSS_SELECTOR, "#layers [aria-pressed=true]").text


def test_nothing_is_loaded_and_nothing_fails(page):
    loaded = page.execute_script(
        "return performance.getEntriesByType('resource').map(e => e.name)"
        ".filter(name => !name.startsWith('data:'))"
    )
    assert loaded == []
    assert [line for line in page.get_log("browser") if line["level"] == "SEVERE"] == []


def test_names_are_text(page):
    assert "<b>&bold" in names(page)


def test_worst_first_and_sorting(page):
    errors = [float(text) for text in column(page, 3)]
    assert errors == sorted(errors, reverse=True)
    page.find_element(By.CSS_SELECTOR, "[data-sort=sad]").click()
    assert [float(text) for text in column(page, 3)] == sorted(errors)
    page.find_element(By.CSS_SELECTOR, "[data-sort=name]").click()
    assert names(page) == sorted(names(page))
    head = page.find_element(By.CSS_SELECTOR, "#list th[aria-sort]")
    assert (head.text.split()[-1], head.get_attribute("aria-sort")) == ("image", "ascending")


def test_region_changes_the_list(page):
    before = column(page, 4)
    Select(by_id(page, "region")).select_by_value("whole")
    after = column(page, 4)
    assert before != after


def test_filter_by_name_and_error(page):
    by_id(page, "name-filter").send_keys("pic-1")
    assert sorted(names(page)) == [f"pic-{number}" for number in range(10, 20)]
    errors = sorted(float(text) for text in column(page, 3))
    by_id(page, "least").send_keys(str(errors[5]))
    shown = [float(text) for text in column(page, 3)]
    assert shown
    assert len(shown) < 10
    assert min(shown) >= errors[5] - 0.01
    assert by_id(page, "count").text == f"{len(shown)} of {IMAGES}"


def test_summary_has_a_row_a_region(page):
    rows = page.find_elements(By.CSS_SELECTOR, "#means tbody tr")
    assert [row.text.split()[:3] for row in rows] == [
        ["mattes", "unknown", "region"],
        ["mattes", "whole", "image"],
    ]
    assert "in thousands" in by_id(page, "rules").text


def test_missing_matte_is_told(page):
    assert "pic-07" in by_id(page, "problems").text
    assert "1 file" in by_id(page, "problems-title").text


def test_thumbnails_load_when_they_come_into_view(page):
    images = "return [...document.querySelectorAll('#list img')].filter(e => e.src).length"
    assert page.execute_script(images) < IMAGES // 2
    page.execute_script("document.querySelector('#list tbody tr:last-child').scrollIntoView()")
    last = "return document.querySelector('#list tbody tr:last-child img').src.slice(0, 15)"
    for _ in range(50):
        if page.execute_script(last):
            break
        page.execute_async_script("setTimeout(arguments[0], 50)")
    assert page.execute_script(last) == "data:image/webp"


def split_of(page):
    return page.execute_script(
        "const over = document.getElementById('over').getBoundingClientRect(),"
        "handle = document.getElementById('handle').getBoundingClientRect();"
        "return (handle.left + handle.width / 2 - over.left) / over.width"
    )


def test_slider_follows_the_pointer_and_the_keys(page):
    open_image(page, "pic-20")
    split = by_id(page, "split")
    assert split_of(page) == pytest.approx(0.5, abs=0.01)
    width = split.size["width"]
    drag = ActionChains(page).move_to_element(split).click_and_hold()
    drag.move_by_offset(int(width * 0.25), 0).release().perform()
    assert split_of(page) == pytest.approx(0.75, abs=0.03)
    clip = page.execute_script("return getComputedStyle(document.getElementById('over')).clipPath")
    assert clip.startswith("inset(0")
    before = split_of(page)
    for _ in range(10):
        split.send_keys(Keys.ARROW_LEFT)
    assert split_of(page) < before


def test_zoom_shows_the_worst_patch(page):
    open_image(page, "pic-30")
    assert by_id(page, "box").is_displayed()
    whole = by_id(page, "under").get_attribute("src")
    type_key(page, "z")
    assert by_id(page, "under").get_attribute("src") != whole
    assert by_id(page, "worst").get_attribute("aria-pressed") == "true"
    natural = page.execute_script(
        "const image = document.getElementById('under');"
        "return image.decode().then(() => [image.naturalWidth, image.naturalHeight])"
    )
    assert natural == [64, 64]
    assert not by_id(page, "box").is_displayed()
    by_id(page, "worst").click()
    assert by_id(page, "under").get_attribute("src") == whole


def test_layers_by_button_and_key(page):
    open_image(page, "pic-20")
    sources = set()
    for number, title in enumerate(("Compare", "Image", "Trimap", "Matte", "Truth", "Difference")):
        type_key(page, str(number + 1))
        assert pressed(page) == title
        sources.add(by_id(page, "under").get_attribute("src"))
    assert len(sources) == 5  # Compare has the truth below
    page.find_element(By.CSS_SELECTOR, "[data-layer=matte]").click()
    assert pressed(page) == "Matte"
    assert not by_id(page, "split").is_displayed()


def test_next_previous_and_close(page):
    by_id(page, "name-filter").send_keys("pic-2")
    order = names(page)
    page.find_element(By.CSS_SELECTOR, "#list .open").send_keys(Keys.ENTER)
    assert by_id(page, "viewer-name").text == order[0]
    type_key(page, "n")
    assert by_id(page, "viewer-name").text == order[1]
    by_id(page, "previous").click()
    type_key(page, "p")
    assert by_id(page, "viewer-name").text == order[-1]
    type_key(page, Keys.ESCAPE)
    assert not by_id(page, "viewer").is_displayed()
    assert page.switch_to.active_element.text == order[-1]


def test_plots_follow_the_error(page):
    def histogram():
        return by_id(page, "histogram").get_attribute("innerHTML")

    before = histogram()
    assert len(page.find_elements(By.CSS_SELECTOR, "#area .point")) == IMAGES
    Select(by_id(page, "metric")).select_by_value("conn")
    assert histogram() != before
    assert "Conn" in by_id(page, "cumulative").text
    point = page.find_element(By.CSS_SELECTOR, "#area .point")
    page.execute_script("arguments[0].dispatchEvent(new Event('click'))", point)
    assert by_id(page, "viewer").is_displayed()


def test_a_gallery_has_no_scores_and_compares_with_the_image(browser, tmp_path):
    items, pictures = [], []
    for number in range(3):
        image, trimap, alpha = blob(number)
        items.append({"name": f"photo {number}", "width": 64, "height": 48})
        matte = {"thumbnail": data_url(alpha, THUMBNAIL), "matte": data_url(alpha)}
        pictures.append({"image": data_url(image), "trimap": data_url(trimap), "sources": [matte]})
    path = tmp_path / "gallery.html"
    path.write_bytes(render_page("Gallery", {"items": items}, pictures))
    browser.get(path.as_uri())
    assert names(browser) == ["photo 0", "photo 1", "photo 2"]
    assert not by_id(browser, "summary").is_displayed()
    assert not by_id(browser, "least").is_displayed()
    open_image(browser, "photo 1")
    assert by_id(browser, "viewer-scores").text == "64 × 48"
    assert by_id(browser, "right-tag").text == "image"
    assert not browser.find_element(By.CSS_SELECTOR, "[data-layer=truth]").is_enabled()
    assert not by_id(browser, "worst").is_displayed()
    assert [line for line in browser.get_log("browser") if line["level"] == "SEVERE"] == []
