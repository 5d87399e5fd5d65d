"""The palette: every action by name, those of the focused pane first, the named searches, and the themes."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Iterator
from functools import partial
from typing import TYPE_CHECKING, cast

from textual.command import Command, CommandPalette, DiscoveryHit, Hit, Provider
from textual.content import Content
from textual.widgets import OptionList
from textual.widgets.option_list import Option

from vasttui.snapshot import Search
from vasttui.tui.actions import ACTIONS, PANE_SCOPES, Action, keys_of
from vasttui.tui.dashboard import Dashboard
from vasttui.tui.format import clean
from vasttui.tui.panes.offers.searching import Searching

if TYPE_CHECKING:
    from vasttui.tui.app import VastApp

SEARCH = "search: "
THEME = "theme: "
THEME_HELP = "Use these colours, also at the next start."


def in_order(here: str, *, read_only: bool) -> list[Action]:
    """All actions that the palette offers: first those of the pane `here`, then the rest as declared.

    What only makes sense in a dialog, or moves the cursor of a table, is not offered.
    """
    offered = [a for a in ACTIONS if a.scope in {*PANE_SCOPES, "app", "always"} and a.id != "app.palette"]
    if read_only:
        offered = [action for action in offered if not action.danger]
    return sorted(offered, key=lambda action: action.scope != here)


def name_of(action: Action, here: str) -> str:
    """An action's name: another pane's action says which pane it belongs to."""
    general = action.scope in {here, "app", "always"}
    return action.label if general else f"{action.scope}: {action.label}"


class Finder(CommandPalette):
    """Textual's palette; keys that come before its list is laid out do nothing, where Textual 8.2 fails."""

    def _action_command_list(self, action: str) -> None:
        if self.query_one(OptionList).scrollable_content_region:
            super()._action_command_list(action)


class ActionProvider(Provider):
    """Actions and themes for Textual's palette."""

    @property
    def _shell(self) -> VastApp:
        return cast("VastApp", self.app)

    def _here(self) -> str:
        pane = self.screen.here if isinstance(self.screen, Dashboard) else None
        return pane.SCOPE if pane else ""

    def _actions(self) -> Iterator[tuple[str, str, Action]]:
        if not isinstance(self.screen, Dashboard) or self._shell.controller is None:
            return
        here, own = self._here(), self._shell.config.keys
        for action in in_order(here, read_only=self._shell.control.snapshot.read_only):
            yield name_of(action, here), keys_of(action, own), action

    def _run(self, action: Action) -> None:
        assert isinstance(self.screen, Dashboard)
        self.screen.perform(action)

    async def discover(self) -> AsyncIterator[DiscoveryHit]:
        """All of them, before one types."""
        for name, keys, action in self._actions():
            yield DiscoveryHit(_shown(Content(name), keys), partial(self._run, action), name, action.help)
        for theme in sorted(self.app.available_themes):
            yield DiscoveryHit(THEME + theme, partial(self._shell.choose_theme, theme), help=THEME_HELP)

    async def search(self, query: str) -> AsyncIterator[Hit]:
        """Those that match, themes too."""
        matcher = self.matcher(query)
        for name, keys, action in self._actions():
            score = max(matcher.match(name), matcher.match(action.help) / 2)
            if score > 0:
                shown = _shown(matcher.highlight(name), keys)
                yield Hit(score, shown, partial(self._run, action), name, action.help)
        for theme in sorted(self.app.available_themes):
            score = matcher.match(THEME + theme)
            if score > 0:
                choose = partial(self._shell.choose_theme, theme)
                yield Hit(score, matcher.highlight(THEME + theme), choose, THEME + theme, THEME_HELP)


class SearchProvider(Provider):
    """Named searches and presets for Textual's palette."""

    def _searches(self) -> Iterator[tuple[str, str, Callable[[], None]]]:
        """Name, query, and what goes there."""
        app, screen = cast("VastApp", self.app), self.screen
        if not isinstance(screen, Dashboard) or app.controller is None:
            return
        pane = screen.desk.pane("offers")
        assert isinstance(pane, Searching)
        for named in pane.named_searches():
            if named.kind != "earlier":
                kind = "preset: " if named.kind == "preset" else SEARCH
                run = partial(self._go, screen, pane, named.search)
                yield clean(kind + named.name), clean(named.search.text or "any GPU"), run

    def _go(self, screen: Dashboard, pane: Searching, search: Search) -> None:
        screen.action_offers()
        pane.ask(search)

    async def discover(self) -> AsyncIterator[DiscoveryHit]:
        """All of them, before one types."""
        for name, text, run in self._searches():
            yield DiscoveryHit(name, run, help=text)

    async def search(self, query: str) -> AsyncIterator[Hit]:
        """Those whose name or query matches."""
        matcher = self.matcher(query)
        for name, text, run in self._searches():
            score = max(matcher.match(name), matcher.match(text) / 2)
            if score > 0:
                yield Hit(score, matcher.highlight(name), run, name, text)


def theme_of(option: Option) -> str | None:
    """The theme that an entry of the palette stands for, None for an action."""
    text = (option.hit.text or "") if isinstance(option, Command) else ""
    return text.removeprefix(THEME) if text.startswith(THEME) else None


def _shown(name: Content, keys: str) -> Content:
    return Content.assemble(name, ("  " + keys, "$accent")) if keys else name
