"""Alerts as commands that follow a log tell them: talk on stderr, and the bell of a terminal."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import click

from vasttui.cli.output import say

if TYPE_CHECKING:
    from vasttui.snapshot import Snapshot


class AlertLines:
    """Tells each alert once."""

    def __init__(self) -> None:
        self._last = 0

    def tell(self, snapshot: Snapshot) -> None:
        """Tell the alerts that are new in this picture, as far as their rules ask for it."""
        for alert in snapshot.alerts_after(self._last):
            self._last = alert.number
            if alert.toast:
                say(f"-- alert {alert.rule}: {alert.line} --")
            if alert.bell and sys.stderr.isatty():
                click.echo("\a", nl=False, err=True)
