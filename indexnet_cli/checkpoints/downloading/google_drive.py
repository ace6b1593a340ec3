"""Google Drive's page between a large file and those who want it ("can't scan for viruses")."""

from __future__ import annotations

from dataclasses import dataclass, field
from html.parser import HTMLParser
from urllib.parse import urlencode, urljoin, urlsplit

FORM = "download-form"
PAGE_LIMIT = 1 << 20
QUOTA = ("quota exceeded", "too many users have viewed or downloaded")


@dataclass
class _ConfirmationForm(HTMLParser):
    action: str | None = None
    values: dict[str, str] = field(default_factory=dict)
    inside: bool = False

    def __post_init__(self) -> None:
        super().__init__()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        if tag == "form" and given.get("id") == FORM:
            self.inside, self.action = True, given.get("action")
        elif tag == "input" and self.inside and given.get("name"):
            self.values[given["name"]] = given.get("value", "")

    def handle_endtag(self, tag: str) -> None:
        if tag == "form":
            self.inside = False


def is_google_drive(url: str) -> bool:
    """Whether ``url`` leads to Google Drive, through a mirror perhaps."""
    return urlsplit(url).hostname == "drive.google.com" or "https://drive.google.com/" in url


def confirmed_address(page: str, url: str) -> str | None:
    """The address behind the button "Download anyway" of ``page``, which came from ``url``.

    ``None`` for a page without it, or one that makes no sense.
    """
    form = _ConfirmationForm()
    try:
        form.feed(page)
        if not form.action:
            return None
        action = urljoin(url, form.action)
        return f"{action}{'&' if urlsplit(action).query else '?'}{urlencode(form.values)}"
    except (ValueError, AssertionError):  # of urlsplit, of HTMLParser
        return None


def is_over_quota(page: str) -> bool:
    """Whether ``page`` says that the file was fetched too often today."""
    return any(sign in page.lower() for sign in QUOTA)
