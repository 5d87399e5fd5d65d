"""The keys of the focused pane, made from the actions."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import VerticalScroll
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import Static

from vasttui.tui.actions import PANE_SCOPES, Action, bindings, keys_of, of_scope

WITH_TABLE = frozenset({"offers", "instances", "jobs", "cost", "events"})
WITH_LINES = frozenset({"logs"})
WITH_PROMPT = {"offers": ("prompt",), "instances": ("prompt",), "logs": ("prompt", "log-prompt")}
KEY_WIDTH = 12


def sections(scope: str, name: str) -> Iterator[tuple[str, list[Action]]]:
    """The headings and their actions: the pane's own, those of what is in it, those that work everywhere."""
    if scope in PANE_SCOPES and (own := list(of_scope(scope))):
        yield name, own
    if scope in WITH_TABLE:
        yield "Tables", list(of_scope("table"))
    if scope in WITH_LINES:
        yield "Lines", list(of_scope("lines"))
    if scope in WITH_PROMPT:
        yield "While typing", [action for part in WITH_PROMPT[scope] for action in of_scope(part)]
    if scope == "offers":
        yield "While typing a query", list(of_scope("query"))
        yield "In the conditions of a search", list(of_scope("chips"))
    yield "Everywhere", [*of_scope("app"), *of_scope("always")]


def help_text(scope: str, name: str, own: Mapping[str, str], *, read_only: bool) -> Content:
    """All of it, one action a line."""
    lines: list[Content] = []
    for heading, actions in sections(scope, name):
        lines += [Content("")] if lines else []
        lines.append(Content.styled(heading, "bold"))
        for action in actions:
            if not (read_only and action.danger):
                keys = keys_of(action, own).ljust(KEY_WIDTH)
                lines.append(Content.assemble((f"{keys} ", "bold $accent"), action.help))
    return Content("\n").join(lines)


class Help(ModalScreen[None]):
    """Shows the keys; scrolls where the terminal is small."""

    BINDINGS: ClassVar[list[BindingType]] = [
        *bindings("dialog"),
        Binding("question_mark,f1,q", "cancel", show=False),
    ]

    def __init__(self, scope: str, name: str, own: Mapping[str, str], *, read_only: bool = False) -> None:
        super().__init__()
        self._title = f"Keys: {name}" if name else "Keys"
        self._text = help_text(scope, name, own, read_only=read_only)

    def compose(self) -> ComposeResult:
        """A frame with the text."""
        with HelpScroll(classes="dialog help") as frame:
            frame.border_title = self._title
            frame.border_subtitle = "esc closes"
            yield Static(self._text)

    def action_cancel(self) -> None:
        """Close it."""
        self.dismiss(None)


class HelpScroll(VerticalScroll):
    """Scrolls by the table's keys too."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("j", "scroll_down", show=False),
        Binding("k", "scroll_up", show=False),
        Binding("g", "scroll_home", show=False),
        Binding("G", "scroll_end", show=False),
        Binding("space", "page_down", show=False),
    ]
