"""A server on this machine that serves files well, or badly in the ways that servers do."""

from __future__ import annotations

import hashlib
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

Serve = Callable[["Request"], None]


class Request(BaseHTTPRequestHandler):
    """One request; ``serve`` of the server's route answers it."""

    protocol_version = "HTTP/1.1"
    server: _Listening

    def do_GET(self) -> None:
        path = self.path.partition("?")[0]
        site = self.server.site
        site.log.append((self.path, self.headers.get("Range")))
        serve = site.routes.get(path)
        if serve is None:
            answer(self, 404, b"not found")
        else:
            serve(self)

    def log_message(self, *_args: object) -> None:
        pass


class _Listening(ThreadingHTTPServer):
    daemon_threads = True
    site: Site

    def handle_error(self, *_args: object) -> None:
        """Clients that hang up are what some tests are about."""


@dataclass
class Site:
    url: str
    routes: dict[str, Serve] = field(default_factory=dict)
    log: list[tuple[str, str | None]] = field(default_factory=list)

    @property
    def ranges(self) -> list[str | None]:
        return [asked for _, asked in self.log]


@contextmanager
def serving() -> Iterator[Site]:
    server = _Listening(("127.0.0.1", 0), Request)
    server.site = Site(f"http://127.0.0.1:{server.server_address[1]}")
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield server.site
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def answer(request: Request, status: int, body: bytes, **headers: str) -> None:
    request.send_response(status)
    for name, value in {"Content-Length": str(len(body)), **headers}.items():
        request.send_header(name.replace("_", "-"), value)
    request.end_headers()
    request.wfile.write(body)


def tag(content: bytes) -> str:
    return f'"{hashlib.md5(content).hexdigest()}"'


def well(content: bytes, validator: bool = True) -> Serve:
    """As a good server: ranges, If-Range, ETag."""

    def serve(request: Request) -> None:
        headers = {"ETag": tag(content)} if validator else {}
        asked = request.headers.get("Range")
        if asked is None or request.headers.get("If-Range", tag(content)) != tag(content):
            answer(request, 200, content, **headers)
            return
        start = int(asked.removeprefix("bytes=").rstrip("-"))
        if start >= len(content):
            answer(request, 416, b"", Content_Range=f"bytes */{len(content)}")
            return
        span = f"bytes {start}-{len(content) - 1}/{len(content)}"
        answer(request, 206, content[start:], Content_Range=span, **headers)

    return serve


def without_ranges(content: bytes) -> Serve:
    return lambda request: answer(request, 200, content, ETag=tag(content))


def status_of(code: int, **headers: str) -> Serve:
    return lambda request: answer(request, code, b"no", **headers)


def page(html: str) -> Serve:
    return lambda request: answer(request, 200, html.encode(), Content_Type="text/html")


def redirect(target: str) -> Serve:
    return lambda request: answer(request, 302, b"", Location=target)


def in_turn(*serves: Serve) -> Serve:
    """Each request the next of ``serves``; the last for all that follow."""
    waiting = list(serves)
    return lambda request: (waiting.pop(0) if len(waiting) > 1 else waiting[0])(request)


def cut_off(content: bytes, after: int) -> Serve:
    """Promises all of ``content`` and hangs up after some of it."""

    def serve(request: Request) -> None:
        request.send_response(200)
        request.send_header("Content-Length", str(len(content)))
        request.send_header("ETag", tag(content))
        request.end_headers()
        request.wfile.write(content[:after])
        request.wfile.flush()
        request.close_connection = True

    return serve


def drip(content: bytes, pieces: int, pause: float) -> Serve:
    """Slowly, piece by piece."""

    def serve(request: Request) -> None:
        request.send_response(200)
        request.send_header("Content-Length", str(len(content)))
        request.send_header("ETag", tag(content))
        request.end_headers()
        step = -(-len(content) // pieces)
        for start in range(0, len(content), step):
            request.wfile.write(content[start : start + step])
            request.wfile.flush()
            time.sleep(pause)

    return serve
