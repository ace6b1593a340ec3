"""What servers and browsers give in place of a checkpoint, told by its first bytes."""

from __future__ import annotations

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
