"""`{input}`, `{name}` and `{index}` in the texts of a job, and what they become.

In a shell text a placeholder becomes a reference to a variable, never the value itself: what a shell has expanded it
does not read as commands again, so no input can become one, whatever the quotes around the placeholder. Where it
stands only decides about the quotes to add. A text that the job gives to a second shell (`sh -c "…"`, `eval`) is read
again there, as ever: in it, single quotes and the variable are the way.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from enum import Enum, auto
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from vasttui.jobs.spec import Input

NAMES = ("input", "name", "index")
_PLACE = r"\{\{(?P<literal>input|name|index)\}\}|(?<!\$)\{(?P<word>[A-Za-z_]{1,16})\}"
_PLACES = re.compile(_PLACE)
_PLAIN = re.compile(
    _PLACE + r"""|\\.|\$'(?P<ansi>(?:\\.|[^'\\])*)'|'(?P<single>[^']*)'|(?P<double>")|(?P<tick>`)"""
    r"""|(?<![^\s;&|()])(?P<comment>\#[^\n]*)|<<<"""
    r"""|<<-?[ \t]*(?:'(?P<quoted>[^'\n]+)'|"(?P<quoted2>[^"\n]+)"|\\(?P<quoted3>\w+)|(?P<bare>[A-Za-z_]\w*))"""
    r"""|(?P<arithmetic>\(\()|(?P<open>\()|(?P<close>\))|(?P<line>\n)""",
    re.DOTALL,
)
_DOUBLE = re.compile(_PLACE + r"""|\\.|(?P<double>")|(?P<tick>`)|\$(?P<open>\()""", re.DOTALL)


class Standing(Enum):
    """Where a placeholder stands in a shell text."""

    BARE = auto()
    """Outside of quotes."""
    EXPANDED = auto()
    """Where variables are expanded: in double quotes, or in a here-document."""
    LITERAL = auto()
    """Where nothing is expanded: in single quotes, or in a here-document with a quoted end word."""
    COMMENT = auto()


def variables(job_input: Input) -> dict[str, str]:
    """The variables that a filled shell text refers to."""
    values = _values(job_input)
    return {_variable(name): values[name] for name in NAMES}


def fill(text: str, job_input: Input, quote: bool) -> str:
    """The text with its placeholders replaced; `{{input}}` stands for the text `{input}`, `${input}` stays.

    Args:
        quote: the text is for a shell, on the box or here: each placeholder becomes one word, by a reference to
            VASTTUI_INPUT, VASTTUI_NAME or VASTTUI_INDEX, which must be set and exported before (see `variables`).
            False: a plain text (an environment value, a path, one argument); who puts it into a shell quotes it.
    """
    if quote:
        return _fill_shell(text)
    values = _values(job_input)

    def put(match: re.Match[str]) -> str:
        if match["literal"]:
            return f"{{{match['literal']}}}"
        return values.get(match["word"], match[0])

    return _PLACES.sub(put, text)


def has_placeholder(text: str) -> bool:
    """Whether `fill` would put anything of the input into the text."""
    return any(match["word"] in NAMES for match in _PLACES.finditer(text))


def words_in(text: str, *, shell: bool) -> Iterator[tuple[str, Standing]]:
    """The words in single braces, real placeholders or not, and where each stands; a plain text is `EXPANDED`."""
    if shell:
        yield from ((match["word"], standing) for match, standing in _standings(text) if match["word"])
    else:
        yield from ((match["word"], Standing.EXPANDED) for match in _PLACES.finditer(text) if match["word"])


def escaped(text: str) -> str:
    """The text such that `fill` gives it back, whatever it holds; for the names of folders that are only there."""

    def put(match: re.Match[str]) -> str:
        return f"{{{match[0]}}}" if match["literal"] or match["word"] in NAMES else match[0]

    return _PLACES.sub(put, text)


def _values(job_input: Input) -> dict[str, str]:
    return {"input": job_input.value, "name": job_input.name, "index": str(job_input.index)}


def _variable(name: str) -> str:
    return f"VASTTUI_{name.upper()}"


def _fill_shell(text: str) -> str:
    parts: list[str] = []
    end = 0
    for match, standing in _standings(text):
        new = match[0]
        if match["literal"]:
            new = f"{{{match['literal']}}}"
        elif match["word"] in NAMES and standing is Standing.BARE:
            new = f'"${{{_variable(match["word"])}}}"'
        elif match["word"] in NAMES and standing is Standing.EXPANDED:
            new = f"${{{_variable(match['word'])}}}"
        parts += text[end : match.start()], new
        end = match.end()
    return "".join(parts) + text[end:]


def _standings(text: str) -> Iterator[tuple[re.Match[str], Standing]]:
    """The words in braces, in order, and where they stand."""
    return _Scan(text).run()


class _Scan:
    """Reads a shell text as far as its quotes go. A wrong guess costs quotes, never safety."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._open: list[str] = []
        self._documents: list[tuple[str, bool]] = []
        """End words of the here-documents that begin at the next line, and whether they are expanded."""

    def run(self) -> Iterator[tuple[re.Match[str], Standing]]:
        place = 0
        while match := (_DOUBLE if self._in_double else _PLAIN).search(self._text, place):
            place = match.end()
            found = match.groupdict()
            if found["literal"] or found["word"]:
                yield match, Standing.EXPANDED if self._in_double else Standing.BARE
            elif found.get("single") or found.get("ansi"):
                yield from self._within(match.start(), place, Standing.LITERAL)
            elif found.get("comment"):
                yield from self._within(match.start(), place, Standing.COMMENT)
            elif found.get("line") and self._documents:
                for end_word, expanded in self._documents:
                    end = self._end_of(end_word, place)
                    yield from self._within(place, end, Standing.EXPANDED if expanded else Standing.LITERAL)
                    place = end
                self._documents.clear()
            else:
                self._follow(match, found)

    @property
    def _in_double(self) -> bool:
        return bool(self._open) and self._open[-1] == '"'

    def _within(self, start: int, end: int, standing: Standing) -> Iterator[tuple[re.Match[str], Standing]]:
        yield from ((match, standing) for match in _PLACES.finditer(self._text, start, end))

    def _end_of(self, end_word: str, place: int) -> int:
        found = re.compile(rf"^\t*{re.escape(end_word)}\r?$", re.MULTILINE).search(self._text, place)
        return found.start() if found else place

    def _follow(self, match: re.Match[str], found: dict[str, str | None]) -> None:
        if found["double"]:
            self._close('"') if self._in_double else self._open.append('"')
        elif found["tick"]:
            self._close("`") if "`" in self._open else self._open.append("`")
        elif found["open"]:
            self._open.append(")")
        elif found.get("arithmetic"):
            self._open += ["))", ")"]
        elif found.get("close") and self._open and self._open[-1] in (")", "))"):
            self._open.pop()
        elif "))" not in self._open:
            quoted = found.get("quoted") or found.get("quoted2") or found.get("quoted3")
            if end_word := quoted or found.get("bare"):
                self._documents.append((end_word, not quoted))

    def _close(self, mark: str) -> None:
        while self._open.pop() != mark:
            pass
