"""How loud lines are by their own words, and which of them are the inside of a stack trace.

Works on whole batches: level words are looked for in the joined text at once, and only lines that hold one are
looked at by themselves. Of a line its beginning counts: a level stands before the message.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Sequence

from vasttui.logs.rows import INNER, Severity

_HEAD = 240
_JSON_HEAD = 2000

_LEVEL_WORDS = (
    b"info", b"debug", b"trace", b"warn", b"err", b"fatal", b"crit", b"panic", b"severe", b"emerg",
)  # fmt: skip
_QUIET = {b"info": Severity.INFO, b"debug": Severity.DEBUG, b"trace": Severity.DEBUG}
_SIGNS = (
    b'level":', b"(most recent call", b"exception", b"killed", b"core dumped", b"segmentation", b"interrupt",
)  # fmt: skip
_AT_BEGINNING = re.compile(
    rb"\n(?:[IWEF]\d{4} \d|(?:\t|[ ]{1,8})(?:at |\.\.\. \d)|frame #\d|goroutine \d|stack backtrace:)"
)

_BY_WORD = {
    word: severity
    for severity, words in (
        (Severity.ERROR, b"error err fatal critical crit panic severe emerg emergency"),
        (Severity.WARNING, b"warning warn"),
        (Severity.INFO, b"info notice"),
        (Severity.DEBUG, b"debug trace"),
    )
    for word in words.split()
}
_BY_NUMBER = {b"1": Severity.DEBUG, b"2": Severity.DEBUG, b"3": Severity.INFO, b"4": Severity.WARNING}
_BY_LETTER = {b"I": Severity.INFO, b"W": Severity.WARNING, b"E": Severity.ERROR, b"F": Severity.ERROR}

_ANSI = re.compile(rb"\x1b\[[0-?]*[ -/]*[@-~]")
_GLOG = re.compile(rb"\n([IWEF])\d{4} \d\d:\d\d:\d\d[. ]")
_KEY = re.compile(
    rb"\"(?:level|lvl|levelname|log\.level|severity|loglevel)\"\s{0,4}:\s{0,4}(?:\"([A-Za-z]{3,11})\"|([1-6])0\b)"
    rb"|(?:^|(?<=[\s,;\[{]))(?:level|lvl|severity)=\"?([A-Za-z]{3,11})\b"
)
# A number after the word makes it a measure: "val error: 0.12", "ERROR: 0".
_NO_MEASURE = rb"(?![ \t]{0,8}[=:]?[ \t]{0,8}[-+]?(?:\d+\.\d|\.\d|nan\b|inf\b|\d+[ \t]{0,8}(?:[,;|%)\n]|$)))"
_WORD = re.compile(
    # In capitals, on its own: the loud ones anywhere, the others where a level stands.
    rb"(?:^|(?<=[\s\[(<|:>!]))(ERROR|ERR|FATAL|CRITICAL|CRIT|PANIC|SEVERE|EMERG|WARNING|WARN)"
    rb"(?![\w/=-]|\.\w|[ \t]{0,2}=)" + _NO_MEASURE +
    rb"|(?:^|(?<=[\s\[(<|:>]))(INFO|DEBUG|TRACE)(?=[ \t]{0,8}[:\]|)>]|[ \t]{1,8}-|[ \t]{2})"
    rb"|(?:^|(?<=\n)|(?<=[\d\])|>:Zz]\s)|(?<=[\d\])|>:Zz-]\s\s)|(?<= - ))(INFO|DEBUG|TRACE)(?=[\s:]|$)"
    # In brackets, or before a colon, in any case.
    rb"|(?<=[\[<(])((?i:error|err|fatal|critical|crit|panic|emerg|warning|warn|info|debug|trace))[ \t]{0,2}[\])>]"
    rb"|(?:^|(?<=[\s\])>:*]))((?i:error|fatal|panic|critical|warning|warn|info|debug|trace))"
    rb"(?:\[\w{1,12}\])?:(?=\s|$)" + _NO_MEASURE
)  # fmt: skip
_NO_WORD = re.compile(rb"err(?:or)?+[\w=/-]")
_NONE_BEFORE = re.compile(rb"(?:\b(?:no|zero|without|any)|(?:^|\s)0)[ \t]+$", re.IGNORECASE)
_RAISED = re.compile(
    rb"(?:^|: |\] )(?:Uncaught |Unhandled |uncaught exception: )?(?:[A-Za-z_][\w$]*[.:]{1,2}){0,12}"
    rb"(?:\w{0,80}(Warning)|\w{0,80}(?:Error|Exception)|KeyboardInterrupt|SystemExit)(?::(?=\s|$)|\s*$)" + _NO_MEASURE
)
_ALWAYS = re.compile(
    rb"Traceback \(most recent call last\):|\(most recent call first\):|^npm ERR!|^\s*Killed\s*$|"
    rb": line \d+:\s+\d+ (?:Killed|Aborted|Segmentation fault)|\bSegmentation fault(?: \(core dumped\)|\s*$)|"
    rb"\bAborted \(core dumped\)|^thread '[^']*' panicked at|^Exception in thread |"
    rb"^Error response from daemon|^Fatal Python error"
)

_PYTHON_HEAD = re.compile(rb"\(most recent call (?:last|first)\):\s*$")
_CHAINED = re.compile(rb"During handling of the above exception|The above exception was the direct cause")
_RANK = re.compile(rb"^\[[\w.:-]{1,24}\]:? ?")
_MESSAGE = re.compile(rb"^[A-Za-z_][\w.]*(?::|\s*$)")
_FRAME = re.compile(
    rb"\s{1,8}at (?:[^(]{0,400}\(.{0,400}\)|(?=\S*[A-Za-z/])\S{1,400}:\d+|async .{1,400})(?: \[\S{1,200}\]| \{)?\s*$"
    rb"|\t\.\.\. \d+ (?:more|common)|frame #\d+: "
)
_GO_HEAD = re.compile(rb"goroutine \d+ [^\n]{0,200}:\s*$")
_GO_FRAME = re.compile(rb"\t|created by |goroutine \d+ |[^\s(]{1,200}\((?=.{0,2000}\)$)")
_RUST_HEAD = re.compile(rb"stack backtrace:\s*$")
_RUST_FRAME = re.compile(rb"\s+(?:\d+:|at )")

_INSIDE = INNER | Severity.ERROR


def severity(line: bytes) -> Severity:
    """How loud one line is by its own words."""
    if b"\x1b" in line[:_HEAD]:
        line = _ANSI.sub(b"", line[: 2 * _JSON_HEAD])
    if found := _KEY.search(line[: _JSON_HEAD if line.lstrip()[:1] == b"{" else _HEAD]):
        if found[2]:
            return _BY_NUMBER.get(found[2], Severity.ERROR)
        if level := _BY_WORD.get((found[1] or found[3]).lower()):
            return level
    head = line[:_HEAD]
    if found := _GLOG.match(b"\n" + head):
        return _BY_LETTER[found[1]]
    for found in _WORD.finditer(head):
        if level := _level(found):
            return level
    if found := _RAISED.search(head):
        return Severity.WARNING if found[1] else Severity.ERROR
    return Severity.ERROR if _ALWAYS.search(head) else Severity.NONE


def _level(found: re.Match[bytes]) -> Severity:
    """What a level word says where it was found; `NONE` after a "no"."""
    level, at = _BY_WORD[found[found.lastindex or 0].lower()], found.start()
    if _NONE_BEFORE.search(found.string, max(0, at - 12), at):
        return Severity.NONE
    return level


class Levels:
    """Flags of the rows of a log, batch after batch: a stack trace may go on in the next one."""

    def __init__(self) -> None:
        self._trace: str = ""

    def restart(self) -> None:
        """What comes does not continue what was."""
        self._trace = ""

    def flags(self, text: bytes, ends: Sequence[int]) -> bytearray:
        r"""Severity and `INNER` of each row.

        Args:
            text: the rows, each ended by "\n".
            ends: where each of them ends, counted from the beginning of `text`.
        """
        flags = bytearray(len(ends))
        at = self._inside(text, ends, 0, flags) if self._trace else 0
        levels, doubtful = _scan(text, ends)
        for row, (_, level) in levels.items():
            flags[row] = flags[row] or level
        for row in sorted(doubtful):
            if row < at or (row in levels and levels[row][0] < doubtful[row]):
                continue
            line = _row(text, ends, row)
            flags[row] = self._enter(line) or severity(line)
            if self._trace:
                at = self._inside(text, ends, row + 1, flags)
        return flags

    def _enter(self, line: bytes) -> int:
        """The flags of a line that is part of a trace by itself, 0 for others; notes what it begins."""
        if _PYTHON_HEAD.search(line):
            self._trace = "python"
            return Severity.ERROR
        if _FRAME.match(line):
            return _INSIDE
        if _GO_HEAD.match(line):
            self._trace = "go"
            return _INSIDE
        if _RUST_HEAD.match(line):
            self._trace = "rust"
            return _INSIDE
        return 0

    def _inside(self, text: bytes, ends: Sequence[int], row: int, flags: bytearray) -> int:
        """Flag the rows of the trace that is open, from `row` on; the first row that is none of them."""
        while row < len(ends) and self._trace:
            found = self._next(_row(text, ends, row))
            if found < 0:
                return row
            flags[row] = found
            row += 1
        return row

    def _next(self, line: bytes) -> int:
        """The flags of the trace's next line; negative when it is not part of it."""
        if self._trace in ("go", "rust"):
            frame = _GO_FRAME if self._trace == "go" else _RUST_FRAME
            if frame.match(line):
                return _INSIDE
            self._trace = ""
            return -1
        bare = _RANK.sub(b"", line, count=1)
        if self._trace == "python":
            if bare[:1] in (b" ", b"\t"):
                return _INSIDE
            self._trace = "said"
            if _MESSAGE.match(bare):
                return Severity.ERROR
        if _CHAINED.match(bare):
            self._trace = "chained"
            return _INSIDE
        if self._trace == "chained" and _PYTHON_HEAD.search(bare):
            self._trace = "python"
            return _INSIDE
        if not bare.strip() and self._trace in ("said", "chained"):
            return _INSIDE if self._trace == "chained" else 0
        self._trace = ""
        return -1


def _scan(text: bytes, ends: Sequence[int]) -> tuple[dict[int, tuple[int, Severity]], dict[int, int]]:
    """Rows with a clear level word: where it is, and the level; and rows to be looked at, with the place why."""
    raw = b"\n" + text
    low, escapes = raw.lower(), b"\x1b" in raw
    levels: dict[int, tuple[int, Severity]] = {}
    doubtful: dict[int, int] = {}
    for word in _LEVEL_WORDS:
        at = low.find(word)
        while at >= 0:
            row = bisect_right(ends, at - 1)
            if at - (ends[row - 1] if row else 0) > _HEAD:
                at = low.find(word, ends[row])
            elif (found := _WORD.match(raw, at)) and (level := _QUIET.get(word) or _level(found)):
                if row not in levels or at < levels[row][0]:
                    levels[row] = (at, level)
                at = low.find(word, ends[row])
            else:
                coloured = escapes and raw.find(b"\x1b", at - _HEAD if at > _HEAD else 0, at + _HEAD) >= 0
                if (word not in _QUIET or raw[at - 1] in b'"=' or coloured) and not _NO_WORD.match(low, at):
                    doubtful[row] = min(at, doubtful.get(row, at))
                at = low.find(word, at + 3)
    for sign in _SIGNS:
        at = low.find(sign)
        while at >= 0:
            row = bisect_right(ends, at - 1)
            doubtful[row] = 0
            at = low.find(sign, ends[row])
    for found in _AT_BEGINNING.finditer(raw):
        doubtful[bisect_right(ends, found.start())] = 0
    return levels, doubtful


def _row(text: bytes, ends: Sequence[int], row: int) -> bytes:
    begin = ends[row - 1] if row else 0
    return text[begin : min(ends[row] - 1, begin + _JSON_HEAD)]

