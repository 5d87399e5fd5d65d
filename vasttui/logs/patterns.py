r"""What a user looks for in lines: plain text, or a regular expression written `/step \d+/`.

The text is hostile and the expression is the user's own, so a search must end whatever the two are. The standard
library's `re` cannot be stopped; `regex` reads the same language and can. It is loaded at the first expression only.
"""

from __future__ import annotations

import re
from functools import lru_cache
from time import thread_time
from typing import TYPE_CHECKING

from vasttui.errors import UsageError

if TYPE_CHECKING:
    import regex

MAX_LENGTH = 1000
"""Characters of a pattern; a longer one is refused."""

MAX_SPANS = 200
"""Hits of one line that are told; hits beyond are not marked."""

_PATIENCE = 0.02
_LEAST_PATIENCE = 0.000_2
_TOO_LARGE = 100_000

_NO_LETTERS = re.compile(r"\\[pPN]\{[^}]*\}|\\g?<[^>]*>|\(\?P?[<=&>][^>)]*[>)]|\\.", re.DOTALL)
_ATOMS = re.compile(r"\\.|\[\^?\]?(?:\\.|[^\]\\])*\]|(?P<open>\()|(?P<close>\))|\{(?P<times>\d+)[^}]*\}|.", re.DOTALL)


class Pattern:
    r"""Something to look for in lines of text.

    `/step \d+/` is a regular expression, anything else is plain text. Small letters find both cases; with a capital
    letter in it, the case counts. A search never hangs: an expression that takes too long on a line is given up there,
    as if the line did not match, and `trouble` says so.

    Attributes:
        text: the pattern as it was written.
        trouble: "", or one sentence: a search took too long.
    """

    __slots__ = ("_expression", "_ignore_case", "_lost", "_needle", "text", "trouble")

    def __init__(self, text: str, expression: regex.Pattern[str] | None = None) -> None:
        self.text = text
        self.trouble = ""
        self._expression = expression
        self._ignore_case = not _has_capital(text)
        self._needle = _fold(text) if self._ignore_case else text
        self._lost = 0.0

    def __repr__(self) -> str:
        return f"Pattern({self.text!r})"

    @property
    def is_expression(self) -> bool:
        """Whether it is a regular expression."""
        return self._expression is not None

    @classmethod
    def parse(cls, text: str, *, column: int = 1) -> Pattern | None:
        """The pattern that `text` means; None for "".

        Args:
            text: what was typed; blanks count.
            column: where `text` begins in what the user sees, for the message.

        Raises:
            UsageError: a regular expression that cannot be read; names the column.
        """
        if not text:
            return None
        if len(text) > MAX_LENGTH:
            raise UsageError(f"the pattern is too long: {len(text)} characters, at most {MAX_LENGTH}")
        if not is_expression(text):
            return cls(text)
        return cls(text, _compiled(text[1:-1], column + 1))

    @classmethod
    def plain(cls, text: str) -> Pattern:
        """The pattern that finds `text` itself, even if it stands between slashes."""
        return cls(text)

    def search(self, text: str) -> bool:
        """Whether it is somewhere in `text`."""
        if self._expression is None:
            return self._needle in (_fold(text) if self._ignore_case else text)
        try:
            return self._expression.search(text, timeout=self._patience()) is not None
        except TimeoutError:
            self._give_up()
            return False

    def spans(self, text: str) -> list[tuple[int, int]]:
        """Where it is in `text`: (start, end) in order, not empty, not overlapping, at most `MAX_SPANS`."""
        if self._expression is None:
            return self._plain_spans(text)
        found: list[tuple[int, int]] = []
        start = thread_time()
        try:
            for match in self._expression.finditer(text, timeout=self._patience()):
                if match.end() > match.start():
                    found.append(match.span())
                if len(found) == MAX_SPANS or thread_time() - start > _PATIENCE:
                    break
        except TimeoutError:
            self._give_up()
        return found

    @property
    def groups(self) -> tuple[str, ...]:
        """Names of the groups of the expression."""
        return tuple(self._expression.groupindex) if self._expression else ()

    def last_groups(self, text: str) -> dict[str, str] | None:
        """The named groups of the last match that took part in it; None when nothing matches."""
        found: dict[str, str] | None = None
        start = thread_time()
        try:
            for match in self._expression.finditer(text, timeout=self._patience()) if self._expression else ():
                found = {name: value for name, value in match.groupdict().items() if value is not None}
                if thread_time() - start > _PATIENCE:
                    break
        except TimeoutError:
            self._give_up()
        return found

    def last_value(self, text: str) -> str | None:
        """What the last match found: its first group that took part, or the whole match; None when nothing matches."""
        found: str | None = None
        start = thread_time()
        try:
            for match in self._expression.finditer(text, timeout=self._patience()) if self._expression else ():
                found = next((group for group in match.groups() if group is not None), match.group())
                if thread_time() - start > _PATIENCE:
                    break
        except TimeoutError:
            self._give_up()
        return found

    def _plain_spans(self, text: str) -> list[tuple[int, int]]:
        folded = _fold(text) if self._ignore_case else text
        found: list[tuple[int, int]] = []
        at = folded.find(self._needle)
        while at >= 0 and len(found) < MAX_SPANS:
            end = at + len(self._needle)
            found.append((at, end))
            at = folded.find(self._needle, end)
        return found

    def _patience(self) -> float:
        """Seconds that a search may take: the more were lost, the fewer, so that no log of slow lines adds up."""
        return max(_LEAST_PATIENCE, _PATIENCE / (1 + 10 * self._lost))

    def _give_up(self) -> None:
        self._lost += self._patience()
        self.trouble = f"{self.text} takes too long on some lines, which count as not matching"


def is_expression(text: str) -> bool:
    """Whether a pattern so written is a regular expression."""
    return len(text) > 2 and text[0] == text[-1] == "/"


def toggle_expression(text: str) -> str:
    """A pattern's text as a regular expression if it is plain, and the other way round: `a.b` ⇄ `/a.b/`."""
    return text[1:-1] if is_expression(text) or text == "//" else f"/{text}/"


def _fold(text: str) -> str:
    """Lower case, character by character, so that places stay what they are."""
    if text.isascii():
        return text.lower()
    return text.replace("\u0130", "i").lower().replace("ς", "σ")


def _has_capital(text: str) -> bool:
    if text.islower():
        return False
    letters = _NO_LETTERS.sub("", text) if is_expression(text) else text
    return letters != letters.lower()


@lru_cache(maxsize=64)
def _compiled(expression: str, column: int) -> regex.Pattern[str]:
    import regex

    if _weight(expression) > _TOO_LARGE:
        raise UsageError(f"bad regular expression at column {column}: its repeats multiply to more than {_TOO_LARGE:,}")
    flags = 0 if _has_capital(f"/{expression}/") else regex.IGNORECASE
    try:
        return regex.compile(expression, flags)
    except regex.error as error:
        # The type stubs do not know that the error has a place.
        place, what = getattr(error, "pos", None) or 0, getattr(error, "msg", error)
        raise UsageError(
            f"bad regular expression at column {column + place}: {what}", hint="Without the slashes it is plain text."
        ) from None
    except RecursionError:
        raise UsageError(f"bad regular expression at column {column}: nested too deep") from None
    except (ValueError, OverflowError) as error:
        raise UsageError(f"bad regular expression at column {column}: {error}") from None


def _weight(expression: str) -> int:
    """About how many nodes the expression unfolds to: `(a{1000}){1000}` is a million, and would take the memory."""
    outer: list[int] = []
    total = last = 0
    for atom in _ATOMS.finditer(expression):
        if atom["open"]:
            outer.append(total)
            total = last = 0
        elif atom["close"] and outer:
            last, total = total + 1, outer.pop() + total + 1
        elif atom["times"]:
            grown = last * max(1, int(atom["times"][:9]))
            total, last = total - last + grown, grown
        else:
            last, total = 1, total + 1
    return total + sum(outer)
