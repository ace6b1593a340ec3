"""Who may talk to the editor: the page that it served itself, on this machine."""

from __future__ import annotations

import hmac
from collections.abc import Mapping
from urllib.parse import urlsplit

LOOPBACK = "127.0.0.1"


def path_within(target: str, token: str) -> str | None:
    """The path behind ``/TOKEN/``; None for any other, so that nothing is said without it."""
    parts = urlsplit(target).path.split("/", 2)
    if len(parts) != 3 or parts[0] or not hmac.compare_digest(parts[1].encode(), token.encode()):
        return None
    return parts[2]


def is_own(headers: Mapping[str, str], port: int, writing: bool) -> bool:
    """Whether a request comes from the editor's page.

    The Host must be this machine's name with our port (against DNS rebinding); an Origin must be
    ours, and there must be one for what writes; browsers tell of other sites in Sec-Fetch-Site.
    """
    hosts = [f"{name}:{port}" for name in (LOOPBACK, "localhost")]
    if headers.get("Host", "").lower() not in hosts:
        return False
    origin = headers.get("Origin")
    if origin is None and writing:
        return False
    if origin is not None and origin.lower() not in [f"http://{host}" for host in hosts]:
        return False
    return headers.get("Sec-Fetch-Site", "none") in ("none", "same-origin")
