"""The dashboard as a Textual app: life, pictures, themes, toasts and the way out.

What the first frame needs is imported here; whatever knows data (controller, snapshot, panes) comes after it.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine, Iterable
from typing import TYPE_CHECKING, Any, ClassVar

from textual import on
from textual.app import App, SystemCommand
from textual.binding import BindingType
from textual.command import CommandPalette, Provider
from textual.driver import Driver
from textual.screen import Screen

from vasttui.errors import ConfigError, VastError
from vasttui.tui.actions import BY_ID, bindings
from vasttui.tui.dashboard import Dashboard
from vasttui.tui.format import clean, plural
from vasttui.tui.messages import LogAdvanced, SnapshotChanged
from vasttui.tui.terminal import outliving
from vasttui.tui.themes import DEFAULT_THEME, load_named, load_themes, variable_defaults

if TYPE_CHECKING:
    from vasttui.config import Config
    from vasttui.logs.rows import LogName
    from vasttui.snapshot import Snapshot
    from vasttui.tui.control import Control
    from vasttui.tui.panes.pane import Pane


MOST_TOASTS = 3
"""Alerts of one picture that are shown as toasts."""


def _find_provider() -> type[Provider]:
    from vasttui.tui.finder import ActionProvider

    return ActionProvider


def _find_searches() -> type[Provider]:
    from vasttui.tui.finder import SearchProvider

    return SearchProvider


class VastApp(App[object]):
    """The dashboard.

    Args:
        controller: runs already; None when `connect` brings it later, or when there is a problem.
        config: the settings.
        problem: why there will be no controller.
        demo: everything is simulated.
        theme: the one that was chosen last, None for the configured one.

    The result is "demo" when a user without a key wants to try the demo, else None.
    """

    TITLE = "vasttui"
    CSS_PATH = "app.tcss"
    BINDINGS: ClassVar[list[BindingType]] = [*bindings("always")]
    COMMANDS: ClassVar[set[Any]] = {_find_provider, _find_searches}
    ENABLE_COMMAND_PALETTE = True
    COMMAND_PALETTE_BINDING = "ctrl+p"

    def __init__(
        self,
        controller: Control | None,
        config: Config,
        *,
        problem: VastError | None = None,
        demo: bool = False,
        theme: str | None = None,
    ) -> None:
        super().__init__()
        self.controller = controller
        self.config = config
        self.problem = problem
        self.demo = demo
        self.ascii_mode = config.ascii
        self.set_class(config.ascii, "-ascii")
        self._theme_before: str | None = None
        self._last_alert = 0
        self.painted = asyncio.Event()
        """Set when the first frame, without any data, is on the screen."""
        self.furnished = asyncio.Event()
        """Set when the panes are there."""
        self._unsubscribe: Callable[[], None] = lambda: None
        if controller is not None:
            theme = controller.recall("theme")
        self._use_theme(theme or config.theme)

    @property
    def control(self) -> Control:
        """The controller; only asked for where there is one."""
        assert self.controller is not None, "there is no controller yet"
        return self.controller

    @property
    def dashboard(self) -> Dashboard | None:
        """The main screen, None on the welcome page."""
        return next((s for s in self.screen_stack if isinstance(s, Dashboard)), None)

    # Life

    def get_driver_class(self) -> type[Driver]:
        """Textual's driver for this terminal, but one that outlives it."""
        return outliving(super().get_driver_class())

    def get_default_screen(self) -> Screen[Any]:
        """The dashboard, or without a key the page that explains how to get one."""
        if self.problem is not None:
            from vasttui.tui.dialogs.welcome import Welcome

            return Welcome(self.config, self.problem)
        return Dashboard()

    def on_mount(self) -> None:
        """Apply the user's keys."""
        self._set_keys()
        self.call_after_refresh(self.painted.set)
        if self.controller is not None:
            self.connect(self.controller)

    def connect(self, controller: Control) -> None:
        """Show what this controller knows from now on. May be called from any task."""
        self.controller = controller
        self.call_later(self._furnish)

    async def _furnish(self) -> None:
        if (dashboard := self.dashboard) is not None:
            await dashboard.furnish()
        self._unsubscribe = self.control.subscribe(self._hear_snapshot, self._hear_log)
        self.furnished.set()
        self.call_after_refresh(self._load_all_themes)

    def on_unmount(self) -> None:
        """Stop listening."""
        self._unsubscribe()

    def _hear_snapshot(self, snapshot: Snapshot) -> None:
        self.post_message(SnapshotChanged(snapshot))

    def _hear_log(self, name: LogName) -> None:
        self.post_message(LogAdvanced(name))

    def on_snapshot_changed(self, message: SnapshotChanged) -> None:
        """Draw the new picture; once the end has begun parts of the screen are gone."""
        if self.is_running and (dashboard := self.dashboard) is not None:
            dashboard.show(message.snapshot)
        self._show_alerts(message.snapshot)

    def on_log_advanced(self, message: LogAdvanced) -> None:
        """Draw the new lines."""
        if self.is_running and (dashboard := self.dashboard) is not None:
            dashboard.log_advanced(message.name)

    # Keys and themes

    def _set_keys(self) -> None:
        unknown = sorted(set(self.config.keys) - set(BY_ID))
        if unknown:
            self.report(ConfigError(f"keys: there is no action {', '.join(unknown)}"))
        self.set_keymap({name: key for name, key in self.config.keys.items() if name in BY_ID})

    def get_theme_variable_defaults(self) -> dict[str, str]:
        """Colours for our tokens under themes that know nothing of them."""
        return variable_defaults()

    def _use_theme(self, name: str) -> None:
        """Load the one theme that the first frame needs."""
        self._theme_error: ConfigError | None = None
        try:
            theme = load_named(name, [self.config.paths.themes_dir])
        except ConfigError as error:
            self._theme_error = error
            theme = load_named(DEFAULT_THEME)
        self.register_theme(theme)
        self.theme = theme.name

    def _load_all_themes(self) -> None:
        loaded = load_themes([self.config.paths.themes_dir])
        for theme in loaded.themes:
            if theme.name != self.theme:
                self.register_theme(theme)
        for error in (self._theme_error, *loaded.errors):
            if error is not None:
                self.report(error)

    def choose_theme(self, name: str) -> None:
        """Use a theme from now on, also at the next start."""
        self.theme = name
        self.remember("theme", name)

    @on(CommandPalette.OptionHighlighted)
    def _preview_theme(self, event: CommandPalette.OptionHighlighted) -> None:
        """Show a theme while the palette's cursor is on it."""
        from vasttui.tui.finder import theme_of

        name = theme_of(event.highlighted_event.option)
        if self._theme_before is None:
            self._theme_before = self.theme
        self.theme = name if name in self.available_themes else self._theme_before

    @on(CommandPalette.Closed)
    def _end_preview(self, event: CommandPalette.Closed) -> None:
        """Back to the theme that was on, unless one was chosen: choosing comes after and wins."""
        if self._theme_before is not None:
            self.theme, self._theme_before = self._theme_before, None

    def remember(self, key: str, value: object) -> None:
        """Keep a piece of UI state; not being able to is no reason to stop."""
        if self.controller is not None and self.controller.recall(key) != value:
            try:
                self.controller.remember(key, value)
            except VastError as error:
                self.report(error)

    # Commands

    def run_command(self, command: Coroutine[Any, Any, object], what: str) -> None:
        """Run a controller command beside the screen; an expected fault becomes a toast."""
        self.run_worker(self._command(command, what), group="commands", name=what)

    async def _command(self, command: Coroutine[Any, Any, object], what: str) -> None:
        try:
            await command
        except VastError as error:
            self.report(error, what)

    def report(self, error: VastError, what: str = "") -> None:
        """Show an expected fault as a toast."""
        text = f"{what}: {error.message}" if what else error.message
        body = clean(text) + (f"\n{clean(error.hint)}" if error.hint else "")
        self.notify(body, title=error.title, severity="error", timeout=8, markup=False)

    def say(self, text: str) -> None:
        """Show a short note as a toast."""
        self.notify(clean(text), timeout=4, markup=False)

    def _show_alerts(self, snapshot: Snapshot) -> None:
        """Each new alert once, whatever is open; of many at a time the last ones, since toasts cover the screen."""
        new = snapshot.alerts_after(self._last_alert)
        if not new:
            return
        self._last_alert = new[-1].number
        toasts = [alert for alert in new if alert.toast]
        if len(toasts) > MOST_TOASTS:
            self.say(f"{plural(len(toasts) - MOST_TOASTS, 'more alert')}: see 6 Events")
        for alert in toasts[-MOST_TOASTS:]:
            title = clean(f"{alert.rule} · {alert.label}")
            self.notify(clean(alert.line), title=title, severity="warning", timeout=10, markup=False)
        if any(alert.bell for alert in new):
            self.bell()

    def show_box(self, instance_id: int) -> None:
        """Go to the instances and put the cursor on one, as soon as it is listed."""
        if (dashboard := self.dashboard) is not None:
            dashboard.open(2)
            dashboard.choose_box(instance_id)

    def show_batch(self, batch_id: int) -> None:
        """Go to the jobs of a batch; who has them on the whole screen keeps them there."""
        from vasttui.tui.panes.jobs import JobsPane

        if (dashboard := self.dashboard) is not None:
            dashboard.open(4, full=dashboard.desk.full and dashboard.desk.view == JobsPane.SCOPE)
            dashboard.query_one(JobsPane).choose_batch(batch_id)

    # Shell-wide dialogs

    def open_help(self, pane: Pane | None) -> None:
        """The keys of a pane."""
        from vasttui.tui.help import Help

        read_only = self.control.snapshot.read_only
        scope, name = ("app", "") if pane is None else (pane.SCOPE, pane.NAME)
        self.push_screen(Help(scope, name, self.config.keys, read_only=read_only))

    def action_command_palette(self) -> None:
        """Find any action by its name."""
        from vasttui.tui.finder import Finder

        if not CommandPalette.is_open(self):
            self.push_screen(Finder(id="--command-palette"))

    def get_system_commands(self, screen: Screen[Any]) -> Iterable[SystemCommand]:
        """None of Textual's own: the palette has ours."""
        return ()

    def turn_read_only(self) -> None:
        """Read-only mode on at once; off only after a question."""
        if not self.control.snapshot.read_only:
            self.control.set_read_only(True)
            self.say("Read-only: what spends or destroys is gone. ! brings it back.")
            return
        from vasttui.tui.dialogs.confirm import Confirm, Question

        question = Question("Leave read-only mode?", "Keys that rent, stop and destroy work again.", "Leave")
        self.push_screen(Confirm(question), lambda yes: self.control.set_read_only(False) if yes else None)

    def leave(self) -> None:
        """Quit; asks when a rental is unconfirmed or a destroy is under way."""
        open_ends = under_way(self.controller.snapshot) if self.controller is not None else ""
        if not open_ends:
            self.exit()
            return
        from vasttui.tui.dialogs.confirm import Confirm, Question

        question = Question(
            "Quit now?",
            f"Under way: {open_ends}. What was sent goes on; it is looked for at the next start.",
            "Quit",
        )
        self.push_screen(Confirm(question), lambda yes: self.exit() if yes else None)

    def _fatal_error(self) -> None:
        """Textual's own report of a bug prints local variables, and secrets may be among them."""
        from rich.segment import Segments
        from rich.traceback import Traceback

        report = self.console.render(Traceback(width=None), self.console.options)
        self._exit_renderables.append(Segments(report))
        self._close_messages_no_wait()

    async def action_quit_now(self) -> None:
        """Quit at once."""
        self.exit()


def under_way(snapshot: Snapshot) -> str:
    """What a user should wait for before quitting, or ""."""
    ends = []
    if snapshot.unconfirmed:
        ends.append(plural(len(snapshot.unconfirmed), "unconfirmed rental"))
    doomed = [box for box in snapshot.boxes.value or () if box.command == "destroying"]
    if doomed:
        ends.append(f"destroying {', '.join(box.label or str(box.id) for box in doomed)}")
    return clean(" and ".join(ends))
