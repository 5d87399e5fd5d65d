"""What a value may be. Every kind reads text, so one rule holds for YAML, variables and options alike."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

NUMBER = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?", re.ASCII)
_TRUE = frozenset({"true", "yes", "on", "1"})
_FALSE = frozenset({"false", "no", "off", "0"})
LOCAL_HOSTS = frozenset({"localhost", "127.0.0.1", "::1"})
_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]")


class BadValueError(Exception):
    """A value does not fit; the message says what was expected, never what was given."""


@dataclass(frozen=True, slots=True)
class Text:
    """Any text of one or more characters."""

    what: str = "a text"
    pattern: str = ""
    longest: int = 1024

    def parse(self, text: str) -> str:
        """The text itself, checked for length, pattern and control characters."""
        if not text.strip() or len(text) > self.longest:
            raise BadValueError(f"{self.what} of 1 to {self.longest} characters")
        if _CONTROL.search(text):
            raise BadValueError(f"{self.what} without control characters")
        if self.pattern and not re.fullmatch(self.pattern, text):
            raise BadValueError(self.what)
        return text


@dataclass(frozen=True, slots=True)
class Number:
    """A number within bounds; `unit` is said in messages."""

    low: float
    high: float
    unit: str = ""
    whole: bool = False

    def parse(self, text: str) -> float | int:
        """The number: int for `whole`, else float."""
        value = float(text) if NUMBER.fullmatch(text.strip()) else math.nan
        good = math.isfinite(value) and self.low <= value <= self.high
        if not good or (self.whole and value != int(value)):
            raise BadValueError(self.expected)
        return int(value) if self.whole else value

    @property
    def expected(self) -> str:
        """What fits, for messages."""
        noun = "a whole number" if self.whole else "a number"
        unit = f" ({self.unit})" if self.unit else ""
        digits = ".0f" if self.whole else ".15g"
        return f"{noun} from {self.low:{digits}} to {self.high:{digits}}{unit}"


_TIME = re.compile(r"(?:\d{1,9}(?:\.\d{1,6})?[smhd])+|\d{1,9}(?:\.\d{1,6})?", re.ASCII)
_TIME_PART = re.compile(r"([\d.]+)([smhd]?)", re.ASCII)
_UNITS = {"d": 86_400, "h": 3600, "m": 60, "s": 1, "": 1}


@dataclass(frozen=True, slots=True)
class Duration:
    """A time in seconds, or with units: 90s, 15m, 2h, 1d, 1h30m. Bounds are seconds.

    With `endless` also the word "none", for no limit.
    """

    low: float
    high: float
    endless: bool = False

    def parse(self, text: str) -> float | None:
        """Seconds; None for "none"."""
        word = text.strip().lower()
        if self.endless and word == "none":
            return None
        parts = _TIME_PART.findall(word) if _TIME.fullmatch(word) else ()
        value = sum(float(number) * _UNITS[unit] for number, unit in parts)
        if not parts or not self.low <= value <= self.high:
            raise BadValueError(self.expected)
        return value

    @property
    def expected(self) -> str:
        """What fits, for messages."""
        also = ", or none," if self.endless else ""
        return f"a time such as 90s, 15m or 2h, from {spelled(self.low)} to {spelled(self.high)}{also}"


def spelled(seconds: float) -> str:
    """A time as `Duration` reads it, in the largest unit that leaves no rest: 5400 is 90m."""
    unit = next(unit for unit, size in _UNITS.items() if unit == "s" or (seconds >= size and seconds % size == 0))
    return f"{seconds / _UNITS[unit]:.15g}{unit}"


@dataclass(frozen=True, slots=True)
class Flag:
    """True or false; with `either`, also "any" for None."""

    either: bool = False

    def parse(self, text: str) -> bool | None:
        """The truth value; None for "any"."""
        word = text.strip().lower()
        if self.either and word == "any":
            return None
        if word not in _TRUE | _FALSE:
            raise BadValueError("true, false or any" if self.either else "true or false")
        return word in _TRUE


@dataclass(frozen=True, slots=True)
class Choice:
    """One of a few words; `also` maps other spellings to them."""

    words: tuple[str, ...]
    also: tuple[tuple[str, str], ...] = ()

    def parse(self, text: str) -> str:
        """The word."""
        word = dict(self.also).get(text.strip().lower(), text.strip().lower())
        if word not in self.words:
            raise BadValueError("one of " + ", ".join(self.words))
        return word


@dataclass(frozen=True, slots=True)
class Place:
    """A path; `~` is the home directory."""

    def parse(self, text: str) -> Path:
        """The path with `~` replaced; it need not exist."""
        if not text.strip() or _CONTROL.search(text):
            raise BadValueError("a path")
        try:
            return Path(text.strip()).expanduser()
        except RuntimeError as error:
            raise BadValueError("a path of a known user") from error


@dataclass(frozen=True, slots=True)
class Url:
    """An http(s) address without user, query or fragment."""

    def parse(self, text: str) -> str:
        """The address without slashes at its end."""
        expected = "an address such as https://console.vast.ai/api/v0"
        try:
            parts = urlsplit(text.strip())
            port_fits = parts.port is None or parts.port > 0
        except ValueError as error:
            raise BadValueError(expected) from error
        plain = not (parts.username or parts.password or parts.query or parts.fragment)
        clean = not _CONTROL.search(text) and " " not in text.strip()
        if parts.scheme not in ("http", "https") or not parts.hostname or not (plain and clean and port_fits):
            raise BadValueError(expected)
        return text.strip().rstrip("/")


@dataclass(frozen=True, slots=True)
class Webhook:
    """An address to post to: https, or http on this machine. It may hold a secret in its path or query."""

    def parse(self, text: str) -> str:
        """The address as it was written."""
        expected = "an address such as https://hooks.example.com/…, or http:// on this machine,"
        url = text.strip()
        try:
            parts = urlsplit(url)
            port_fits = parts.port is None or parts.port > 0
        except ValueError as error:
            raise BadValueError(expected) from error
        safe = parts.scheme == "https" or (parts.scheme == "http" and parts.hostname in LOCAL_HOSTS)
        clean = url.isascii() and url.isprintable() and " " not in url and len(url) <= 2048
        if not (safe and clean and port_fits and parts.hostname) or parts.username or parts.password or parts.fragment:
            raise BadValueError(expected)
        return url


@dataclass(frozen=True, slots=True)
class Many:
    """A list; in a variable or option its items are separated by commas. `as_set` gives a frozenset."""

    item: Text | Number | Choice
    as_set: bool = False


@dataclass(frozen=True, slots=True)
class Command:
    """A command: a list is a program and its arguments, one text is a line for the shell."""

    argument: Text = Text("an argument", "", 4096)

    def parse(self, text: str) -> tuple[str, ...]:
        """The argv that has the shell run the text."""
        return ("/bin/sh", "-c", self.argument.parse(text))


@dataclass(frozen=True, slots=True)
class Pairs:
    """A table of names and values of one kind."""

    name: Text
    value: Text


One = Text | Number | Duration | Flag | Choice | Place | Url | Webhook | Command
Kind = One | Many | Pairs


def split_list(text: str) -> list[str]:
    """The items of a comma-separated text, blanks trimmed, empty ones dropped."""
    return [item.strip() for item in text.split(",") if item.strip()]
