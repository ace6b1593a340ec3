"""A download that is not whole yet: the bytes so far, and what is needed to go on with it."""

from __future__ import annotations

import json
import re
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from indexnet_cli.json_reading import parse_json

if TYPE_CHECKING:
    from requests import Response


def whole_number(text: str) -> int | None:
    """The number that a header gives, if it is one that a file can have."""
    return int(text) if re.fullmatch("[0-9]{1,18}", text) else None


@dataclass(frozen=True)
class Origin:
    """Which file the bytes are of: its address, the server's mark of the version, its length."""

    url: str
    validator: str | None
    total: int | None

    @classmethod
    def of(cls, response: Response, url: str) -> Origin:
        """What an answer with the whole file says of it."""
        tag = response.headers.get("ETag", "")
        strong = tag if tag.startswith('"') else None
        length = whole_number(response.headers.get("Content-Length", ""))
        plain = response.headers.get("Content-Encoding", "identity") == "identity"
        return cls(url, strong or response.headers.get("Last-Modified"), length if plain else None)

    @classmethod
    def parse(cls, text: str) -> Origin:
        """What was written down. Raises ``ValueError`` if that is damaged."""
        try:
            origin = cls(**parse_json(text))
            fits = re.fullmatch("[ -~]*", origin.validator or "")  # else it is no header
        except TypeError as error:
            raise ValueError("not an origin") from error
        if not (fits and isinstance(origin.url, str) and isinstance(origin.total, int | None)):
            raise ValueError("not an origin")
        return origin


class Partial:
    """``FILE.part`` beside where FILE will lie, and its origin in ``FILE.part.json``."""

    def __init__(self, destination: Path) -> None:
        self.path = destination.with_name(destination.name + ".part")
        self._note = destination.with_name(destination.name + ".part.json")

    @property
    def size(self) -> int:
        """Bytes so far."""
        return self.path.stat().st_size if self.path.is_file() else 0

    @property
    def origin(self) -> Origin | None:
        """Where the bytes so far come from; ``None`` if that is not known."""
        try:
            return Origin.parse(self._note.read_text(encoding="utf-8"))
        except (FileNotFoundError, ValueError):
            return None

    @property
    def is_whole(self) -> bool:
        """Whether all bytes are here."""
        origin = self.origin
        return origin is not None and origin.total == self.size > 0

    def begin(self, origin: Origin) -> None:
        """Start anew with a file of ``origin``."""
        self.clear()
        self._note.write_text(json.dumps(asdict(origin)), encoding="utf-8")

    def clear(self) -> None:
        """Forget what there is."""
        self.path.unlink(missing_ok=True)
        self._note.unlink(missing_ok=True)

    def range_headers(self, url: str, verified: bool) -> dict[str, str]:
        """The headers that ask for the rest; none if the bytes so far cannot be relied on.

        ``verified``: whether the file is checked against a published pin, which finds out
        if the rest does not belong to the beginning. Otherwise the server must say.
        """
        origin = self.origin
        if origin is None or origin.url != url or not self.size:
            return {}
        if origin.validator is None and not verified:
            return {}
        headers = {"Range": f"bytes={self.size}-"}
        return headers if origin.validator is None else {**headers, "If-Range": origin.validator}
