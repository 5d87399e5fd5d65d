"""One job in full: its figures, metrics, timeline and last lines; follows the job while it is open."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import VerticalScroll
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import Static

from vasttui.errors import VastError
from vasttui.journal.records import JobEvent
from vasttui.jobs.lifecycle import JobPhase
from vasttui.logs.clean import plain
from vasttui.logs.rows import LogName
from vasttui.tui.actions import bindings
from vasttui.tui.format import clean
from vasttui.tui.glyphs import glyphs_of
from vasttui.tui.palette import palette_of
from vasttui.tui.panes.jobs.facts import heading, job_lines, series_lines, timeline
from vasttui.tui.panes.jobs.result import masked
from vasttui.tui.panes.jobs.rows import job_name
from vasttui.tui.panes.sheet import GAP, Line

if TYPE_CHECKING:
    from vasttui.snapshot import JobView
    from vasttui.tui.panes.pane import Pane

LAST_LINES = 6


class JobDetail(ModalScreen[str | None]):
    """The job's page. Its result is the pane's action to run after it has closed, None for none."""
