"""Names and places that files can have, and those that they cannot."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from tests.cli.running import invoke, save_pair
from tests.faults.running import assert_told, contents, run
from tests.faults.sets import assembling, evaluation, save_mattes
from tests.faults.test_bad_pictures import told

posix = pytest.mark.skipif(os.name == "nt", reason="no such names on Windows")
KNOWN = ("--erode", "0")  # with it a mask is its own matte: nothing here waits for a network
NAMES = [
    "with spaces",
    'it\'s "quoted"',
    "-o",
    "--json",
    "new\nline",
    "\x1b[31mred",
    "family \U0001f468\u200d\U0001f469\u200d\U0001f467",
    "line\u2028separator",
    "$(touch pwned);`touch pwned`",
    "%s{0}",
    os.fsdecode(b"latin-\xe9\xff"),
    "x" * 241,  # with _alpha.png at the end 251 bytes
    "100%",
    "~",
    "a,b;c",
]


@posix
@pytest.mark.parametrize("name", NAMES, ids=ascii)
def test_every_name_is_matted(tmp_path: Path, name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = tmp_path / "in"
    folder.mkdir()
    image, _ = save_pair(tmp_path)
    photo, mask = folder / f"{name}.jpg", folder / f"{name}_mask.png"
    photo.write_bytes(image.read_bytes())
    mask.write_bytes(_mask())
    before = contents(folder)
    monkeypatch.chdir(folder)
    result = told("matte", "--mask", mask.name, *KNOWN, "--json", "--", photo.name)
    assert result.code == 0, result
    output = Path(json.loads(result.out)["output"])
    assert output == Path(f"{name}_alpha.png")
    after = contents(folder)
    assert set(after) - set(before) == {str(output)}
    assert {key: after[key] for key in before} == before
    assert "\x1b" not in result.err


@posix
def test_all_names_in_one_batch(tmp_path: Path) -> None:
    """Also resumed, in a list, in the gallery, and as JSON."""
    folder, out = tmp_path / "in", tmp_path / "out"
    folder.mkdir()
    image, _ = save_pair(tmp_path)
    for name in NAMES:
        (folder / f"{name}.jpg").write_bytes(image.read_bytes())
        (folder / f"{name}_mask.png").write_bytes(_mask())
    missing = os.fsdecode(b"missing-\xff.jpg")
    (folder / missing).write_bytes(image.read_bytes())
    arguments = ("batch", folder, "--mask-dir", folder, *KNOWN, "-o", out, "--json")
    first = invoke(*arguments, "--gallery", tmp_path / "page.html")
    assert first.exit_code == 1, first.output
    told_of = {json.loads(line)["image"] for line in first.stdout.split("\n") if line}
    assert told_of >= {str(folder / f"{name}.jpg") for name in NAMES}
    assert {f"{name}.png" for name in NAMES} <= set(contents(out))
    assert os.fsencode(missing) in (out / "failures.csv").read_bytes()
    before = contents(out)
    again = invoke(*arguments)
    states = [json.loads(line)["status"] for line in again.stdout.split("\n") if line]
    assert states.count("done before") == len(NAMES)
    assert contents(out) == before


@posix
def test_all_names_in_every_command_that_takes_folders(tmp_path: Path) -> None:
    root = save_mattes(tmp_path / "set", NAMES)
    before, count = contents(root), len(NAMES)
    composing = ("composite", root / "image", root / "alpha", "--background", "white")
    for arguments in (("trimap", root / "alpha"), composing):
        out = tmp_path / arguments[0]
        ran = told(*arguments, "-o", out, "--json")
        assert ran.code == 0, ran
        assert len(json.loads(ran.out)) == len(contents(out)) == count
    table, page = tmp_path / "scores.csv", tmp_path / "page.html"
    ran = told(*evaluation(root), "--csv", table, "--report", page)
    assert ran.code == 0, ran
    assert b"\x1b" not in ran.out + ran.err.encode()
    assert all(os.fsencode(NAMES[0]) in part for part in (ran.out, table.read_bytes()))
    assert os.fsencode(NAMES[10]) in table.read_bytes()
    assert page.read_bytes().decode("utf-8")
    ran = told(*evaluation(root), "--json")
    (source,) = json.loads(ran.out)["sources"]
    assert {image["name"] for image in source["images"]} == {*NAMES}
    ran = told(*assembling(root, tmp_path / "made"))
    assert ran.code == 0, ran
    assert sum(name.endswith(".png") for name in contents(tmp_path / "made")) >= count
    assert "0 made" in told(*assembling(root, tmp_path / "made")).err
    assert contents(root) == before


@posix
@pytest.mark.parametrize("name", NAMES, ids=ascii)
def test_every_name_in_the_commands_for_one_picture(
    tmp_path: Path, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    root = save_mattes(tmp_path, [name])
    before = contents(root)
    monkeypatch.chdir(root / "image")
    over, alpha = f"../over {name[:200]}.png", f"../alpha/{name}.png"
    trimap = f"../trimap {name[:200]}.png"
    ran = told("composite", "--background", "red", "-o", over, "--", f"{name}.jpg", alpha)
    assert ran.code == 0, ran
    ran = told("trimap", f"--output={trimap}", "--", alpha)
    assert ran.code == 0, ran
    made = {os.path.normpath(f"image/{path}") for path in (over, trimap)}
    assert set(contents(root)) == {*before, *made}


@posix
def test_bytes_that_are_no_text_in_a_process(tmp_path: Path) -> None:
    image, _ = save_pair(tmp_path)
    mask = tmp_path / "mask.png"
    mask.write_bytes(_mask())
    target = os.fsencode(tmp_path) + b"/\xff\xfe.png"
    ran = run("matte", image, "--mask", mask, *KNOWN, "-o", target, "--json")
    assert ran.code == 0, ran
    assert os.fsencode(json.loads(ran.out)["output"]) == target
    assert Path(os.fsdecode(target)).is_file()
    again = run("matte", image, "--mask", mask, *KNOWN, "-o", target)
    assert_told(again, 2, "exists already")


def test_names_that_are_too_long(tmp_path: Path) -> None:
    image, trimap = save_pair(tmp_path)
    before = contents(tmp_path)
    long = "x" * 300 + ".png"
    assert_told(told("matte", image, trimap, "-o", tmp_path / long), 3, "too long")
    assert_told(told("matte", tmp_path / long, trimap, "-o", tmp_path / "o.png"), 3, "xxx.png")
    assert_told(told("batch", tmp_path / long, "-o", tmp_path / "out"), 3)
    assert_told(told("batch", tmp_path, "-o", tmp_path / ("y" * 300)), 3, "yyy")
    limit = tmp_path / ("z" * 247 + ".jpg")
    limit.write_bytes(image.read_bytes())
    assert_told(told("matte", limit, trimap), 3, "too long")
    limit.unlink()
    assert contents(tmp_path) == before


@posix
def test_a_newline_in_a_name_stays_one_line(tmp_path: Path) -> None:
    ran = told("matte", tmp_path / "a\nb\x1b[2J.png", tmp_path / "t.png")
    assert_told(ran, 3, r"a\nb\x1b[2J.png does not exist")


@posix
def test_links(tmp_path: Path) -> None:
    image, _ = save_pair(tmp_path)
    mask = tmp_path / "mask.png"
    mask.write_bytes(_mask())
    for link, target in (("dangling.png", "nowhere.png"), ("loop.png", "loop.png")):
        (tmp_path / link).symlink_to(tmp_path / target)
    (tmp_path / "linked.jpg").symlink_to(image)
    (tmp_path / "to-input.png").symlink_to(image)
    before = contents(tmp_path)
    out = tmp_path / "o.png"
    assert_told(told("matte", tmp_path / "dangling.png", mask, "-o", out), 3, "does not exist")
    assert_told(told("matte", tmp_path / "loop.png", mask, "-o", out), 3, "loop.png")
    matte = ("matte", image, "--mask", mask, *KNOWN)
    assert_told(told(*matte, "-o", tmp_path / "loop.png", "--overwrite"), 3, "loop.png")
    assert_told(told(*matte, "-o", tmp_path / "to-input.png", "--overwrite"), 2, "is an input")
    assert contents(tmp_path) == before
    # Where a link leads to nowhere yet, the file is made there.
    assert told(*matte, "-o", tmp_path / "dangling.png", "--overwrite").code == 0
    assert (tmp_path / "nowhere.png").is_file()
    assert (tmp_path / "dangling.png").is_symlink()
    linked = ("matte", tmp_path / "linked.jpg", "--mask", mask, *KNOWN, "-o", out)
    assert told(*linked).code == 0


def test_places_that_are_not_there(tmp_path: Path) -> None:
    image, trimap = save_pair(tmp_path)
    before = contents(tmp_path)
    matte = ("matte", image, trimap, "-o")
    assert_told(told(*matte, tmp_path / "no" / "o.png"), 3, "folder", "does not exist")
    assert_told(told(*matte, image / "o.png"), 3, "o.png")
    assert_told(told(*matte, tmp_path / "o.xyz"), 2, ".xyz")
    assert_told(told("batch", tmp_path, "-o", image), 2, "photo.jpg is no folder")
    assert_told(told("eval", tmp_path / "no", "--data-dir", tmp_path / "no"), 3, "no")
    assert contents(tmp_path) == before


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="root may do all")
def test_no_permission(tmp_path: Path) -> None:
    image, trimap = save_pair(tmp_path)
    closed = tmp_path / "closed"
    closed.mkdir(mode=0o500)
    assert_told(told("matte", image, trimap, "-o", closed / "o.png"), 3, "no permission")
    image.chmod(0)
    assert_told(told("matte", image, trimap, "-o", tmp_path / "o.png"), 3, "permission denied")


@pytest.mark.skipif(not Path("/proc/self").exists(), reason="Linux only")
def test_a_folder_that_takes_no_files(tmp_path: Path) -> None:
    """Not even root's."""
    image, _ = save_pair(tmp_path)
    mask = tmp_path / "photo_mask.png"
    mask.write_bytes(_mask())
    before = contents(tmp_path)
    matte = ("matte", image, "--mask", mask, *KNOWN, "-o", "/proc/o.png")
    assert_told(told(*matte), 3, "/proc/o.png")
    ran = told("batch", tmp_path, "--mask-dir", tmp_path, *KNOWN, "-o", "/proc/out")
    assert ran.code == 3, ran
    assert "/proc/out" in ran.err
    assert contents(tmp_path) == before


def test_lists_that_are_no_lists(tmp_path: Path) -> None:
    image, trimap = save_pair(tmp_path)
    for content, words in (
        (b"", "no picture"),
        (b"photo.jpg\n", "line 1"),
        (b'photo.jpg,"trimap.png\n', "line 1"),
        (b"photo.jpg,trimap.png,../out\n", "leaves the folder"),
        (b"photo.jpg,trimap.png,/etc/out\n", "leaves the folder"),
        (b"photo.jpg,tri\0map.png\n", "zero byte"),
        (b"\xff\xfe\x00", "UTF-8"),
        (b"photo.jpg," + b"x" * 200_000 + b"\n", "line 1"),
        (b"photo.jpg,trimap.png,a\nphoto.jpg,trimap.png,a\n", "both write"),
    ):
        (tmp_path / "list.csv").write_bytes(content)
        ran = told("batch", tmp_path / "list.csv", "-o", tmp_path / "out")
        assert ran.code in (2, 3), (content[:30], ran)
        assert_told(ran, ran.code, words)
        assert not (tmp_path / "out").exists()
    assert image.exists()
    assert trimap.exists()


def _mask() -> bytes:
    import numpy as np

    from tests.imaging.pictures import encode

    mask = np.zeros((40, 48), np.uint8)
    mask[10:30, 10:30] = 255
    return encode(mask)
