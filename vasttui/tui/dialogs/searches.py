"""Named searches, presets and earlier queries in one list."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import ClassVar

from textual.binding import Binding, BindingType

from vasttui.tui.dialogs.log_pick import Entry, Pick
from vasttui.tui.format import cut, fit
from vasttui.tui.panes.offers.saved import Named

SAID = "^d forgets the lit one, if it is yours."
NONE = "Nothing here yet: s saves the present search."
KINDS = {"saved": "yours", "config": "config", "preset": "preset", "earlier": "earlier"}
NAME_WIDTH = 16
QUERY_WIDTH = 40


def entry(named: Named) -> Entry[Named]:
    """Its line: where it comes from, its name and its query."""
    search = named.search
    query = search.text or "any GPU"
    if search.type != "on-demand":
        query = f"{search.type}: {query}"
    kind = KINDS[named.kind].ljust(9)
    if named.kind == "earlier":
        return Entry(named, f"{kind}{cut(query, NAME_WIDTH + QUERY_WIDTH)}", words=query, dim=True)
    return Entry(named, f"{kind}{fit(named.name, NAME_WIDTH)}  {cut(query, QUERY_WIDTH)}", f"{named.name} {query}")


class Searches(Pick[Named]):
    """Choose one; enter asks it.

    Args:
        named: all there are.
        forget: forgets one, and answers with those that are left.
    """

    BINDINGS: ClassVar[list[BindingType]] = [Binding("ctrl+d", "forget", show=False, priority=True)]

    def __init__(self, named: Sequence[Named], *, forget: Callable[[Named], Sequence[Named]]) -> None:
        text = "It is asked at once; type a part of its name or of its query."
        said = SAID if named else NONE
        super().__init__("Searches", text, [entry(one) for one in named], verb="Search", said=said)
        self._forget = forget

    def action_forget(self) -> None:
        """Forget the lit one."""
        named = self.lit
        if named is None:
            return
        if not named.own:
            self.fill(self.entries, f"{named.name} stands in the config; it is changed there.")
            return
        left = [entry(one) for one in self._forget(named)]
        self.fill(left, f"Forgotten: {cut(named.name, 50)}" if left else NONE)
