"""The search as a form, for those who do not know the grammar; the query that it makes stands below."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, ItemGrid, Vertical, VerticalScroll
from textual.content import Content
from textual.suggester import Suggester
from textual.widget import Widget
from textual.widgets import Button, Input, Label, Static

from vasttui.api.models import Offer
from vasttui.errors import QueryError, UsageError
from vasttui.offers.gpus import GPU_MODELS, plain
from vasttui.snapshot import Search
from vasttui.tui.dialogs.dialog import Dialog
from vasttui.tui.dialogs.query_fields import (
    BLANKS,
    LABELS,
    ORDERS,
    Blank,
    FieldError,
    form_of,
    search_of,
    unknown_models,
)
from vasttui.tui.format import clean
from vasttui.tui.panes.offers.asking import TRUST, TYPES
from vasttui.tui.widgets.choice import Choice

CHOICES = {"machines": TRUST, "type": TYPES, "order": tuple(ORDERS)}
NO_QUERY = "no conditions: any GPU"


class LastOfList(Suggester):
    """Completes the last of several names that commas part."""

    def __init__(self, names: Iterable[str]) -> None:
        super().__init__(use_cache=False, case_sensitive=True)
        self._names = tuple(names)

    async def get_suggestion(self, value: str) -> str | None:
        """The first name that begins like it, or has it as its second word."""
        start = value.rfind(",") + 1
        typed = value[start:].lstrip()
        if not typed:
            return None
        head = value[: len(value) - len(typed)]
        found = (name for name in self._names if plain(name).startswith(plain(typed)) and len(name) > len(typed))
        name = next(found, None)
        return None if name is None else head + typed + name[len(typed) :]


class QueryForm(Dialog[Search]):
    """The form; its result is the search, by its button or with enter in the last field.

    Args:
        search: what is asked now; a query that cannot be read is begun anew.
        offers: rows in hand, whose models are offered first.
    """

    AUTO_FOCUS = "#models"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("ctrl+s", "search", show=False),
        Binding("down", "app.focus_next", show=False),
        Binding("up", "app.focus_previous", show=False),
    ]

    def __init__(self, search: Search, offers: Iterable[Offer] = ()) -> None:
        super().__init__()
        try:
            self._form = form_of(search)
        except QueryError:
            search = Search(type=search.type, order=search.order, storage_gb=search.storage_gb, preset=search.preset)
            self._form = form_of(search)
        self._search = search
        seen = dict.fromkeys(offer.gpu_name.replace("_", " ") for offer in offers if offer.gpu_name)
        self._models = (*seen, *(model for model in GPU_MODELS if model not in seen))
        self._made: Search | None = search

    def compose(self) -> ComposeResult:
        """The fields in two columns, the query, what is wrong, the buttons."""
        with Vertical(classes="dialog query-form") as frame:
            frame.border_title = "Search"
            with VerticalScroll(can_focus=False):
                yield self._row("models", self._field(BLANKS[0]))
                with ItemGrid(min_column_width=32, regular=True):
                    yield from self._rows()
            yield Static(id="query")
            yield Label("", id="problem", markup=False)
            with Horizontal(classes="buttons"):
                yield Button("Cancel", id="cancel", compact=True)
                yield Button("Search", id="act", compact=True, variant="primary")

    def _rows(self) -> Iterator[Widget]:
        for blank in BLANKS[1:]:
            yield self._row(blank.name, self._field(blank))
        storage = Input(self._form["storage"], placeholder="that prices include", id="storage", compact=True)
        yield self._row("storage", storage)
        for name, words in CHOICES.items():
            yield self._row(name, Choice(words, self._form[name], id=name))

    def _field(self, blank: Blank) -> Input:
        suggester = LastOfList(self._models) if blank.name == "models" else None
        value = clean(self._form[blank.name])
        return Input(
            value, placeholder=blank.hint, id=blank.name, compact=True, max_length=1000,
            suggester=suggester, select_on_focus=False,
        )  # fmt: skip

    def _row(self, name: str, field: Widget) -> Horizontal:
        return Horizontal(Label(LABELS[name], markup=False), field, classes="row", id=f"row-{name}")

    def on_mount(self) -> None:
        """Show the query."""
        self._read()

    @on(Input.Changed)
    @on(Choice.Changed)
    def _changed(self) -> None:
        self._read()

    def _read(self) -> None:
        """Make the query while one fills the form; a wrong field is named."""
        wrong, problem = "", ""
        try:
            self._made = search_of(self._typed(), self._search)
        except FieldError as error:
            self._made, wrong, problem = None, error.field, error.message
        except UsageError as error:
            self._made, problem = None, error.message
        for row in self.query(".row"):
            row.set_class(row.id == f"row-{wrong}", "-wrong")
        self.query_one("#problem", Label).update(clean(problem))
        if self._made is not None:
            self.query_one("#query", Static).update(self._told(self._made))
        self.query_one("#act", Button).disabled = self._made is None

    def _told(self, made: Search) -> Content:
        text, dim = clean(made.text), "$foreground-muted"
        strange = ", ".join(clean(name) for name in unknown_models(made, self._models))
        remark = f"   {strange}: no GPU of this name was seen yet" if strange else ""
        return Content.assemble(("query  ", dim), text or (NO_QUERY, dim), (remark, "$text-warning"))

    def _typed(self) -> dict[str, str]:
        fields = {field.id or "": field.value for field in self.query(Input)}
        return fields | {choice.id or "": choice.value for choice in self.query(Choice)}

    def on_input_submitted(self) -> None:
        """Enter searches: a search spends nothing."""
        self.act()

    def action_search(self) -> None:
        """Search from anywhere in the form."""
        self.act()

    def act(self) -> None:
        """Answer with the search."""
        if self._made is not None:
            self.dismiss(self._made)
