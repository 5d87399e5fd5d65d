"""A list to choose from, narrowed as one types."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import ClassVar, Generic, TypeVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical
from textual.content import Content
from textual.widgets import Button, Input, Label, OptionList
from textual.widgets.option_list import Option

from vasttui.tui.dialogs.dialog import Dialog
from vasttui.tui.format import clean

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Entry(Generic[T]):
    """One thing to choose.

    Attributes:
        value: what is answered for it.
        text: its line.
        words: more words by which it is found.
        dim: it matters less than the others.
    """

    value: T
    text: str
    words: str = ""
    dim: bool = False

    def has(self, words: Sequence[str]) -> bool:
        """Whether all these words are in it."""
        found = f"{self.text} {self.words}".lower()
        return all(word in found for word in words)


class Pick(Dialog[T]):
    """Choose one of several; enter takes the line that is lit, a click takes its own.

    Args:
        title: a few words.
        text: one sentence that says what will happen.
        entries: what can be chosen now; `fill` brings others.
        verb: the word on the button.
        said: what stands below the list.
        free: what something typed means that is in no line, None for nothing.
    """

    AUTO_FOCUS = "#text"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("down", "light(1)", show=False),
        Binding("up", "light(-1)", show=False),
        Binding("pagedown", "light(8)", show=False),
        Binding("pageup", "light(-8)", show=False),
    ]

    def __init__(
        self,
        title: str,
        text: str,
        entries: Sequence[Entry[T]] = (),
        *,
        verb: str = "Open",
        said: str = "",
        free: Callable[[str], T | None] = lambda typed: None,
    ) -> None:
        super().__init__()
        self._texts = (title, text, verb)
        self._entries = tuple(entries)
        self._said = said
        self._free = free
        self._listed: list[Entry[T]] = []

    def compose(self) -> ComposeResult:
        """The sentence, the field, the list, what is to be said, the buttons."""
        title, text, verb = self._texts
        with Vertical(classes="dialog pick") as frame:
            frame.border_title = clean(title).replace("[", r"\[")
            yield Label(clean(text), markup=False, classes="sentence")
            yield Input(id="text", max_length=1000, compact=True, placeholder="type to find")
            yield OptionList(compact=True)
            yield Label(clean(self._said), id="said", markup=False)
            with Horizontal(classes="buttons"):
                yield Button("Cancel", id="cancel", compact=True)
                yield Button(verb, id="act", compact=True, variant="primary")

    def on_mount(self) -> None:
        """List all."""
        self._list()

    def fill(self, entries: Sequence[Entry[T]], said: str = "") -> None:
        """There are other things to choose."""
        self._entries, self._said = tuple(entries), said
        if self.is_mounted:
            self._list()

    def _list(self) -> None:
        words = self.query_one("#text", Input).value.lower().split()
        self._listed = [entry for entry in self._entries if entry.has(words)]
        options = self.query_one(OptionList)
        options.clear_options()
        options.add_options(Option(Content.styled(clean(e.text), "dim" if e.dim else "")) for e in self._listed)
        options.display = bool(self._listed)
        if self._listed:
            options.highlighted = 0
        nothing = "" if self._listed or not words or self._chosen is not None else "Nothing has these words."
        self.query_one("#said", Label).update(clean(nothing or self._said))
        self.query_one("#act", Button).disabled = self._chosen is None

    @property
    def entries(self) -> tuple[Entry[T], ...]:
        """All that can be chosen now."""
        return self._entries

    @property
    def lit(self) -> T | None:
        """What is lit in the list, None when it is empty."""
        place = self.query_one(OptionList).highlighted
        return self._listed[place].value if place is not None and self._listed else None

    @property
    def _chosen(self) -> T | None:
        typed = self.query_one("#text", Input).value.strip()
        meant = self._free(typed)
        return meant if meant is not None else self.lit

    def on_input_changed(self) -> None:
        """Narrow the list as one types."""
        self._list()

    def on_input_submitted(self) -> None:
        """Enter takes what is lit."""
        self.act()

    def on_option_list_option_selected(self, event: OptionList.OptionSelected) -> None:
        """A click, or enter in the list."""
        self.dismiss(self._listed[event.option_index].value)

    def action_light(self, steps: int) -> None:
        """Light another line."""
        options = self.query_one(OptionList)
        if self._listed:
            options.highlighted = max(0, min(len(self._listed) - 1, (options.highlighted or 0) + steps))

    def act(self) -> None:
        """Answer with what is chosen."""
        if (chosen := self._chosen) is not None:
            self.dismiss(chosen)
