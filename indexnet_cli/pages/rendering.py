"""One HTML file from the template, the styles, the scripts and the data."""

from __future__ import annotations

import html
import json
from collections.abc import Iterable
from importlib.resources import files
from typing import Any

# In the order in which they need each other.
SCRIPTS = ("state.js", "plots.js", "summary.js", "images.js", "viewer.js", "start.js")


def render_page(title: str, content: dict[str, Any], pictures: Iterable[dict[str, Any]]) -> bytes:
    """The page as UTF-8, everything inline; it loads nothing.

    content: what ``state.js`` describes, ready for JSON, with ``items``; pictures: for each item,
    in the same order, its pictures as data URLs (``image``, ``trimap``, ``truth``, ``sources``).
    They come last, as text that the browser does not decode before it is asked for: the rest of the
    page is there before they are read.
    """
    scripts = "\n".join(read_asset(name) for name in SCRIPTS)
    head, tail = read_asset("page.html").split("{{pictures}}")
    parts = {
        "{{title}}": html.escape(title),
        "{{style}}": read_asset("page.css"),
        "{{script}}": scripts,
        "{{content}}": _block("content", content),
    }
    for mark, text in parts.items():
        head = head.replace(mark, text)
    blocks = (_block(f"pictures-{number}", shown) for number, shown in enumerate(pictures))
    # Bytes of file names that are no text come as surrogates: in JSON, as their escapes.
    return "".join([head, *blocks, tail]).encode("utf-8", "backslashreplace")


def read_asset(name: str) -> str:
    """The text of a template, style or script of this folder."""
    return (files("indexnet_cli.pages") / name).read_text("utf-8")


def _block(name: str, content: dict[str, Any]) -> str:
    # Escaped so that no text in it can end the element.
    text = json.dumps(content, ensure_ascii=False, separators=(",", ":"), allow_nan=False)
    text = text.replace("<", "\\u003c")
    return f'<script type="application/json" id="{name}">{text}</script>\n'
