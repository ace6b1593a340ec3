"""One attempt to bring the rest of a file from one address."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import ExitStack
from urllib.parse import urlsplit

import requests
from requests import Response

from indexnet_cli.checkpoints.downloading.google_drive import (
    PAGE_LIMIT,
    confirmed_address,
    is_google_drive,
    is_over_quota,
)
from indexnet_cli.checkpoints.downloading.partial import Origin, Partial, whole_number
from indexnet_cli.checkpoints.downloading.session import (
    Patience,
    TransferError,
    as_transfer_error,
)
from indexnet_cli.checkpoints.impostors import describe_impostor

CHUNK = 1 << 16
# Timeouts and overload, as RFC 9110 and 6585 have them: worth asking again.
PASSING = (408, 425, 429, 500, 502, 503, 504)
Progress = Callable[[int, "int | None"], None]


def transfer(
    session: requests.Session,
    url: str,
    partial: Partial,
    verified: bool,
    patience: Patience,
    on_progress: Progress,
    most: int,
) -> None:
    """Bring what is missing of ``url`` into ``partial``; on return it is whole.

    ``verified`` as in ``Partial.range_headers``; ``on_progress`` gets the bytes so far and in
    all (``None`` if the server does not say); ``most``: bytes that the file can have, so that no
    server fills the disk. Raises ``TransferError``, and ``OSError`` if the disk is full.
    """
    with ExitStack() as open_responses:
        try:
            response = _ask(session, url, partial, verified, patience, open_responses)
            chunks = response.iter_content(CHUNK)
            head = next(chunks, b"")
            _refuse_impostor(response, head, url)
            offset, total = _place_to_write(response, url, partial)
            with partial.path.open("r+b" if offset else "wb") as file:
                file.seek(offset)
                done = offset
                on_progress(done, total)
                while head:
                    done += len(head)
                    _refuse_excess(done, most, url, partial)
                    file.write(head)
                    on_progress(done, total)
                    head = next(chunks, b"")
        # ValueError: an address in an answer that is none, which requests lets through.
        except (requests.RequestException, ValueError) as error:
            raise as_transfer_error(error, url) from error
    if total is not None and done != total:
        raise TransferError(f"{_host(url)} sent {done} of {total} bytes", again=True)


def _host(url: str) -> str:
    return urlsplit(url).netloc


def _ask(
    session: requests.Session,
    url: str,
    partial: Partial,
    verified: bool,
    patience: Patience,
    open_responses: ExitStack,
) -> Response:
    headers = partial.range_headers(url, verified)
    timeout = (patience.connecting, patience.silence)

    def get(address: str) -> Response:
        response = session.get(address, headers=headers, stream=True, timeout=timeout)
        open_responses.enter_context(response)
        _check_status(response, url, partial)
        return response

    response = get(url)
    if is_google_drive(url) and "text/html" in response.headers.get("Content-Type", ""):
        page = next(response.iter_content(PAGE_LIMIT), b"").decode("utf-8", "replace")
        if is_over_quota(page):
            raise TransferError("Google Drive gave this file out too often today; try tomorrow")
        confirmed = confirmed_address(page, response.url)
        if confirmed is None:
            raise TransferError(f"{_host(url)} sends a web page in place of the file")
        response = get(confirmed)
    return response


def _check_status(response: Response, url: str, partial: Partial) -> None:
    if response.status_code in (200, 206):
        return
    if response.status_code == 416:  # the bytes so far are not of this file
        partial.clear()
        raise TransferError(f"{_host(url)} has another version of the file", again=True)
    wait = whole_number(response.headers.get("Retry-After", ""))
    raise TransferError(
        f"{_host(url)} answers {response.status_code} ({response.reason})",
        again=response.status_code in PASSING,
        after=None if wait is None else float(wait),
    )


def _refuse_impostor(response: Response, head: bytes, url: str) -> None:
    impostor = None if response.status_code == 206 else describe_impostor(head)
    if impostor:
        raise TransferError(f"{_host(url)} sends {impostor}")
    if not head:
        raise TransferError(f"{_host(url)} sends nothing", again=True)


def _refuse_excess(done: int, most: int, url: str, partial: Partial) -> None:
    if done > most:
        partial.clear()
        raise TransferError(f"{_host(url)} sends more than the {most:,} bytes that it can be")


def _place_to_write(response: Response, url: str, partial: Partial) -> tuple[int, int | None]:
    """Where the body of ``response`` belongs in ``partial``, and the length of the whole file."""
    if response.status_code == 200:
        origin = Origin.of(response, url)
        partial.begin(origin)
        return 0, origin.total
    unit, _, rest = response.headers.get("Content-Range", "").partition(" ")
    span, _, length = rest.partition("/")
    start = span.partition("-")[0]
    total = whole_number(length)
    known = partial.origin.total if partial.origin else None
    fits = unit == "bytes" and start == str(partial.size) and (known is None or total == known)
    if not fits:
        partial.clear()
        raise TransferError(f"{_host(url)} sends another part than the one asked for", again=True)
    return partial.size, total
