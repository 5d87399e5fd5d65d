"""Hostile text made harmless: what a machine prints becomes plain text and colour spans, nothing else.

The result is (text, spans) and never markup, so brackets and the like stay what they are. The cost per line
is
bounded: of a line of any length only a window of a few kilobytes is looked at.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from itertools import pairwise

from vasttui.logs.sgr import PLAIN

DISPLAY_LIMIT = 2000
"""Characters of a line that are shown; a longer line is cut and ends in "…"."""

Spans = tuple[tuple[int, int, str], ...]

NO_SPANS: Spans = ()

_WINDOW = 16_384
_MAX_SPANS = 400

_TOKEN = re.compile(
    r"(?:\x1b\[|\x9b)(?P<params>[0-?]{0,256})(?P<between>[ -/]{0,16})(?P<final>[@-~])"
    r"|(?:\x1b\[|\x9b)[0-?]*[ -/]*[@-~]?"
    r"|(?:\x1b[\]PX^_]|[\x90\x98\x9d\x9e\x9f])[^\x07\x1b\x9c]*(?:\x07|\x1b\\|\x9c)?"
    r"|\x1b[ -/]*[0-~]?"
    r"|(?P<tab>\t)"
    r"|[\x00-\x08\x0a-\x1a\x1c-\x1f\x7f-\x8f\x91-\x97\x99\x9a\x9c]"
    r"|[\xad\u061c\u180e\u200b\u200e\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb]"
    r"|[\U000e0000-\U000e007f]"
    r"|(?P<surrogate>[\ud800-\udfff])"
)
_MARKS = re.compile(
    r"([\u0300-\u036f\u0483-\u0489\u1ab0-\u1aff\u1dc0-\u1dff\u20d0-\u20ff\ufe20-\ufe2f]{4})"
    r"[\u0300-\u036f\u0483-\u0489\u1ab0-\u1aff\u1dc0-\u1dff\u20d0-\u20ff\ufe20-\ufe2f]+"
)
_ESCAPES = re.compile(
    r"\x1b\[[0-?]*[ -/]*[@-~]?|\x1b[\]PX^_][^\x07\x1b]*(?:\x07|\x1b\\)?|\x1b[ -/]*[0-~]?"
    r"|\x9b[0-?]*[ -/]*[@-~]?"
)
_BACKSPACES = re.compile(r"[^\x08]\x08(?!\x08)|\x08+")
_BACKSPACE_RUN = re.compile(r"\x08{3,}")

_HIDDEN = "••••"
_SECRET = re.compile(
    r"[?&](?:x-amz-[a-z-]{1,40}|x-goog-[a-z-]{1,40}|signature|sig|awsaccesskeyid|key-pair-id|policy|"
    r"(?:access_|auth_|api_)?token|api_?key|password|authorization)=(?P<query>[^&\s\"'<>]+)"
    r"|instance_logs/(?P<log>[0-9a-z]{12,})"
    r"|\b(?:bearer|authorization:\s*basic)\s+(?P<bearer>[\w.~+/=-]{8,})"
    r"|(?<![\w-])(?:hf_|sk-|sk_live_|gh[pousr]_|github_pat_|glpat-|xox[abprs]-|r8_|AIza|wandb_v1_)"
    r"(?P<token>[\w-]{12,})"
    r"|\b(?:AKIA|ASIA)(?P<aws>[A-Z0-9]{12,})"
    r"|://[^/\s:@]{1,80}:(?P<userinfo>[^/\s@]{1,200})@"
    r"|\b(?-i:[A-Z0-9_]{0,60}(?:TOKEN|SECRET|PASSWORD|PASSWD|API_KEY|ACCESS_KEY|PRIVATE_KEY))"
    r"\s?[=:]\s?(?P<named>[^\s\"',;]{6,})"
    r"|\b(?:aws_secret_access_key|password|passwd|api_key)[\"']?\s?[=:]\s?[\"']?(?P<lower>[^\s\"',;]{6,})",
    re.IGNORECASE,
)


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
    """Bytes of a log as text; what is not UTF-8 becomes U+FFFD."""
    return data.decode("utf-8", "replace")


def clean_line(raw: str, *, limit: int = DISPLAY_LIMIT, mask: bool = True) -> StyledLine:
    r"""Make one raw line (without its newline) fit for a screen.

    Only SGR colours and attributes survive. Of text redrawn with `\r` or backspaces the last drawing stays.
    With `mask`, what looks like a secret (signed URL parts, tokens, keys) is replaced by dots.
    """
    line = collapse_redraws(raw)
    window = line[: max(_WINDOW, limit * 4)]
    if window.isprintable():
        text, spans = window, NO_SPANS
    else:
        text, spans = _tokenise(window)
    text, spans = _thin_marks(text, spans)
    cut = len(text) > limit or len(line) > len(window)
    if mask:
        # A margin beyond the limit, so that a secret across the edge is seen whole.
        text, spans = _mask(text[: limit + 512], spans)
    if cut:
        text = text[:limit] + "…"
        spans = tuple((a, min(b, limit), style) for a, b, style in spans if a < limit)
    return StyledLine(text, spans, cut)


def collapse_redraws(raw: str) -> str:
    r"""The last drawing of a line that is redrawn with `\r` or with runs of backspaces; else the line itself.

    A drawing without any visible character (an erase) does not count, unless there is nothing else.
    """
    if "\x08" in raw:
        raw = _BACKSPACE_RUN.sub("\r", raw[-_WINDOW * 4 :])
        raw = _BACKSPACES.sub("", raw)
    if "\r" not in raw:
        return raw
    end = len(raw)
    for _ in range(16):
        start = raw.rfind("\r", 0, end) + 1
        piece = raw[start:end]
        if piece and _ESCAPES.sub("", piece[:_WINDOW]).strip():
            return piece
        if start == 0:
            break
        end = start - 1
    return ""


def plain(raw: str, limit: int = 4096) -> str:
    """A raw line's last drawing without escapes, for matching, not for showing: its last `limit`
    characters.
    """
    text = collapse_redraws(raw)[-limit:]
    return _ESCAPES.sub("", text) if "\x1b" in text or "\x9b" in text else text


def mask_secrets(text: str) -> str:
    """`text` with what looks like a secret replaced by dots."""
    return _mask(text, NO_SPANS)[0]


def _tokenise(window: str) -> tuple[str, Spans]:
    pieces: list[str] = []
    changes: list[tuple[int, str]] = []
    pen, length, position = PLAIN, 0, 0
    for match in _TOKEN.finditer(window):
        piece = window[position : match.start()]
        position = match.end()
        length += len(piece)
        pieces.append(piece)
        if match["final"] == "m" and not match["between"] and len(changes) < _MAX_SPANS:
            pen = pen.after(match["params"])
            changes.append((length, pen.style))
        elif match["tab"]:
            pieces.append(" " * (8 - length % 8))
            length += 8 - length % 8
        elif match["surrogate"]:
            pieces.append("\ufffd")
            length += 1
    pieces.append(window[position:])
    return "".join(pieces), _spans(changes, length + len(pieces[-1]))


def _spans(changes: list[tuple[int, str]], length: int) -> Spans:
    ends = [*changes, (length, "")]
    return tuple((start, end, style) for (start, style), (end, _) in pairwise(ends) if style and end > start)


def _thin_marks(text: str, spans: Spans) -> tuple[str, Spans]:
    if text.isascii():
        return text, spans
    return _cut_out(text, spans, [(m.end(1), m.end(), "") for m in _MARKS.finditer(text)])


def _mask(text: str, spans: Spans) -> tuple[str, Spans]:
    cuts = []
    for match in _SECRET.finditer(text):
        start, end = match.span(match.lastgroup or 0)
        cuts.append((start, end, _HIDDEN))
    return _cut_out(text, spans, cuts)


def _cut_out(text: str, spans: Spans, cuts: list[tuple[int, int, str]]) -> tuple[str, Spans]:
    """Replace the (start, end, by) pieces of `text` and move the spans along."""
    if not cuts:
        return text, spans
    pieces: list[str] = []
    position = 0
    for start, end, by in cuts:
        pieces += (text[position:start], by)
        position = end
    pieces.append(text[position:])

    def moved(at: int) -> int:
        shift = 0
        for start, end, by in cuts:
            if at <= start:
                break
            shift += len(by) - (min(at, end) - start)
            if at < end:
                break
        return at + shift

    shifted = ((moved(a), moved(b), style) for a, b, style in spans) if spans else ()
    return "".join(pieces), tuple(span for span in shifted if span[1] > span[0])
