"""Only the page that the editor served itself gets an answer."""

from __future__ import annotations

import http.client
import json
import socket

import pytest

OPERATION = {"do": "fill", "name": "a", "part": 0, "level": "unknown", "x": 3, "y": 3}


@pytest.fixture
def ask(editor):
    server, _ = editor

    def ask(path, body=None, method=None, token=None, **headers):
        connection = http.client.HTTPConnection("127.0.0.1", server.server_port, timeout=30)
        sent = {"Host": f"127.0.0.1:{server.server_port}"}
        if body is not None:
            sent |= {"Content-Type": "application/json", "Origin": f"http://{sent['Host']}"}
            body = body if isinstance(body, bytes) else json.dumps(body).encode()
        sent |= {name.replace("_", "-"): value for name, value in headers.items()}
        sent = {name: value for name, value in sent.items() if value is not None}
        method = method or ("GET" if body is None else "POST")
        prefix = f"/{server.token if token is None else token}/"
        connection.putrequest(method, prefix + path, skip_host=True, skip_accept_encoding=True)
        for name, value in sent.items():
            connection.putheader(name, value)
        if body is not None and "Content-Length" not in sent:
            connection.putheader("Content-Length", str(len(body)))
        connection.endheaders(body)
        return connection.getresponse()

    return ask


def test_the_page_and_its_parts(ask):
    page = ask("")
    assert page.status == 200
    assert b"photo.png" in page.read()
    policy = page.headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
    assert page.headers["Cache-Control"] == "no-store"
    for name, kind in (("main.js", "text/javascript"), ("editor.css", "text/css")):
        found = ask(name)
        assert (found.status, found.headers.get_content_type()) == (200, kind)
    assert len(ask("image").read()) == 192 * 128 * 3
    assert json.loads(ask("state").read())["width"] == 192


@pytest.mark.parametrize("token", ["", "x", "wrong-token", "%2e%2e"])
def test_without_the_token_nothing_is_said(ask, editor, token):
    for path in ("", "state", "nothing-of-this-name"):
        assert ask(path, token=token).status == 403
    assert ask("operations", {"operations": [OPERATION]}, token=token).status == 403
    assert editor[1].revision == 0


@pytest.mark.parametrize(
    "host", ["evil.example", "evil.example:{port}", "127.0.0.1", "127.0.0.1:1", "", None]
)
def test_other_hosts_are_refused(ask, editor, host):
    host = host and host.format(port=editor[0].server_port)
    assert ask("state", Host=host).status == 403
    assert ask("operations", {"operations": [OPERATION]}, Host=host).status == 403


def test_localhost_is_this_machine(ask, editor):
    port = editor[0].server_port
    assert ask("state", Host=f"localhost:{port}", Origin=f"http://localhost:{port}").status == 200


@pytest.mark.parametrize(
    "origin", ["https://evil.example", "http://127.0.0.1:1", "null", "https://127.0.0.1:{port}"]
)
def test_other_origins_are_refused(ask, editor, origin):
    origin = origin.format(port=editor[0].server_port)
    assert ask("state", Origin=origin).status == 403
    assert ask("operations", {"operations": [OPERATION]}, Origin=origin).status == 403
    assert editor[1].revision == 0


def test_writing_needs_an_origin_and_no_other_site(ask, editor):
    body = {"operations": [OPERATION]}
    assert ask("operations", body, Origin=None).status == 403
    assert ask("operations", body, Sec_Fetch_Site="cross-site").status == 403
    assert ask("operations", body, Sec_Fetch_Site="same-site").status == 403
    assert editor[1].revision == 0
    assert ask("operations", body, Sec_Fetch_Site="same-origin").status == 200
    assert editor[1].revision == 1


@pytest.mark.parametrize(
    "path",
    [
        "../../../../etc/passwd",
        "..%2f..%2fetc%2fpasswd",
        "page.html",
        "/etc/passwd",
        "main.js/",
        "./main.js",
        "session.py",
        "../editor/session.py",
        "journal.jsonl",
        "state%00",
    ],
)
def test_nothing_else_is_served(ask, path):
    assert ask(path).status == 404
    assert ask(path, {}).status == 404


@pytest.mark.parametrize("method", ["PUT", "DELETE", "OPTIONS", "HEAD", "PATCH"])
def test_other_methods(ask, method):
    assert ask("state", method=method).status == 501


def test_bodies_that_are_none(ask, editor):
    length = "Content_Length"
    assert ask("operations", b"", **{length: str(5 << 20)}).status == 413
    assert ask("operations", b"{}", **{length: "-2"}).status == 411
    assert ask("operations", b"{}", Content_Type="text/plain").status == 415
    assert ask("operations", b"{").status == 400
    assert ask("operations", b"[]").status == 400
    assert ask("operations", b"[" * 100_000).status == 400
    assert ask("operations", {"operations": [OPERATION, {"do": "format"}]}).status == 400
    replace = {"do": "replace", "name": "r", "part": 0, "digest": "0" * 64}
    assert ask("operations", {"operations": [replace]}).status == 400
    assert editor[1].revision == 0
    for box in (None, [1, 2, 3], [1, 2, 3, "4"], [0, 0, 0, 0], [True, 1, 2, 3]):
        assert ask("box", {"box": box}).status == 400
    for query in ("", "?left=0&top=0&width=9", "?left=a&top=0&width=9&height=9"):
        assert ask(f"trimap{query}").status == 400
    assert ask("matte?after=-1").status == 400


def test_listens_on_this_machine_only(editor):
    assert editor[0].socket.getsockname()[0] == "127.0.0.1"


def test_a_connection_that_says_nothing_holds_up_nobody(ask, editor):
    with socket.create_connection(("127.0.0.1", editor[0].server_port)):
        assert ask("state").status == 200
