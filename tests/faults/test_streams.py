"""Standard streams that are closed, full, or read by nobody."""

from __future__ import annotations

import os
import random
import subprocess
import sys
from pathlib import Path

import pytest

from tests.cli.running import environment, save_pair
from tests.faults.running import Command, Ran, assert_told, contents, run
from tests.faults.sets import save_mattes
from tests.faults.test_paths import KNOWN, _mask

pytestmark = pytest.mark.skipif(os.name == "nt", reason="POSIX shells")


def in_shell(line: str, folder: Path) -> Ran:
    """A line for sh, in which ``indexnet`` is the program."""
    program = f'indexnet() {{ "{sys.executable}" -m indexnet_cli "$@"; }}; '
    done = subprocess.run(
        ["sh", "-c", program + line], capture_output=True, env=environment(), cwd=folder
    )
    return Ran(done.returncode, done.stdout, done.stderr.decode())


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    save_pair(tmp_path)
    (tmp_path / "mask.png").write_bytes(_mask())
    return tmp_path


MATTE = f"indexnet matte photo.jpg --mask mask.png {' '.join(KNOWN)}"


@pytest.mark.parametrize("streams", [">&-", "2>&-", "<&-", "<&- >&- 2>&-"])
def test_closed_streams_do_not_keep_from_work(folder: Path, streams: str) -> None:
    """And no file gets the number of one, so that nothing is printed into it."""
    ran = in_shell(f"{MATTE} -o o.png {streams}", folder)
    assert ran.code == 0, ran
    assert (folder / "o.png").read_bytes().startswith(b"\x89PNG")
    assert (folder / "o.png").read_bytes().endswith(b"IEND\xaeB`\x82")


@pytest.mark.parametrize(
    ("line", "code"),
    [
        (f"{MATTE} -o - >&-", 3),
        ("indexnet weights list >&-", 3),
        ("indexnet matte - mask.png -o o.png <&-", 3),
        ("indexnet weights list > /dev/full", 3),
        (f"{MATTE} -o - > /dev/full", 3),
        (f"{MATTE} -o o.png --json > /dev/full", 3),
    ],
)
def test_streams_that_take_or_give_nothing(folder: Path, line: str, code: int) -> None:
    before = contents(folder)
    ran = in_shell(line, folder)
    assert_told(ran, code)
    assert contents(folder).keys() - before.keys() <= {"o.png"}


@pytest.mark.parametrize(
    "line", [f"{MATTE} -q -o - | true", "indexnet weights list | true", f"{MATTE} -v 2>&1 | true"]
)
def test_nobody_reads(folder: Path, line: str) -> None:
    assert in_shell(line, folder).err == ""


def test_an_error_that_nobody_reads(folder: Path) -> None:
    """The exit code still tells it."""
    ran = in_shell("{ indexnet matte no.png mask.png; echo $? > code; } 2>&1 | true", folder)
    assert ran.err == ""
    assert (folder / "code").read_text().strip() in ("3", "141")


def test_no_terminal_is_asked_for(folder: Path) -> None:
    image, mask = folder / "photo.jpg", folder / "mask.png"
    ran = run("matte", image, "--mask", mask, *KNOWN, prefix=("setsid",))
    assert ran.code == 0, ran


@pytest.mark.parametrize(
    "arguments",
    [
        ("--help",),
        ("matte", "--help"),
        ("info",),
        ("info", "--json"),
        ("weights", "list"),
        ("weights", "list", "--json"),
        ("weights", "path", "indexnet.open"),
        ("weights", "verify", "indexnet.open"),
        ("matte", "photo.jpg", "--mask", "mask.png", *KNOWN, "-o", "o.png", "--json"),
        ("matte", "photo.jpg", "--mask", "mask.png", *KNOWN, "-o", "-"),
        ("batch", "./*.jpg", "--mask-dir", ".", *KNOWN, "-o", "out", "--json"),
        ("trimap", "mask.png", "-o", "o.png", "--json"),
        ("trimap", "mask.png", "-o", "-"),
        ("composite", "photo.jpg", "mask.png", "--bg", "red", "-o", "o.png", "--json"),
        ("composite", "photo.jpg", "mask.png", "--bg", "red", "-o", "-"),
        ("eval", "set/pred", "--alpha", "set/alpha", "--trimap", "set/trimap"),
        ("eval", "set/pred", "--alpha", "set/alpha", "--trimap", "set/trimap", "--json"),
        ("composite", "--dataset", "set", "--each", "1", "-o", "made", "--json"),
    ],
    ids=" ".join,
)
def test_nobody_reads_what_a_command_prints(
    folder: Path, monkeypatch: pytest.MonkeyPatch, arguments: tuple[str, ...]
) -> None:
    """It ends at once and without a word, as if by SIGPIPE; what it wrote is whole."""
    save_mattes(folder / "set", ["a"])
    monkeypatch.chdir(folder)
    (folder / "photo_mask.png").write_bytes(_mask())
    unread = random.choice(("out", "out err"))
    ran = Command(folder / "said", *arguments, UNREAD=unread).end()
    # Notes for people may come before; the shell's code for SIGPIPE tells the rest.
    assert ran.code in (0, 141) or (arguments[-1] == "--help" and ran.code == 1), ran  # Typer's
    assert not any(word in ran.err for word in ("Traceback", "error", "Exception", "Errno"))
    assert not list(folder.rglob("*.part"))
