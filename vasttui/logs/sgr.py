"""SGR parameters (the colours and attributes of a terminal) as plain style strings."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import lru_cache

_COLOURS = ("black", "red", "green", "yellow", "blue", "magenta", "cyan", "white")
_ON = {1: "bold", 2: "dim", 3: "italic", 4: "underline", 7: "reverse", 9: "strike", 21: "underline"}
_OFF = {22: ("bold", "dim"), 23: ("italic",), 24: ("underline",), 27: ("reverse",), 29: ("strike",)}
_MAX_PARAMS = 64


@dataclass(frozen=True, slots=True)
class Pen:
    """The state of a terminal's pen. Blink and concealed text are ignored: they only serve to deceive."""

    attributes: frozenset[str] = frozenset()
    fg: str = ""
    bg: str = ""

    @property
    def style(self) -> str:
        """Such as "bold red on color(17)"; "" for the default look."""
        words = sorted(self.attributes)
        if self.fg:
            words.append(self.fg)
        if self.bg:
            words += ("on", self.bg)
        return " ".join(words)

    def after(self, params: str) -> Pen:
        """The pen after `ESC [ params m`; parameters that are not understood change nothing."""
        return _after(self, params)


PLAIN = Pen()


@lru_cache(maxsize=1024)
def _after(pen: Pen, params: str) -> Pen:
    if params[:1] in ("<", "=", ">", "?"):
        return pen
    fields = params.split(";", _MAX_PARAMS)[:_MAX_PARAMS]
    at = 0
    while at < len(fields):
        code, *sub = (_number(part) for part in fields[at].split(":")[:8])
        at += 1
        if code in (38, 48):
            rest = [_number(field) for field in fields[at : at + 4]]
            colour, used = _from_colons(sub) if sub else _extended(rest)
            at += used
            pen = _coloured(pen, code, colour)
        elif code == 4 and sub:
            pen = _simple(pen, 4 if sub[0] else 24)
        elif code == 58:
            at += 0 if sub else _extended([_number(field) for field in fields[at : at + 4]])[1]
        elif code is not None:
            pen = _simple(pen, code)
    return pen


def _number(field: str) -> int | None:
    if not field:
        return 0
    return int(field) if len(field) <= 3 and field.isascii() and field.isdigit() else None


def _simple(pen: Pen, code: int) -> Pen:
    if code == 0:
        return PLAIN
    if code in _ON:
        return replace(pen, attributes=pen.attributes | {_ON[code]})
    if code in _OFF:
        return replace(pen, attributes=pen.attributes.difference(_OFF[code]))
    if code in (39, 49):
        return replace(pen, fg="") if code == 39 else replace(pen, bg="")
    base, bright = code // 10 * 10, code >= 90
    if base in (30, 40, 90, 100) and code % 10 < 8:
        name = ("bright_" if bright else "") + _COLOURS[code % 10]
        return replace(pen, fg=name) if base in (30, 90) else replace(pen, bg=name)
    return pen


def _extended(rest: list[int | None]) -> tuple[str, int]:
    """The colour of `38;5;n` or `38;2;r;g;b` after the 38, and how many fields it took."""
    if rest[:1] == [5]:
        return _indexed(rest[1:2]), 2
    if rest[:1] == [2]:
        return _rgb(rest[1:4]), 4
    return "", 0


def _from_colons(sub: list[int | None]) -> tuple[str, int]:
    if sub[:1] == [5]:
        return _indexed(sub[1:2]), 0
    if sub[:1] == [2]:
        return _rgb(sub[2:5] if len(sub) >= 5 else sub[1:4]), 0
    return "", 0


def _indexed(value: list[int | None]) -> str:
    index = value[0] if value else None
    return f"color({index})" if index is not None and index < 256 else ""


def _rgb(values: list[int | None]) -> str:
    known = [value for value in values if value is not None and value < 256]
    return "#{:02x}{:02x}{:02x}".format(*known) if len(known) == 3 else ""


def _coloured(pen: Pen, code: int, colour: str) -> Pen:
    if not colour:
        return pen
    return replace(pen, fg=colour) if code == 38 else replace(pen, bg=colour)
