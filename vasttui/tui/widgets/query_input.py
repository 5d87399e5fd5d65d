"""Typing a query in its place: completion, the mistake under its token, what came of it before.

    / gpu_name=RTX_4090 gpu_rma>=24                                  12 of 64 here
                        ^^^^^^^ unknown field 'gpu_rma'; did you mean gpu_ram?
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from textual.app import ComposeResult
from textual.containers import Horizontal, Vertical
from textual.content import Content
from textual.message import Message
from textual.timer import Timer
from textual.widget import Widget
from textual.widgets import Input, Static

from vasttui.errors import QueryError
from vasttui.offers.completion import Completions, Values
from vasttui.tui.format import cells, clean
from vasttui.tui.panes.sheet import Sheet
from vasttui.tui.widgets.candidates import Candidates
from vasttui.tui.widgets.query_field import QueryField
from vasttui.tui.widgets.query_marks import fault_of, is_unfinished, marked, offered

PAUSE = 1.0
"""Seconds without a key after which the clause at the end counts as typed."""

LABEL = "/ "
KEYS = "enter searches   tab completes   up: earlier queries   esc leaves"


class QueryInput(Vertical):
    """The field, a note at its right, the line below it and the words that are offered. Closed, it takes no room."""

    DEFAULT_CSS = """
    QueryInput {
        height: 2;
        display: none;
        & > Horizontal { height: 1; }
        & .query--label { width: 2; height: 1; color: $accent; text-style: bold; }
        & QueryField { width: 1fr; height: 1; border: none; padding: 0; background: $background; }
        & QueryField:focus { border: none; }
        & .query--note { width: auto; height: 1; padding: 0 0 0 2; color: $foreground-muted; }
        & > Sheet { height: 1; padding: 0 0 0 2; }
    }
    QueryInput.-open { display: block; }
    """

    class Asked(Message):
        """Enter: ask this, which can be asked."""

        def __init__(self, text: str) -> None:
            super().__init__()
            self.text = text

    class Left(Message):
        """Nothing is to be asked."""

    def __init__(self, *, id: str | None = None) -> None:  # noqa: A002 - Textual's name
        super().__init__(id=id)
        self.field = QueryField(self, self._mark)
        self._words = Candidates()
        self._line = Sheet()
        self._note = Static(classes="query--note")
        self._values = Values()
        self._count: Callable[[str], str] = lambda text: ""
        self._error: QueryError | None = None
        self._patience: Timer | None = None
        self._before: Widget | None = None
        self._settled = ""
        self._found = Completions(0, 0)

    def compose(self) -> ComposeResult:
        """The field with its note, the line below, the words over what follows."""
        with Horizontal():
            yield Static(LABEL, classes="query--label", markup=False)
            yield self.field
            yield self._note
        yield self._line
        yield self._words

    @property
    def is_open(self) -> bool:
        """Whether one types in it."""
        return self.has_class("-open")

    @property
    def said(self) -> tuple[str, bool]:
        """The line below, and whether it tells a mistake."""
        text = "".join(text for part in (self._line.lines or ((),))[0] for text, _ in part)
        return text.strip(), self._error is not None

    def open(
        self,
        text: str,
        cursor: int | None = None,
        *,
        earlier: Sequence[str] = (),
        values: Values | None = None,
        count: Callable[[str], str] = lambda text: "",
    ) -> None:
        """Edit a query.

        Args:
            text: the query as it is.
            cursor: where to begin, its end by default; there a blank is added.
            earlier: queries that were typed before, oldest first.
            values: what the market holds, for completion.
            count: what to say of a query that can be asked: how many it would match.
        """
        self._values, self._count = values or Values(), count
        text = clean(text)
        begun = f"{text.rstrip()} " if cursor is None and text.strip() else text
        self._settled = begun
        self.field.begin(begun, len(begun) if cursor is None else min(cursor, len(begun)), earlier)
        self.add_class("-open")
        self._before = self.screen.focused
        self.screen.set_focus(self.field)
        self._words.offer((), 0)
        self._judge()

    def close(self) -> None:
        """Hide it and give the focus back."""
        if not self.is_open:
            return
        self._stop_waiting()
        self._words.offer((), 0)
        self.remove_class("-open")
        if self.screen.focused is self.field:
            self.screen.set_focus(self._before if self._before is not None and self._before.is_attached else None)

    # What is typed

    def on_input_changed(self, event: Input.Changed) -> None:
        """Offer words and judge, as one types."""
        event.stop()
        if self.is_open and event.value == self.field.value:
            if event.value != self._settled:
                self._settled = event.value
                self._offer(unasked=True)
            self._judge()

    def _offer(self, *, unasked: bool) -> None:
        """Show the words that fit at the cursor; unasked only when something of them stands there."""
        text, cursor = self.field.value, self.field.cursor_position
        self._found = offered(text, cursor, self._values, beyond=not unasked)
        begun = cursor > 0 and text[cursor - 1] != " "
        words = self._found.candidates if begun or not unasked else ()
        x = len(LABEL) + cells(text[: self._found.start]) - int(self.field.scroll_offset.x)
        self._words.offer(words, x)

    def _judge(self, *, patient: bool = True) -> None:
        text = self.field.value
        error = fault_of(text)
        self._stop_waiting()
        if patient and error is not None and is_unfinished(text, self.field.cursor_position, error):
            error = None
            self._patience = self.set_timer(PAUSE, lambda: self._judge(patient=False))
            self._note.update("")
        else:
            self._note.update(Content("" if error is not None or self._words.shown else self._count(text)))
        self._error = error
        self._mark()

    def _mark(self) -> None:
        """Bring the line below up to date."""
        error, field = self._error, self.field
        field.underline.start, field.underline.end = (error.start, error.end) if error is not None else (0, 0)
        field.refresh()
        if error is None:
            self._line.set_lines([(((KEYS, "dim"),),)])
            return
        width = max(20, self.size.width - len(LABEL))
        self._line.set_lines([(marked(error, field.value, int(field.scroll_offset.x), width),)])

    def _stop_waiting(self) -> None:
        if self._patience is not None:
            self._patience.stop()
            self._patience = None

    # The keys of the field

    def ask(self) -> None:
        """Take a word that was picked by hand; else ask, unless there is a mistake."""
        if self._words.was_picked and self._take():
            return
        self._words.offer((), 0)
        self._judge(patient=False)
        if self._error is None:
            self.post_message(self.Asked(" ".join(self.field.value.split())))

    def complete(self) -> None:
        """Take the word that is offered, or offer some."""
        if not self._take():
            self._offer(unasked=False)

    def step(self, steps: int) -> bool:
        """Pick another word; False when none are shown."""
        return self._words.step(steps)

    def recalled(self, text: str) -> None:
        """A query of before stands in the field; its last word is not being typed."""
        self._settled = text

    def leave(self) -> None:
        """Hide the words; without any, leave."""
        if self._words.shown:
            self._words.offer((), 0)
            self._judge()
        else:
            self.post_message(self.Left())

    def _take(self) -> bool:
        one, field = self._words.candidate, self.field
        if one is None:
            return False
        text, cursor = self._found.apply(field.value, one)
        self._settled = text
        field.value = text
        field.cursor_position = cursor
        if one.kind == "value":
            self._words.offer((), 0)
        else:
            self._offer(unasked=False)
        return True
