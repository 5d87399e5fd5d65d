"""The desk: all panes, each where `layout.py` puts it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from textual.geometry import NULL_OFFSET, NULL_SPACING, Region, Size
from textual.layout import ArrangeResult, Layout, WidgetPlacement
from textual.widget import Widget

from vasttui.tui.layout import Room, arrange, room

if TYPE_CHECKING:
    from vasttui.tui.panes.pane import Pane


class DeskLayout(Layout):
    """Gives each pane the region that the desk's plan names for it."""

    name = "desk"

    def arrange(self, parent: Widget, children: list[Widget], size: Size, greedy: bool = True) -> ArrangeResult:
        """Place the panes of the plan; the others are not displayed and do not come here."""
        assert isinstance(parent, Desk)
        plan = parent.plan(size)
        return [
            WidgetPlacement(plan[child.id or ""], NULL_OFFSET, NULL_SPACING, child)
            for child in children
            if child.id in plan
        ]


class Desk(Widget):
    """Holds all panes and shows those that the view asks for.

    Attributes:
        view: scope of the pane that was chosen last by its number.
        full: that pane has the whole desk.
        panes: all panes, none before `furnish`.
    """

    def __init__(self) -> None:
        super().__init__(id="desk")
        self.view = "offers"
        self.full = False
        self.panes: tuple[Pane, ...] = ()
        self._layout = DeskLayout()

    @property
    def layout(self) -> Layout:
        """The desk's own layout; the style sheet has no say in it."""
        return self._layout

    @property
    def room(self) -> Room:
        """The class of the terminal's size."""
        return room(*self.app.size)

    def plan(self, size: Size) -> Mapping[str, Region]:
        """The panes in sight and where they stand on a desk of that size."""
        return arrange(self.room, size.width, size.height, self.view, self.full)

    async def furnish(self) -> None:
        """Bring all panes in; only those in sight are displayed."""
        from vasttui.tui.panes.every import PANES

        shown = self._shown
        self.panes = tuple(kind(id=kind.SCOPE) for kind in PANES)
        for pane in self.panes:
            pane.display = pane.SCOPE in shown
        await self.mount_all(self.panes)

    def choose(self, view: str, full: bool = False) -> list[Pane]:
        """Turn to a view; the answer is the panes that have come into sight."""
        self.view, self.full = view, full
        return self.fit()

    def fit(self) -> list[Pane]:
        """Display what the plan names; the answer is the panes that have come into sight."""
        shown = self._shown
        fresh = [pane for pane in self.panes if pane.SCOPE in shown and not pane.display]
        for pane in self.panes:
            pane.display = pane.SCOPE in shown
        self.refresh(layout=True)
        return fresh

    @property
    def _shown(self) -> Mapping[str, Region]:
        # The desk's own size is that of the last layout; header, tabs and footer take three rows.
        columns, rows = self.app.size
        return self.plan(Size(columns, max(0, rows - 3)))

    @property
    def in_sight(self) -> list[Pane]:
        """The panes that are displayed."""
        return [pane for pane in self.panes if pane.display]

    def pane(self, scope: str) -> Pane:
        """The pane of that scope."""
        return next(pane for pane in self.panes if scope == pane.SCOPE)

    def pane_of(self, widget: Widget | None) -> Pane | None:
        """The pane that a widget is in."""
        nodes = set(widget.ancestors_with_self) if widget is not None else set()
        return next((pane for pane in self.panes if pane in nodes), None)
