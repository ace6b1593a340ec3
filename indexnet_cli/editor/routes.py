"""What the page can ask for."""

from __future__ import annotations

import html
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from http import HTTPStatus
from importlib.resources import files
from typing import Any

import numpy as np

from indexnet_cli.editor.live_matte import LiveMatte
from indexnet_cli.editor.operations import Replace, parse_operation
from indexnet_cli.editor.saving import Saving
from indexnet_cli.editor.session import Session
from indexnet_cli.engine.regions import Region
from indexnet_cli.errors import UsageError
from indexnet_cli.imaging.grabcut import mask_from_box
from indexnet_cli.imaging.levels import convert_depth
from indexnet_cli.imaging.trimap_style import TrimapStyle

JSON, BYTES = "application/json", "application/octet-stream"
KINDS = {".html": "text/html", ".css": "text/css", ".js": "text/javascript"}
LONGEST_WAIT = 15.0  # seconds; then the page asks again


@dataclass(frozen=True)
class Reply:
    """An answer of the server."""

    body: bytes
    kind: str
    headers: Mapping[str, str] = field(default_factory=dict)
    status: HTTPStatus = HTTPStatus.OK

    @classmethod
    def of_json(cls, content: Any, status: HTTPStatus = HTTPStatus.OK) -> Reply:
        """An answer in JSON."""
        return cls(json.dumps(content).encode(), JSON, status=status)


class Routes:
    """Tables of what is answered by path below the token: ``reading`` (GET), ``writing`` (POST).

    Nothing of a request ever becomes a path of a file.
    """

    def __init__(
        self, session: Session, live: LiveMatte, saving: Saving, name: str, style: TrimapStyle
    ) -> None:
        self._session = session
        self._live = live
        self._saving = saving
        self._name = name
        self._style = style
        self._image = convert_depth(session.picture.pixels, np.uint8).tobytes()
        self.reading: dict[str, Callable[[Mapping[str, str]], Reply]] = {
            "state": lambda _query: Reply.of_json(self._state()),
            "image": lambda _query: Reply(self._image, BYTES),
            "trimap": self._trimap,
            "matte": self._matte,
        }
        for asset in _assets(name):
            self.reading[asset[0]] = lambda _query, reply=asset[1]: reply  # type: ignore[misc]
        self.writing: dict[str, Callable[[Mapping[str, Any]], Reply]] = {
            "operations": self._operate,
            "box": self._box,
            "save": self._save,
        }

    def _state(self, changed: Region | None = None) -> dict[str, Any]:
        session = self._session
        with session.lock:
            height, width = session.size
            unknown = float((session.trimap == 128).mean())
            return {
                "name": self._name,
                "picture": session.journal.digest,
                "width": width,
                "height": height,
                "revision": session.revision,
                "canUndo": bool(session.history.done),
                "canRedo": bool(session.history.undone),
                "unknown": unknown,
                "outputs": {kind: str(path) for kind, path in self._saving.outputs.items()},
                "changed": None if changed is None else _box_of(changed),
            }

    def _trimap(self, query: Mapping[str, str]) -> Reply:
        session = self._session
        try:
            left, top, width, height = (
                int(query[name]) for name in ("left", "top", "width", "height")
            )
        except (KeyError, ValueError):
            raise UsageError("A region is left, top, width and height.") from None
        region = Region(top, top + height, left, left + width).clip(*session.size)
        with session.lock:
            levels = session.trimap[region.slices].tobytes()
            told = {"box": _box_of(region), "revision": session.revision}
        return Reply(levels, BYTES, {"X-Told": json.dumps(told)})

    def _matte(self, query: Mapping[str, str]) -> Reply:
        after = query.get("after", "0")
        if not after.isdecimal():
            raise UsageError("after is the number of a matte.")
        patch = self._live.patch_after(int(after), LONGEST_WAIT)
        if patch is None:
            return Reply(b"", BYTES, status=HTTPStatus.NO_CONTENT)
        told = {
            "box": _box_of(patch.region),
            "serial": patch.serial,
            "revision": patch.revision,
            "exact": patch.exact,
            "problem": patch.problem,
        }
        body = patch.alpha.tobytes() + patch.foreground.tobytes()
        return Reply(body, BYTES, {"X-Told": json.dumps(told)})

    def _operate(self, body: Mapping[str, Any]) -> Reply:
        given = body.get("operations")
        if not isinstance(given, list):
            raise UsageError("Operations are a list.")
        operations = [parse_operation(record) for record in given]
        if any(isinstance(operation, Replace) for operation in operations):
            raise UsageError("The page replaces no trimap.")
        changed: Region | None = None
        for operation in operations:
            region = self._session.apply(operation)
            if min(region.size) > 0:
                changed = region if changed is None else changed.around(region)
        return Reply.of_json(self._state(changed))

    def _box(self, body: Mapping[str, Any]) -> Reply:
        box = body.get("box")
        if not isinstance(box, list) or [type(each) for each in box] != [int] * 4:
            raise UsageError("A box is x, y, width and height.")
        x, y, width, height = box
        mask = mask_from_box(self._session.picture.pixels, (x, y, width, height))
        trimap = self._style.make((mask / 255).astype(np.float32))
        return Reply.of_json(self._state(self._session.start_with(trimap)))

    def _save(self, _body: Mapping[str, Any]) -> Reply:
        saved = self._saving.save(self._session, self._live)
        return Reply.of_json({**self._state(), "saved": [str(path) for path in saved]})


def _assets(name: str) -> list[tuple[str, Reply]]:
    """The files of the page by their names; the page itself by none."""
    found = []
    for file in (files("indexnet_cli.editor") / "page").iterdir():
        suffix = file.name[file.name.rfind(".") :]
        if suffix in KINDS:
            text = file.read_text("utf-8").replace("{{name}}", html.escape(name))
            route = "" if suffix == ".html" else file.name
            found.append((route, Reply(text.encode(), f"{KINDS[suffix]}; charset=utf-8")))
    return found


def _box_of(region: Region) -> dict[str, int]:
    height, width = region.size
    return {"left": region.left, "top": region.top, "width": width, "height": height}
