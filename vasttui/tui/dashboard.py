"""The main screen: header, tabs, desk and footer, and who hears what."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, cast

from textual import events
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.dom import DOMNode
from textual.screen import Screen

from vasttui.errors import VastError
from vasttui.tui.actions import PANE_SCOPES, Action, bindings
from vasttui.tui.banner import Banner
from vasttui.tui.desk import Desk
from vasttui.tui.footer import Footer
from vasttui.tui.header import Header
from vasttui.tui.layout import Room
from vasttui.tui.messages import BoxChosen, OfferChosen, OpenPane
from vasttui.tui.tabs import Tabs

if TYPE_CHECKING:
    from vasttui.logs.rows import LogName
    from vasttui.snapshot import Snapshot
    from vasttui.tui.app import VastApp
    from vasttui.tui.panes.pane import Pane

NUMBERED = dict(enumerate(PANE_SCOPES, 1))
"""Scopes of the panes by the keys that lead to them."""


class Dashboard(Screen[None]):
    """Everything that is not a dialog."""

    BINDINGS: ClassVar[list[BindingType]] = [*bindings("app")]

    def __init__(self) -> None:
        super().__init__()
        self._box: int | None = None
        self._read_only: bool | None = None
        self._wanted: int | None = None
        self._furnished = False
        self._early_keys: list[str] = []

    def compose(self) -> ComposeResult:
        """The skeleton, which is on the screen before there is any data."""
        yield Header(demo=self._shell.demo)
        yield Tabs()
        yield Banner()
        yield Desk()
        yield Footer(self._shell.config.keys)

    def on_mount(self) -> None:
        """Fit the skeleton."""
        self._place_tabs()

    async def furnish(self) -> None:
        """There is a controller: bring in the panes, and go to the one that was open last."""
        control = self._shell.control
        if control.snapshot.market.value is None:
            # Asked first: the panes are made while the answer is on its way.
            try:
                control.search(control.default_search())
            except VastError as error:
                self._shell.report(error)
        await self.desk.furnish()
        if not self.desk.is_attached:
            return  # the program was told to leave while they were made
        self._furnished = True
        last = control.recall("pane")
        self.open(last if isinstance(last, int) and last in NUMBERED else 1)
        self._attend()
        self.refresh_bindings()
        self.show(control.snapshot)
        self.set_interval(1.0, self._tick)
        for key in self._early_keys:
            self.app.simulate_key(key)

    def on_key(self, event: events.Key) -> None:
        """Who types before the panes are there is not ignored: it is done when they are."""
        if not self._furnished:
            self._early_keys.append(event.key)

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Only leaving works before the panes are there."""
        return self._furnished or action == "leave"

    @property
    def desk(self) -> Desk:
        """The panes."""
        return self.query_one(Desk)

    # Pictures and time

    def show(self, snapshot: Snapshot) -> None:
        """Hand a picture to all that is in sight."""
        now = self._shell.control.clock()
        self.query_one(Header).show(snapshot, now)
        self.query_one(Tabs).show(snapshot)
        self.query_one(Banner).show(snapshot, self._shell.config)
        for pane in self.desk.in_sight:
            pane.show(snapshot)
        if self._wanted is not None and snapshot.box(self._wanted) is not None:
            wanted, self._wanted = self._wanted, None
            self._follow(wanted)
        if snapshot.read_only != self._read_only:
            self._read_only = snapshot.read_only
            self.refresh_bindings()

    def log_advanced(self, name: LogName) -> None:
        """Tell the panes in sight that a log grew."""
        for pane in self.desk.in_sight:
            pane.log_advanced(name)

    def _tick(self) -> None:
        if not self.is_current:
            return
        control = self._shell.control
        now = control.clock()
        self.query_one(Header).show(control.snapshot, now)
        for pane in self.desk.in_sight:
            pane.tick(now)

    # Where one looks

    def open(self, number: int, *, full: bool = False) -> None:
        """Choose the pane of that number: bring it into sight and give it the focus."""
        scope, desk = NUMBERED[number], self.desk
        pane = desk.pane(scope)
        inside = pane.display and not desk.full and desk.room in {Room.WIDE, Room.HUGE}
        if full or not inside or desk.view in {"cost", "events"}:
            self._reveal(desk.choose(scope, full))
        else:
            desk.view = scope
        if (target := pane.focus_target) is not None:
            # At once (`focus()` comes later): the next key may be here already.
            self.set_focus(target, scroll_visible=False)
        self._mark(number)

    def _reveal(self, fresh: list[Pane]) -> None:
        snapshot = self._shell.control.snapshot
        for pane in fresh:
            pane.show(snapshot)
        self._attend()

    def _mark(self, number: int) -> None:
        self.query_one(Tabs).choose(number)
        self._shell.remember("pane", number)

    def _attend(self) -> None:
        panes = frozenset(pane.SCOPE for pane in self.desk.in_sight if pane.NUMBER is not None)
        logs = tuple(dict.fromkeys(name for pane in self.desk.panes for name in pane.logs_wanted))
        self._shell.control.attend(panes, logs)

    @property
    def here(self) -> Pane | None:
        """The pane that has the focus, else the one that was chosen."""
        if not self._furnished:
            return None
        return self.desk.pane_of(self.focused) or self.desk.pane(self.desk.view)

    def on_descendant_focus(self, event: events.DescendantFocus) -> None:
        """Mark the tab of the pane that got the focus."""
        pane = self.desk.pane_of(event.widget)
        if pane is not None and pane.NUMBER is not None:
            self._mark(pane.NUMBER)

    def on_resize(self) -> None:
        """Lay the desk out for the new size."""
        self._place_tabs()
        if not self._furnished:
            return
        self._reveal(self.desk.fit())
        here = self.here
        if here is not None and not here.display and (pane := self.desk.pane(self.desk.view)).focus_target:
            pane.focus_target.focus()

    def _place_tabs(self) -> None:
        self.query_one(Tabs).display = self.desk.room is not Room.TINY

    # What the panes say

    def on_box_chosen(self, message: BoxChosen) -> None:
        """Let log, details and the other list follow the cursor."""
        if message.instance_id != self._box:
            self._follow(message.instance_id)

    def _follow(self, instance_id: int | None) -> None:
        self._box = instance_id
        for pane in self.desk.panes:
            pane.box_chosen(self._box)
        self._attend()

    def choose_box(self, instance_id: int) -> None:
        """Put the cursor of all panes on an instance as soon as it is listed."""
        self._wanted = instance_id
        self.show(self._shell.control.snapshot)

    def on_logs_chosen(self) -> None:
        """Let the controller know whose logs are looked at."""
        self._attend()

    def on_offer_chosen(self, message: OfferChosen) -> None:
        """Let the offer's details follow the cursor."""
        for pane in self.desk.panes:
            pane.offer_chosen(message.offer)

    def on_open_pane(self, message: OpenPane) -> None:
        """Go to a pane."""
        self.open(message.number)

    # Actions

    def perform(self, action: Action) -> None:
        """Run an action by its declaration, in the pane that it belongs to."""
        scopes = {scope: number for number, scope in NUMBERED.items()}
        if action.scope in scopes:
            self._focus_or_open(scopes[action.scope])
            node: DOMNode = self.desk.pane(action.scope)
        else:
            node = self.app if action.scope == "always" else self
        self.call_later(self.app.run_action, action.verb, node)

    def action_offers(self) -> None:
        """Pane 1."""
        self.open(1)

    def action_instances(self) -> None:
        """Pane 2."""
        self.open(2)

    def action_logs(self) -> None:
        """Pane 3."""
        self.open(3)

    def action_jobs(self) -> None:
        """Pane 4."""
        self.open(4)

    def action_cost(self) -> None:
        """Pane 5."""
        self.open(5)

    def action_events(self) -> None:
        """Pane 6."""
        self.open(6)

    def action_next_pane(self) -> None:
        """The pane of the next number."""
        self._step(1)

    def action_previous_pane(self) -> None:
        """The pane of the number before."""
        self._step(-1)

    def _step(self, step: int) -> None:
        number = (self.here.NUMBER if self.here else None) or 1
        self._focus_or_open((number - 1 + step) % len(NUMBERED) + 1)

    def _focus_or_open(self, number: int) -> None:
        pane = self.desk.pane(NUMBERED[number])
        if pane.display and (target := pane.focus_target) is not None:
            self.set_focus(target)
        else:
            self.open(number)

    def action_full(self) -> None:
        """The focused pane alone, or all again."""
        here = self.here
        if here is not None and here.NUMBER is not None:
            self._turn_full(here, not self.desk.full)

    def _turn_full(self, here: Pane, full: bool) -> None:
        self._reveal(self.desk.choose(here.SCOPE, full))
        self.refresh_bindings()

    def action_back(self) -> None:
        """Leave the full screen."""
        if self.desk.full and self.here is not None:
            self._turn_full(self.here, False)

    def action_reload(self) -> None:
        """Ask again now."""
        self._shell.control.refresh()

    def action_pause(self) -> None:
        """Stop asking, or go on."""
        control = self._shell.control
        control.pause(not control.snapshot.paused)

    def action_read_only(self) -> None:
        """Turn read-only mode on, or ask before it is turned off."""
        self._shell.turn_read_only()

    def action_help(self) -> None:
        """The keys of the focused pane."""
        self._shell.open_help(self.here)

    def action_palette(self) -> None:
        """All actions by name."""
        self.app.action_command_palette()

    def action_leave(self) -> None:
        """Quit; asks when something is under way."""
        self._shell.leave()

    @property
    def _shell(self) -> VastApp:
        return cast("VastApp", self.app)
