"""Hostile text made harmless: what a machine prints becomes plain text and colour spans, nothing else.

The result is (text, spans) and never markup, so brackets and the like stay what they are. The cost per line is
bounded: of a line of any length only a window of a few kilobytes is looked at.
"""

from __future__ import annotations

import re
import unicodedata
from bisect import bisect_left
from dataclasses import dataclass
from itertools import pairwise

from vasttui.logs.masks import secret_places
from vasttui.logs.sgr import PLAIN

DISPLAY_LIMIT = 2000
"""Characters of a line that are shown; a longer line is cut and ends in "…"."""

Spans = tuple[tuple[int, int, str], ...]

NO_SPANS: Spans = ()

_WINDOW = 16_384
_MAX_SPANS = 400

_MARGIN = 512
_MAX_MARKS = 4

_TOKEN = re.compile(
    r"(?:\x1b\[|\x9b)(?P<params>[0-?]{0,256})(?P<between>[ -/]{0,16})(?P<final>[@-~])"
    r"|(?:\x1b\[|\x9b)[0-?]*[ -/]*[@-~]?"
    r"|(?:\x1b[\]PX^_k]|[\x90\x98\x9d\x9e\x9f])[^\x07\x1b\x9c]*(?:\x07|\x1b\\|\x9c)?"
    r"|\x1b[ -/]*[0-~]?"
    r"|(?P<tab>\t)"
    r"|[\x00-\x08\x0a-\x1a\x1c-\x1f\x7f-\x8f\x91-\x97\x99\x9a\x9c]"
    r"|[\xad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u2028-\u202e\u2060-\u206f\u3164]"
    # Selectors, joiners and skin tones change a sign's width in some terminals only: the row would be torn.
    r"|[\ufe00-\ufe0f\ufeff\uffa0\ufff9-\ufffb]|[\U0001f3fb-\U0001f3ff]"
    r"|[\U00013430-\U0001345f\U0001bca0-\U0001bca3\U0001d173-\U0001d17a\U000e0000-\U000e0fff]"
    r"|(?P<unknown>[\ud800-\udfff\ufdd0-\ufdef\ufffe\uffff])"
)
# Where marks may pile up: unbroken runs of the scripts that have marks.
_MAYBE_MARKS = re.compile(r"[^\x00-\u02ff\u2010-\u20cf\u2100-\u2bff\u3100-\ua62f\uac00-\ud7ff]+")
_ESCAPES = re.compile(
    r"(?:\x1b\[|\x9b)[0-?]*[ -/]*[@-~]?|(?:\x1b[\]PX^_k]|[\x90\x98\x9d\x9e\x9f])[^\x07\x1b\x9c]*(?:\x07|\x1b\\|\x9c)?"
    r"|\x1b[ -/]*[0-~]?"
)
_UNPRINTABLE = re.compile(r"[\x00-\x08\x0a-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]+")
_UNDECODED = re.compile(r"[\ud800-\udfff]")
_BACKSPACES = re.compile(r"[^\x08]\x08(?!\x08)|\x08+")
_BACKSPACE_RUN = re.compile(r"\x08{3,}")

HIDDEN = "••••"
"""What stands for a secret."""


@dataclass(frozen=True, slots=True)
class StyledLine:
    """One line fit for a screen.

    Attributes:
        text: printable characters only, tabs expanded to eight columns.
        spans: (start, end, style), sorted and not overlapping; a style is a plain string such as "bold red",
            "color(123)" or "#rrggbb on blue".
        cut: the line was longer than what is shown.
    """

    text: str
    spans: Spans = ()
    cut: bool = False


def decode(data: bytes) -> str:
    """Bytes of a log as text. What is not UTF-8 is kept (as lone surrogates), so that the bytes can be had back."""
    return data.decode("utf-8", "surrogateescape")


def clean_line(raw: str, *, limit: int = DISPLAY_LIMIT, mask: bool = True) -> StyledLine:
    r"""Make one raw line (without its newline) fit for a screen.

    Only SGR colours and attributes survive. Of text redrawn with `\r` or backspaces the last drawing stays.
    With `mask`, what looks like a secret (signed URL parts, tokens, keys) is replaced by dots.
    """
    width = max(_WINDOW, limit * 4)
    if len(raw) > width * 4 and ("\r" in raw or "\x08" in raw):
        raw = raw[-width * 4 :]
    line = collapse_redraws(raw)
    window = line[:width]
    # The margin beyond the limit is there so that a secret across the edge is seen whole.
    text, spans = (window, NO_SPANS) if window.isprintable() else _tokenise(window, limit + _MARGIN)
    unfinished = len(line) > len(window) or len(text) > limit + _MARGIN
    if not text.isascii():
        text, spans = _thin_marks(text, spans)
    cut = unfinished or len(text) > limit
    text = text[: limit + _MARGIN]
    if unfinished and len(text) < limit + _MARGIN:
        # The window ends inside a word, which may be a secret whose end is not seen.
        text = text[: max(text.rfind(" ") + 1, len(text) - _MARGIN)]
    secrets = secret_places(text) if mask else []
    if cut:
        secrets = [place for place in secrets if place[0] < limit]
        end = max(limit, secrets[-1][1]) if secrets else limit
        text = text[:end]
        spans = tuple((a, min(b, end), style) for a, b, style in spans if a < end)
    text, spans = _cut_out(text, spans, [(a, b, HIDDEN) for a, b in secrets])
    return StyledLine(text + "…" if cut else text, spans, cut)


def collapse_redraws(raw: str) -> str:
    r"""The last drawing of a line that is redrawn with `\r` or with runs of backspaces; else the line itself.

    A drawing without any visible character (an erase) does not count, unless there is nothing else.
    """
    if "\r" not in raw and "\x08" not in raw:
        return raw
    if "\x08" in raw:
        raw = _BACKSPACES.sub("", _BACKSPACE_RUN.sub("\r", raw))
    end = len(raw)
    for _ in range(16):
        end = len(raw[:end].rstrip("\r"))
        start = raw.rfind("\r", 0, end) + 1
        piece = raw[start:end]
        if _ESCAPES.sub("", piece[:_WINDOW]).strip():
            return piece
        if start == 0:
            break
        end = start
    return ""


def plain(raw: str, limit: int = 4096) -> str:
    """A raw line's last drawing without escapes and controls, for matching: its last `limit` characters."""
    text = collapse_redraws(raw)[-limit:]
    if text.isprintable():
        return text
    text = _UNPRINTABLE.sub("", _ESCAPES.sub("", text))
    return text if text.isascii() else _UNDECODED.sub("\ufffd", text)


def mask_secrets(text: str) -> str:
    """`text` with what looks like a secret replaced by dots."""
    masked = _cut_out(text, NO_SPANS, [(start, end, HIDDEN) for start, end in secret_places(text)])[0]
    return masked if masked.isascii() else _UNDECODED.sub("\ufffd", masked)


def _tokenise(window: str, enough: int) -> tuple[str, Spans]:
    pieces: list[str] = []
    changes: list[tuple[int, str]] = []
    pen, length, position = PLAIN, 0, 0
    for match in _TOKEN.finditer(window):
        piece = window[position : match.start()]
        position = match.end()
        length += len(piece)
        pieces.append(piece)
        if length > enough:
            position = len(window)
            break
        if match["final"] == "m" and not match["between"] and len(changes) <= _MAX_SPANS:
            pen = pen.after(match["params"])
            changes.append((length, pen.style if len(changes) < _MAX_SPANS else ""))
        elif match["tab"]:
            blanks = 8 - _columns(pieces, length) % 8
            pieces.append(" " * blanks)
            length += blanks
        elif match["unknown"]:
            pieces.append("\ufffd")
            length += 1
    pieces.append(window[position:])
    return "".join(pieces), _spans(changes, length + len(pieces[-1]))


def _columns(pieces: list[str], length: int) -> int:
    """About how many columns the text so far takes: wide characters take two."""
    if all(piece.isascii() for piece in pieces):
        return length
    text = "".join(pieces)
    return length + sum(unicodedata.east_asian_width(sign) in "WF" for sign in text if sign > "\u10ff")


def _spans(changes: list[tuple[int, str]], length: int) -> Spans:
    ends = [*changes, (length, "")]
    return tuple((start, end, style) for (start, style), (end, _) in pairwise(ends) if style and end > start)


def _thin_marks(text: str, spans: Spans) -> tuple[str, Spans]:
    """Of marks piled on one character only a few stay; those without a character before them go."""
    cuts = []
    for run in _MAYBE_MARKS.finditer(text):
        count = 0 if run.start() and text[run.start() - 1] != " " else _MAX_MARKS
        for at in range(run.start(), run.end()):
            count = count + 1 if unicodedata.category(text[at]) in ("Mn", "Me") else 0
            if count > _MAX_MARKS:
                cuts.append((at, at + 1, ""))
    return _cut_out(text, spans, cuts)


def _cut_out(text: str, spans: Spans, cuts: list[tuple[int, int, str]]) -> tuple[str, Spans]:
    """Replace the (start, end, by) pieces of `text` and move the spans along."""
    if not cuts:
        return text, spans
    pieces: list[str] = []
    position = grown = 0
    starts, shifts = [], [0]
    for start, end, by in cuts:
        pieces += (text[position:start], by)
        position = end
        starts.append(start)
        grown += len(by) - (end - start)
        shifts.append(grown)
    pieces.append(text[position:])

    def moved(at: int) -> int:
        index = bisect_left(starts, at)
        if index and at < cuts[index - 1][1]:
            at = cuts[index - 1][1]
        return at + shifts[index]

    shifted = ((moved(a), moved(b), style) for a, b, style in spans)
    return "".join(pieces), tuple(span for span in shifted if span[1] > span[0])
