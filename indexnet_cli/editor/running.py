"""The parts of the editor, put together for as long as they are needed."""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from contextlib import contextmanager

from indexnet_cli.editor.journal import Address
from indexnet_cli.editor.live_matte import LiveMatte
from indexnet_cli.editor.routes import Routes
from indexnet_cli.editor.saving import Saving
from indexnet_cli.editor.server import EditorServer
from indexnet_cli.editor.session import Session
from indexnet_cli.engine.matter import Matter
from indexnet_cli.errors import UsageError
from indexnet_cli.imaging.trimap_style import TrimapStyle


@contextmanager
def serving(
    session: Session,
    matter: Matter,
    quick: Matter,
    saving: Saving,
    name: str,
    style: TrimapStyle,
    port: int | None = None,
) -> Iterator[EditorServer]:
    """A server for the session, still to be run.

    ``quick`` makes the previews; ``style``: how a box becomes a trimap.

    Without ``port`` it is where it was before, if that is free: a page that is open then goes on
    by itself. The token is made once a picture and kept where only the user can read.
    Raises UsageError when ``port`` is taken.
    """
    live = LiveMatte(session, matter, quick)
    try:
        routes = Routes(session, live, saving, name, style)
        with _open(session, routes, port) as server:
            yield server
    finally:
        live.close()


def _open(session: Session, routes: Routes, port: int | None) -> EditorServer:
    before = session.journal.address()
    token = before.token if before else secrets.token_urlsafe(24)
    try:
        server = EditorServer(routes, token, port or (before.port if before else 0))
    except UsageError:
        if port is not None:
            raise
        server = EditorServer(routes, token)
    session.journal.note_address(Address(server.server_port, token))
    return server
