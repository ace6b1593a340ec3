"""Take the picture of the editor in README: ``python docs/make_editor_picture.py``.

Needs Chromium, its driver and selenium. Opens ``indexnet edit`` on the picture of examples/.
"""

from __future__ import annotations

import io
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from PIL import Image
from selenium import webdriver
from selenium.webdriver.common.action_chains import ActionChains
from selenium.webdriver.common.by import By

ROOT = Path(__file__).parents[1]
TARGET = ROOT / "docs" / "images" / "editor.jpg"
SIZE, WIDTH = (1440, 960), 1080
PATIENCE = 300


def main() -> None:
    """Write docs/images/editor.jpg."""
    with tempfile.TemporaryDirectory() as folder:
        command = [sys.executable, "-m", "indexnet_cli", "edit", str(ROOT / "examples/fluff.jpg"),
                   str(ROOT / "examples/fluff_trimap.png"), "-o", folder, "--no-browser",
                   "--json"]  # fmt: skip
        environment = {**os.environ, "INDEXNET_HOME": folder}
        with subprocess.Popen(
            command, stdout=subprocess.PIPE, text=True, env=environment
        ) as editor:
            try:
                assert editor.stdout is not None
                lines = iter(editor.stdout.readline, "}\n")
                shot = take(json.loads("".join(lines) + "}")["address"])
            finally:
                editor.terminate()
    picture = Image.open(io.BytesIO(shot)).convert("RGB")
    height = round(picture.height * WIDTH / picture.width)
    picture.resize((WIDTH, height), Image.Resampling.LANCZOS).save(TARGET, quality=85)


def take(address: str) -> bytes:
    """A PNG of the page at ``address``, after one stroke."""
    options = webdriver.ChromeOptions()
    options.binary_location = shutil.which("chromium") or ""
    for argument in ("headless=new", "no-sandbox", f"window-size={SIZE[0]},{SIZE[1]}"):
        options.add_argument(f"--{argument}")
    service = webdriver.ChromeService(shutil.which("chromedriver"))
    browser = webdriver.Chrome(options=options, service=service)
    try:
        browser.get(address)
        await_state(browser)
        canvas = browser.find_element(By.ID, "canvas")
        stroke = ActionChains(browser, duration=80)
        stroke.move_to_element_with_offset(canvas, -40, 20).click_and_hold()
        stroke.move_by_offset(-35, 70).move_by_offset(-20, 60).release().perform()
        await_state(browser)
        return browser.get_screenshot_as_png()
    finally:
        browser.quit()


def await_state(browser: webdriver.Chrome) -> None:
    """Wait for the exact matte."""
    end = time.monotonic() + PATIENCE
    while browser.execute_script("return document.body.dataset.matte") != "exact":
        if time.monotonic() > end:
            raise TimeoutError("the matte did not come")
        time.sleep(0.2)


if __name__ == "__main__":
    main()
