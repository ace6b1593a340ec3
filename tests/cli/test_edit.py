"""``indexnet edit`` up to the point where it serves; the rest is in tests/editor."""

from __future__ import annotations

import json
import socket
import webbrowser
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from indexnet_cli.editor.journal import EditJournal
from indexnet_cli.editor.server import EditorServer
from tests.cli.running import invoke, save_pair


@pytest.fixture
def started(monkeypatch):
    """Lets the server end at once; gives the trimaps and outputs that it would have served."""
    seen = []

    def serve(server):
        session, saving = server.routes._session, server.routes._saving
        seen.append((session.trimap.copy(), dict(saving.outputs)))
        saving.save(session, server.routes._live)
        raise KeyboardInterrupt

    monkeypatch.setattr(EditorServer, "serve_forever", serve)
    monkeypatch.setattr(webbrowser, "open", lambda _address: pytest.fail("a browser was opened"))
    return seen


@pytest.fixture
def edit(started, weights_file):
    def edit(*arguments):
        return invoke("edit", *arguments, "--no-browser", "--weights", weights_file)

    return edit


def test_saves_beside_the_image_and_replaces_its_own(edit, started, tmp_path):
    image, trimap = save_pair(tmp_path)
    first = edit(image, trimap)
    assert first.exit_code == 0, first.output
    assert first.stdout.startswith("http://127.0.0.1:")
    levels, outputs = started[0]
    assert {path.name for path in outputs.values()} == {
        "photo_alpha.png",
        "photo_trimap.png",
        "photo_cutout.png",
    }
    assert np.array_equal(np.asarray(Image.open(outputs["trimap"])), levels)
    again = edit(image)
    assert again.exit_code == 0, again.output
    assert "going on" in again.stderr
    assert np.array_equal(started[1][0], levels)
    Image.new("L", (48, 40)).save(outputs["alpha"])  # somebody else's now
    refused = edit(image)
    assert refused.exit_code == 2
    assert "photo_alpha.png exists already" in refused.stderr
    assert edit(image, "--overwrite").exit_code == 0


def test_fresh_forgets(edit, started, tmp_path):
    image, trimap = save_pair(tmp_path)
    edit(image, trimap)
    assert started[0][0].any()
    assert edit(image, "--fresh", "--overwrite").exit_code == 0
    assert not started[1][0].any()


def test_starts_from_a_mask_or_a_box(edit, started, tmp_path):
    rows, columns = np.mgrid[:80, :100]
    disc = np.hypot(rows - 40, columns - 50) < 20
    pixels = np.where(disc[:, :, None], (220, 180, 60), (30, 40, 50)).astype(np.uint8)
    image, mask = tmp_path / "a.png", tmp_path / "m.png"
    Image.fromarray(pixels).save(image)
    Image.fromarray(disc.astype(np.uint8) * 255).save(mask)
    assert edit(image, "--mask", mask).exit_code == 0
    assert edit(image, "--box", "20,10,60,60").exit_code == 0
    for levels, _ in started:
        assert (levels[40, 50], levels[2, 2]) == (255, 0)
        assert (levels == 128).any()


def test_folder_and_list_of_outputs(edit, started, tmp_path):
    image, _ = save_pair(tmp_path)
    folder = tmp_path / "out" / "made"
    assert edit(image, "-o", image).exit_code == 3  # that is no folder
    assert edit(image, "-o", folder, "--save", "cutout", "--format", "webp").exit_code == 0
    assert [path.name for path in folder.iterdir()] == ["photo_cutout.webp"]


def test_only_the_trimap_may_be_replaced(edit, started, tmp_path):
    image, trimap = save_pair(tmp_path)
    own = trimap.rename(tmp_path / "photo_trimap.png")
    refused = edit(image, own)
    assert refused.exit_code == 2
    assert "exists already" in refused.stderr
    assert edit(image, own, "--overwrite").exit_code == 0
    assert edit(image, own).exit_code == 0  # ours now, and no new start
    assert np.array_equal(started[0][0], started[1][0])
    for option in ((), ("--mask",)):
        other = own.with_name("photo_alpha.png")
        refused = edit(image, *option, other, "--overwrite")
        assert refused.exit_code == 2
        assert "is an input" in refused.stderr


def test_json_and_ports(edit, tmp_path):
    image, _ = save_pair(tmp_path)
    told = json.loads(edit(image, "--json").stdout)
    assert told["address"].startswith("http://127.0.0.1:")
    assert told["device"] == "cpu"
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        refused = edit(image, "--port", taken.getsockname()[1], "--overwrite")
    assert refused.exit_code == 2
    assert "--port" in refused.stderr


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (["missing.png"], 3, "does not exist"),
        (["-"], 2, "files only"),
        (["photo.jpg", "--model", "aimnet"], 2, "takes no trimap"),
        (["photo.jpg", "trimap.png", "--box", "1,2,3,4"], 2, "exclude"),
        (["photo.jpg", "--save", "composite"], 2, "background"),
        (["photo.jpg", "--port", "80"], 2, "1024"),
        (["photo.jpg", "--max-pixels", "100"], 3, "limit"),
    ],
)
def test_what_cannot_be_meant(tmp_path, monkeypatch, arguments, code, said):
    save_pair(tmp_path)
    monkeypatch.chdir(tmp_path)
    result = invoke("edit", *arguments, "--no-browser")
    assert result.exit_code == code, result.output
    assert said in result.stderr


def test_one_editor_a_picture(tmp_path):
    image, _ = save_pair(tmp_path)
    journal = EditJournal(Path(image))
    result = invoke("edit", image, "--no-browser")
    journal.close()
    assert result.exit_code == 2
    assert "open in an editor" in result.stderr
