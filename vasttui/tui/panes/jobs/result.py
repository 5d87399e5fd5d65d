"""A job's result: an address that may be opened, or a folder. What a machine printed is not trusted."""

from __future__ import annotations

import webbrowser
from dataclasses import dataclass
from urllib.parse import urlsplit

from vasttui.logs.clean import mask_secrets
from vasttui.tui.format import clean


@dataclass(frozen=True, slots=True)
class Result:
    """What came out.

    Attributes:
        text: the whole of it, without control characters; never drawn, for it may hold a signature.
        link: it is an http(s) address.
    """

    text: str
    link: bool

    @property
    def told(self) -> str:
        """As it may be drawn: signatures and tokens hidden."""
        return masked(self.text)

    @property
    def browser(self) -> webbrowser.BaseBrowser | None:
        """What would open it; None without a browser, or with one that draws in this terminal."""
        try:
            found = webbrowser.get()
        except webbrowser.Error:
            return None
        # A program such as lynx is of exactly this class: it would draw over the dashboard.
        return None if type(found) is webbrowser.GenericBrowser else found


def masked(text: str) -> str:
    """A text that a machine printed, without secrets, escapes and control characters."""
    return clean(mask_secrets(clean(text)))


def read_result(text: str) -> Result | None:
    """What a result is, None when there is none."""
    plain = clean(text).strip()
    return Result(plain, is_link(plain)) if plain else None


def is_link(text: str) -> bool:
    """Whether this is a whole http(s) address and nothing else."""
    if not text.isprintable() or any(char.isspace() for char in text):
        return False
    try:
        parts = urlsplit(text)
        return parts.scheme in ("http", "https") and bool(parts.hostname)
    except ValueError:
        return False
