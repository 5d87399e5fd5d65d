"""Search templates, see what each sets, take one."""

from __future__ import annotations

from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical, VerticalScroll
from textual.content import Content
from textual.timer import Timer
from textual.widgets import Button, Input, Label, OptionList, Static
from textual.widgets.option_list import Option

from vasttui.api.models import Template
from vasttui.errors import VastError
from vasttui.tui.control import Control
from vasttui.tui.dialogs.dialog import Dialog
from vasttui.tui.dialogs.hanging import hanging
from vasttui.tui.dialogs.template_text import detail_lines, image_of, title_of
from vasttui.tui.format import clean, plural
from vasttui.tui.palette import palette_of
from vasttui.tui.panes.jobs.result import masked

AFTER = 0.4
"""Seconds without a key after which the search goes out: each is a request, and those are paced."""

MOST = 200
"""Templates that are listed."""


class TemplateDialog(Dialog[Template]):
    """A search field, what was found, and what the lit one sets. The result is the template that was taken."""

    AUTO_FOCUS = "#text"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("down", "light(1)", show=False),
        Binding("up", "light(-1)", show=False),
        Binding("pagedown", "read(1)", show=False),
        Binding("pageup", "read(-1)", show=False),
    ]

    def __init__(self, control: Control, after: float = AFTER) -> None:
        super().__init__()
        self._control = control
        self._after = after
        self._waiting: Timer | None = None
        self._found: tuple[Template, ...] = ()
        self._of: str | None = None
        """The text that these were found by."""

    def compose(self) -> ComposeResult:
        """The field, the list, the detail, the buttons."""
        with Vertical(classes="dialog templates") as frame:
            frame.border_title = "Templates"
            yield Input(id="text", max_length=200, compact=True, placeholder="part of a name or an image")
            yield Label("", id="said", markup=False)
            yield OptionList(compact=True)
            with VerticalScroll(id="detail", can_focus=False):
                yield Static()
            with Horizontal(classes="buttons"):
                yield Button("Cancel", id="cancel", compact=True)
                yield Button("Use it", id="act", compact=True, variant="primary", disabled=True)

    def on_mount(self) -> None:
        """List what there is without a word."""
        self._begin()

    # Searching

    @on(Input.Changed)
    def _soon(self) -> None:
        """Search when the typing pauses."""
        if self._waiting is not None:
            self._waiting.stop()
        self._waiting = self.set_timer(self._after, self._begin)

    def _begin(self) -> None:
        self._say("asking Vast.ai…")
        self.run_worker(self._search(self.query_one("#text", Input).value.strip()), group="search", exclusive=True)

    async def _search(self, text: str) -> None:
        try:
            found = await self._control.templates(text)
        except VastError as error:
            self._say(f"{error.message} {error.hint}".strip(), tone="bad")
            return
        # Without a hash there is nothing that a rental could name.
        self._found, self._of = tuple(template for template in found if template.hash_id)[:MOST], text
        self._list(text)

    def _list(self, text: str) -> None:
        options = self.query_one(OptionList)
        options.clear_options()
        options.add_options(Option(_entry(template)) for template in self._found)
        options.highlighted = 0 if self._found else None
        if self._found:
            self._say(plural(len(self._found), "template"))
        else:
            named = f" with {clean(text)!r} in its name or image" if text else ""
            self._say(f"There is no template{named}.")
        self._show()

    def _say(self, text: str, tone: str = "dim") -> None:
        label = self.query_one("#said", Label)
        label.update(masked(text))
        label.set_class(tone == "bad", "-bad")

    # Choosing

    @property
    def _lit(self) -> Template | None:
        place = self.query_one(OptionList).highlighted
        return self._found[place] if place is not None and place < len(self._found) else None

    @on(OptionList.OptionHighlighted)
    def _show(self) -> None:
        """Say what the lit one sets."""
        lit = self._lit
        lines = detail_lines(lit) if lit is not None else ()
        self.query_one("#detail > Static", Static).update(hanging(lines, palette_of(self.app)))
        self.query_one("#detail").scroll_home(animate=False)
        self.query_one("#act", Button).disabled = lit is None

    @on(OptionList.OptionSelected)
    def _selected(self) -> None:
        """A click, or enter in the list."""
        self.act()

    def on_input_submitted(self) -> None:
        """Enter takes the lit one, once the list is that of the text."""
        if self._of == self.query_one("#text", Input).value.strip():
            self.act()

    def action_light(self, steps: int) -> None:
        """Light another one."""
        if self._found:
            options = self.query_one(OptionList)
            options.highlighted = max(0, min(len(self._found) - 1, (options.highlighted or 0) + steps))

    def action_read(self, pages: int) -> None:
        """Scroll what the lit one sets."""
        detail = self.query_one("#detail")
        detail.scroll_relative(y=pages * max(1, detail.size.height - 1), animate=False)

    def act(self) -> None:
        """Answer with the lit one."""
        if (lit := self._lit) is not None:
            self.dismiss(lit)


def _entry(template: Template) -> Content:
    return Content.assemble((masked(title_of(template)), "bold"), "  ", (masked(image_of(template)), "$dim"))
