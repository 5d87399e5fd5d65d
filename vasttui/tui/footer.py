"""The last line: the keys of the focused pane, then those that work everywhere."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from textual import events
from textual.binding import ActiveBinding
from textual.dom import DOMNode
from textual.strip import Strip
from textual.widget import Widget
from textual.widgets import Input

from vasttui.tui.actions import ACTIONS, BY_ID, keys_of
from vasttui.tui.format import cells
from vasttui.tui.palette import Piece, palette_of

ORDER = {action.id: index for index, action in enumerate(ACTIONS)}
ALWAYS = frozenset({"app.help", "app.palette"})


@dataclass(frozen=True, slots=True)
class Hint:
    """One key of the footer, its word and what a click on it runs."""

    id: str
    key: str
    label: str
    action: str
    node: DOMNode

    @property
    def width(self) -> int:
        """Cells that it takes."""
        return cells(self.key) + 1 + cells(self.label)


def _rank(action_id: str) -> tuple[int, int]:
    scope = BY_ID[action_id].scope
    return {"chips": -1, "table": 1, "app": 2}.get(scope, 0), ORDER[action_id]


def hints(active: Iterable[ActiveBinding], own: Mapping[str, str]) -> list[Hint]:
    """The hints for the active bindings, each action once, with its first key.

    Args:
        active: what Textual says is bound now.
        own: the user's keys by action.
    """
    found: dict[str, Hint] = {}
    for node, binding, enabled, _ in active:
        name = binding.id or ""
        if binding.show and enabled and name in BY_ID and name not in found:
            key = keys_of(BY_ID[name], own).split(" ")[0]
            found[name] = Hint(name, key, binding.description, binding.action, node)
    return sorted(found.values(), key=lambda hint: _rank(hint.id))


def fitting(found: list[Hint], width: int) -> list[Hint]:
    """As many hints as fit, in their order; help and palette stay."""
    free = width - 1 - sum(hint.width + 2 for hint in found if hint.id in ALWAYS)
    kept = []
    for hint in found:
        if hint.id not in ALWAYS:
            free -= hint.width + 2
            if free < 0:
                continue
        kept.append(hint)
    return kept


class Footer(Widget):
    """Draws the hints and takes clicks on them."""

    def __init__(self, own: Mapping[str, str]) -> None:
        super().__init__(id="footer")
        self._own = own
        self._hints: list[Hint] = []

    @property
    def shown(self) -> tuple[Hint, ...]:
        """What it shows."""
        return tuple(self._hints)

    def on_mount(self) -> None:
        """Follow what is bound."""
        self.screen.bindings_updated_signal.subscribe(self, lambda _: self.call_next(self.update_hints))

    def on_resize(self) -> None:
        """Fit the hints anew."""
        self.update_hints()

    def update_hints(self) -> None:
        """Bring the line up to date."""
        if not self.screen.is_current:
            return
        active = self.screen.active_bindings.values()
        found = hints(active, self._own)
        if isinstance(self.screen.focused, Input):
            found = [hint for hint in found if len(hint.key) > 1]  # letters are typed
        found = fitting(found, self.size.width)
        if found != self._hints:
            self._hints = found
            self.refresh()

    def render_line(self, y: int) -> Strip:
        """The line."""
        pieces: list[Piece] = [(" ", "")]
        for hint in self._hints:
            pieces += [(hint.key, "accent bold"), (f" {hint.label}", "dim"), ("  ", "")]
        strip = Strip(palette_of(self.app).segments(tuple(pieces)))
        return strip.adjust_cell_length(self.size.width).apply_style(self.rich_style)

    async def on_click(self, event: events.Click) -> None:
        """Run the hint that was clicked."""
        x = 1
        for hint in self._hints:
            if x <= event.x < x + hint.width:
                await self.app.run_action(hint.action, default_namespace=hint.node)
                return
            x += hint.width + 2
