"""What servers and browsers give in place of a checkpoint, told by the bytes themselves."""

from __future__ import annotations

import zipfile
from pathlib import Path

HEAD = 512
_MARKS = (
    ("a web page", (b"<!doctype", b"<html", b"<head", b"<body", b"<script", b"<?xml", b"<!--")),
    ("a pointer of Git LFS, not the file", (b"version https://git-lfs",)),
)


def describe_impostor(head: bytes) -> str | None:
    """What a file that begins with ``head`` is, if it is a known impostor."""
    start = head[:HEAD].lstrip(b"\xef\xbb\xbf \t\r\n").lower()
    return next((what for what, marks in _MARKS if start.startswith(marks)), None)


def describe_impostor_file(path: Path) -> str | None:
    """As ``describe_impostor``, for a file."""
    with path.open("rb") as stream:
        return describe_impostor(stream.read(HEAD))


def describe_flaw(path: Path) -> str | None:
    """What keeps ``path`` from being a whole checkpoint, as far as its ends show it."""
    with path.open("rb") as stream:
        head = stream.read(HEAD)
    if head.startswith(b"PK"):
        return None if zipfile.is_zipfile(path) else "a zip archive that is cut off"
    is_pickle, is_tar, is_safetensors = head[:1] == b"\x80", b"ustar" in head, head[8:9] == b"{"
    if is_pickle or is_tar or is_safetensors:
        return None
    return describe_impostor(head) or "neither zip, pickle, tar nor safetensors"
