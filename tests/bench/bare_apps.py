"""Textual apps that do next to nothing: what the toolkit itself costs.

python tests/bench/bare_apps.py hello|clock
"""

from __future__ import annotations

import sys
from datetime import datetime

from textual.app import App, ComposeResult
from textual.widgets import Digits, Static


class Hello(App[None]):
    """One word."""

    def compose(self) -> ComposeResult:
        yield Static("hello, terminal")


class Clock(App[None]):
    """The time, once a second."""

    def compose(self) -> ComposeResult:
        yield Digits("", id="clock")

    def on_mount(self) -> None:
        self.set_interval(1.0, self.tick)

    def tick(self) -> None:
        self.query_one(Digits).update(f"{datetime.now().astimezone():%H:%M:%S}")


if __name__ == "__main__":
    {"hello": Hello, "clock": Clock}[sys.argv[1]]().run()
