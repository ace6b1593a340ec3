"""Credits of the training pictures, from the manifest of a pack."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping

from indexnet_cli.datasets.pack import RENDERED

Row = Mapping[str, str]

_LICENCES = {
    "CC-BY-2.0": "https://creativecommons.org/licenses/by/2.0/",
    "CC-BY-4.0": "https://creativecommons.org/licenses/by/4.0/",
    "CC0-1.0": "https://creativecommons.org/publicdomain/zero/1.0/",
    "MIT": "https://opensource.org/license/mit",
    "BSD-3-Clause": "https://opensource.org/license/bsd-3-clause",
    "Public domain": "",
}
_KINDS = {
    "fg": ("cut-out", "cut-outs"),
    "bg": ("photograph", "photographs"),
    "alpha": ("matte", "mattes"),
}


def pack_credits(rows: Iterable[Row]) -> str:
    """Write the rows of a manifest.csv as Markdown: by licence, repository and author.

    Rows have ``file``, ``kind`` (fg, bg, alpha), ``repo``, ``commit``, ``path`` and ``licence``.
    Files that ask for credit (CC-BY) are named, each under its author; others are counted. Renders
    are ours and left out.
    """
    licences: dict[str, dict[str, list[Row]]] = defaultdict(lambda: defaultdict(list))
    for row in rows:
        if row["kind"] == RENDERED:
            continue
        source = f"{row['repo']} @ {_short(row['commit'])}"
        licences[_licence(row["licence"])][source].append(row)
    parts = []
    for licence in sorted(licences):
        address = _LICENCES.get(licence, "")
        parts.append(f"\n### {licence}\n" + (f"\n<{address}>\n" if address else ""))
        parts.extend(
            _source(source, licences[licence][source]) for source in sorted(licences[licence])
        )
    return "\n".join(parts).strip()


def _source(source: str, rows: list[Row]) -> str:
    repository = source.split(" @ ")[0]
    line = f"- [{source}](https://github.com/{repository}): {_counted(rows)}"
    notes: dict[str, list[Row]] = defaultdict(list)
    for row in rows:
        notes[_note(row["licence"])].append(row)
    if not any(_asks_for_credit(row) for row in rows):
        said = ", ".join(note for note in sorted(notes) if note)
        return f"{line} ({said})" if said else line
    lines = [line]
    for note in sorted(notes, key=str.casefold):
        names = ", ".join(dict.fromkeys(_escape(row["path"].split("/")[-1]) for row in notes[note]))
        lines.append(f"  - {_linked(note) or 'no author named'}: {names}")
    return "\n".join(lines)


def _counted(rows: list[Row]) -> str:
    counts = Counter(row["kind"] for row in rows)
    words = {kind: _KINDS.get(kind, (kind, kind)) for kind in counts}
    return ", ".join(f"{counts[k]} {words[k][counts[k] > 1]}" for k in sorted(counts))


def _short(commit: str) -> str:
    return re.sub(r"^([0-9a-f]{10})[0-9a-f]+", r"\1", commit)


def _licence(text: str) -> str:
    return next((name for name in _LICENCES if text.startswith(name)), text)


def _note(text: str) -> str:
    """What the licence column says beyond the licence: an author, a collection."""
    note = text.removeprefix(_licence(text)).strip().removeprefix("/ ")
    if note.startswith("(") and note.endswith(")"):
        note = note[1:-1]
    return re.sub(r"^(CC-BY by|author) ", "", note)


def _asks_for_credit(row: Row) -> bool:
    return row["licence"].startswith("CC-BY")


def _linked(note: str) -> str:
    match = re.fullmatch(r"(.*) - (https?://\S+)", note)
    return f"[{_escape(match[1])}]({match[2]})" if match else _escape(note)


def _escape(text: str) -> str:
    return re.sub(r"([\\*_<>\[\]`])", r"\\\1", text)
