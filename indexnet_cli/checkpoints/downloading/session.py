"""HTTP as it is meant here: encrypted, patient, and never silently somewhere else."""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import urlsplit

import requests
from requests.adapters import HTTPAdapter

from indexnet_cli import __version__


@dataclass(frozen=True)
class Patience:
    """How long to wait for a server, in seconds, and how often to ask again without progress."""

    attempts: int = 4
    first_pause: float = 0.5
    longest_pause: float = 60
    connecting: float = 10
    silence: float = 30

    def pause(self, failures: int, asked_for: float | None) -> float:
        """Seconds before the next attempt after so many ``failures``: doubled each time, or as
        the server asks, within reason.
        """
        own = self.first_pause * 2 ** (failures - 1)
        return min(self.longest_pause, max(own, asked_for or 0))


class TransferError(Exception):
    """An address did not give the file: for now (``again``), or at all."""

    def __init__(self, message: str, again: bool = False, after: float | None = None) -> None:
        super().__init__(message)
        self.again = again
        self.after = after


def open_session(mirror: str | None) -> requests.Session:
    """A session for https alone, redirects included; plain http only to a ``mirror`` with it."""
    session = requests.Session()
    session.adapters.clear()
    session.mount("https://", HTTPAdapter())
    if mirror and mirror.startswith("http://"):
        session.mount(f"http://{urlsplit(mirror).netloc}/", HTTPAdapter())
    session.headers["User-Agent"] = f"indexnet/{__version__}"
    # Compressed in transit, a file could not be resumed.
    session.headers["Accept-Encoding"] = "identity"
    return session


def as_transfer_error(error: Exception, url: str) -> TransferError:
    """What an exception of requests means, in a sentence."""
    host = urlsplit(url).netloc
    match error:
        case requests.exceptions.SSLError():
            return TransferError(f"the certificate of {host} is not trusted ({error})")
        case requests.exceptions.InvalidSchema() | requests.exceptions.InvalidURL():
            return TransferError(f"{host} leads to an address that is not encrypted or not valid")
        case requests.exceptions.TooManyRedirects():
            return TransferError(f"{host} sends from one address to the next without end")
        case requests.exceptions.ProxyError():
            return TransferError(f"the proxy on the way to {host} cannot be reached", again=True)
        case requests.exceptions.Timeout():
            return TransferError(f"{host} does not answer", again=True)
        case requests.exceptions.ChunkedEncodingError():
            return TransferError(f"{host} broke the connection off", again=True)
        case requests.exceptions.ConnectionError() if "timed out" in str(error):
            return TransferError(f"{host} fell silent", again=True)
        case requests.exceptions.ConnectionError():
            return TransferError(f"{host} cannot be reached", again=True)
    return TransferError(f"{host}: {error}")
