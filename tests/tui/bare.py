"""The app without its panes: dialogs over nothing, since the panes take longer to draw than a dialog itself."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from textual.screen import Screen

from vasttui.tui import app
from vasttui.tui.app import VastApp


class BareApp(VastApp):
    """Shows what is pushed upon it, and nothing else."""

    CSS_PATH = str(Path(app.__file__).with_name("app.tcss"))

    def get_default_screen(self) -> Screen[Any]:
        """An empty one."""
        return Screen()
