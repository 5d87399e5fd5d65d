"""What all panes have in common: frame, title, keys, and the way to the controller."""

from __future__ import annotations

from collections.abc import Coroutine
from typing import TYPE_CHECKING, Any, ClassVar, cast

from textual.containers import Vertical
from textual.content import Content
from textual.geometry import Region
from textual.widget import Widget

from vasttui.api.models import Offer
from vasttui.logs.rows import LogName
from vasttui.snapshot import Snapshot
from vasttui.tui.actions import is_dangerous
from vasttui.tui.control import Control
from vasttui.tui.format import clean

if TYPE_CHECKING:
    from vasttui.tui.app import VastApp


class Pane(Vertical):
    """A framed part of the screen.

    A subclass names its SCOPE, NUMBER (None: no key leads to it) and NAME, sets `BINDINGS = bindings(SCOPE)`,
    composes its widgets without data, and draws data in `show`. `show` is called with each new snapshot while
    the pane is in sight, and once when it comes into sight; it takes 4 ms at most and changes only what differs.
    """

    SCOPE: ClassVar[str] = ""
    NUMBER: ClassVar[int | None] = None
    NAME: ClassVar[str] = ""

    _title = ""
    _state = ""

    @property
    def control(self) -> Control:
        """The controller."""
        return self.shell.control

    @property
    def snapshot(self) -> Snapshot:
        """The last picture."""
        return self.control.snapshot

    @property
    def now(self) -> float:
        """Epoch seconds."""
        return self.control.clock()

    @property
    def focus_target(self) -> Widget | None:
        """The widget that gets the focus when this pane is chosen: by default the first that can have it."""
        return next((w for w in self.query("*").results(Widget) if w.focusable), None)

    @property
    def heading(self) -> str:
        """What the title begins with: number and name."""
        return self.NAME if self.NUMBER is None else f"{self.NUMBER} {self.NAME}"

    @property
    def frame(self) -> Widget:
        """What has the border, with title and state in it."""
        return self

    def show(self, snapshot: Snapshot) -> None:
        """Draw a picture."""

    def tick(self, now: float) -> None:
        """Once a second while in sight: bring labels that tell an age up to date, if their text changed."""

    def log_advanced(self, name: LogName) -> None:
        """A log has new rows."""

    @property
    def logs_wanted(self) -> tuple[LogName, ...]:
        """The logs that are to be fetched most often for what this pane shows, or would show."""
        return ()

    def box_chosen(self, instance_id: int | None) -> None:
        """Another pane put its cursor on this instance."""

    def offer_chosen(self, offer: Offer | None) -> None:
        """The cursor of the offers is on this one."""

    def title(self, count: str = "") -> None:
        """Set the title: number and name, then a count or a name, e.g. `2 Instances  5`."""
        text = self.heading + (f"  {clean(count)}" if count else "")
        if text != self._title:
            self._title = text
            self.frame._border_title = Content(text)
            self._refresh_edge(0)

    def state(self, text: str) -> None:
        """Set what the lower edge says at its right: sort, age, whether it follows."""
        text = clean(text)
        if text != self._state:
            self._state = text
            self.frame._border_subtitle = Content(text)
            self._refresh_edge(self.frame.outer_size.height - 1)

    def _refresh_edge(self, y: int) -> None:
        # Textual's `border_title` repaints the whole frame, which an age in the edge would do every second.
        left, top = self.frame.content_offset
        self.frame.refresh(Region(-left, y - top, self.frame.outer_size.width, 1))

    def run_command(self, command: Coroutine[Any, Any, object], what: str) -> None:
        """Run a controller command beside the screen; an expected fault becomes a toast.

        Args:
            command: the command, e.g. `self.control.reboot(id)`.
            what: what it does, for the toast: "reboot upscale-07".
        """
        self.shell.run_command(command, what)

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Hide what spends or destroys in read-only mode."""
        if self.is_attached and is_dangerous(self.SCOPE, action):
            return not self.snapshot.read_only
        return True

    @property
    def shell(self) -> VastApp:
        """The app."""
        return cast("VastApp", self.app)
