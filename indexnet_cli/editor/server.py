"""The editor's own web server: the page, the picture, and what is painted."""

from __future__ import annotations

import os
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

from indexnet_cli.editor.access import LOOPBACK, is_own, path_within
from indexnet_cli.editor.routes import Reply, Routes
from indexnet_cli.errors import IndexnetError, OutputError, UsageError
from indexnet_cli.json_reading import parse_json

LARGEST_BODY = 4 << 20
SECONDS_TO_SEND = 20.0
HEADERS = {
    "Cache-Control": "no-store",
    "Content-Security-Policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; "
        "img-src 'self' data: blob:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    ),
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
}


class EditorServer(ThreadingHTTPServer):
    """Serves ``routes`` below ``/TOKEN/`` on 127.0.0.1, and nothing else.

    ``port`` 0 takes any that is free. Raises UsageError when the port is taken.
    """

    daemon_threads = True  # a page that waits for news must not keep the program alive
    block_on_close = False
    allow_reuse_address = os.name != "nt"  # on Windows it would let two servers share a port

    def __init__(self, routes: Routes, token: str, port: int = 0) -> None:
        self.routes = routes
        self.token = token
        try:
            super().__init__((LOOPBACK, port), EditorHandler)
        except OSError as error:
            raise UsageError(
                f"Port {port} cannot be opened: {error.strerror or error}.",
                "Choose another with --port, or leave it out.",
            ) from error

    @property
    def address(self) -> str:
        """Where the page is."""
        return f"http://{LOOPBACK}:{self.server_port}/{self.token}/"

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A page that was closed in the middle of an answer is no error."""
        import sys

        if not isinstance(sys.exc_info()[1], (ConnectionError, TimeoutError)):
            super().handle_error(request, client_address)


class EditorHandler(BaseHTTPRequestHandler):
    """One connection."""

    server: EditorServer
    protocol_version = "HTTP/1.1"
    server_version, sys_version = "indexnet", ""
    timeout = SECONDS_TO_SEND

    def do_GET(self) -> None:
        """Page, picture, trimap, matte."""
        path = self._allowed(writing=False)
        if path is not None:
            query = {
                name: values[-1] for name, values in parse_qs(urlsplit(self.path).query).items()
            }
            self._answer(self.server.routes.reading, path, query)

    def do_POST(self) -> None:
        """Strokes, boxes, saving; the body is JSON."""
        path = self._allowed(writing=True)
        body = self._body() if path is not None else None
        if path is not None and body is not None:
            self._answer(self.server.routes.writing, path, body)

    def log_message(self, format: str, *args: Any) -> None:
        """Nothing: the terminal is the user's."""

    def _allowed(self, writing: bool) -> str | None:
        """The path below the token; None where the request is refused, which is then told."""
        path = path_within(self.path, self.server.token)
        if path is None or not is_own(dict(self.headers), self.server.server_port, writing):
            self._refuse(HTTPStatus.FORBIDDEN)
            return None
        return path

    def _body(self) -> Any:
        text = self.headers.get("Content-Length", "")
        if not text.isdecimal():
            return self._refuse(HTTPStatus.LENGTH_REQUIRED)
        if int(text) > LARGEST_BODY:
            return self._refuse(HTTPStatus.REQUEST_ENTITY_TOO_LARGE)
        if self.headers.get_content_type() != "application/json":
            return self._refuse(HTTPStatus.UNSUPPORTED_MEDIA_TYPE)
        try:
            body = parse_json(self.rfile.read(int(text)))
        except ValueError:
            return self._refuse(HTTPStatus.BAD_REQUEST)
        return body if isinstance(body, dict) else self._refuse(HTTPStatus.BAD_REQUEST)

    def _answer(self, table: Any, path: str, given: Any) -> None:
        route = table.get(path)
        if route is None:
            self._refuse(HTTPStatus.NOT_FOUND)
            return
        try:
            reply = route(given)
        except IndexnetError as error:
            told = {"error": error.message, "hint": error.hint}
            full = isinstance(error, OutputError)  # the page keeps what it painted and asks again
            reply = Reply.of_json(
                told, HTTPStatus.INSUFFICIENT_STORAGE if full else HTTPStatus.BAD_REQUEST
            )
        self._send(reply)

    def _refuse(self, status: HTTPStatus) -> None:
        self.close_connection = True  # its body, if there is one, was not read
        self._send(Reply(f"{status.value} {status.phrase}\n".encode(), "text/plain", status=status))

    def _send(self, reply: Reply) -> None:
        self.send_response(reply.status)
        for name, value in {**HEADERS, **reply.headers}.items():
            self.send_header(name, value)
        if self.close_connection:
            self.send_header("Connection", "close")
        self.send_header("Content-Type", reply.kind)
        self.send_header("Content-Length", str(len(reply.body)))
        self.end_headers()
        self.wfile.write(reply.body)
