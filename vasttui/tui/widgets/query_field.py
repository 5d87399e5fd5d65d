"""The field in which a query is typed: history, completion, pasting of several lines."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import ClassVar, Protocol

from rich.highlighter import Highlighter
from rich.text import Text
from textual import events
from textual.binding import BindingType
from textual.widgets import Input

from vasttui.tui.actions import bindings
from vasttui.tui.format import clean

LONGEST = 4000


class Underline(Highlighter):
    """Underlines one part of the text."""

    def __init__(self) -> None:
        self.start = self.end = 0

    def highlight(self, text: Text) -> None:
        """Underline it."""
        if self.end > self.start:
            text.stylize("underline", self.start, min(self.end, len(text)))


class Typing(Protocol):
    """Who answers the field's keys."""

    def ask(self) -> None:
        """Take the picked word, or ask."""

    def complete(self) -> None:
        """Take the word that is offered, or offer some."""

    def step(self, steps: int) -> bool:
        """Pick another word; False when none are shown."""

    def recalled(self, text: str) -> None:
        """A query of before stands in the field from now on; no words are offered for it."""

    def leave(self) -> None:
        """Hide the words, or leave."""


class QueryField(Input, inherit_bindings=True):
    """One line of a query.

    Args:
        typing: answers the keys.
        follow: called when the part of the text that is in sight is another one.
    """

    BINDINGS: ClassVar[list[BindingType]] = [*bindings("query")]

    def __init__(self, typing: Typing, follow: Callable[[], None]) -> None:
        self.underline = Underline()
        super().__init__(
            placeholder="gpu_name=RTX_4090 num_gpus>=2 dph<0.5",
            compact=True,
            select_on_focus=False,
            max_length=LONGEST,
            highlighter=self.underline,
        )
        self._typing = typing
        self._follow = follow
        self._earlier: Sequence[str] = ()
        self._at = 0
        self._own = ""

    def begin(self, text: str, cursor: int, earlier: Sequence[str]) -> None:
        """Edit this text; `earlier` queries, the oldest first, are a key away."""
        self._earlier = [*(known for known in earlier if known != text.strip())]
        self._at, self._own = len(self._earlier), text
        self.value = text
        self.cursor_position = cursor

    def watch_scroll_x(self, old: float, new: float) -> None:
        """Marks stand under the text, so they move with it."""
        super().watch_scroll_x(old, new)
        self._follow()

    def on_paste(self, event: events.Paste) -> None:
        """Several lines are one query."""
        event.prevent_default()
        event.stop()
        text = " ".join(clean(event.text).split())
        self.replace(text, *sorted(self.selection))

    def action_ask(self) -> None:
        """Take the picked word, or ask."""
        self._typing.ask()

    def action_complete(self) -> None:
        """Take the word that is offered, or offer some."""
        self._typing.complete()

    def action_leave(self) -> None:
        """Hide the words, or leave."""
        self._typing.leave()

    def action_previous(self) -> None:
        """The word above, or the query before."""
        if not self._typing.step(-1):
            self._recall(-1)

    def action_next(self) -> None:
        """The word below, or the query after."""
        if not self._typing.step(1):
            self._recall(1)

    def _recall(self, step: int) -> None:
        if self._at == len(self._earlier):
            self._own = self.value
        at = max(0, min(len(self._earlier), self._at + step))
        if at != self._at:
            self._at = at
            text = [*self._earlier, self._own][at]
            self._typing.recalled(text)
            self.value = text
            self.cursor_position = len(self.value)
