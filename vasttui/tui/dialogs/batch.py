"""The form for a new batch: what to run, a dry run that says what it would rent and spend, and only then Start."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from textual import on
from textual.app import ComposeResult
from textual.containers import Horizontal, Vertical, VerticalScroll
from textual.content import Content
from textual.suggester import SuggestFromList
from textual.widgets import Button, Input, Label, Static, TextArea

from vasttui.errors import VastError
from vasttui.snapshot import BatchPlan
from vasttui.tui.control import Control
from vasttui.tui.dialogs.batch_form import BatchText, plan_lines, request_of_text
from vasttui.tui.dialogs.dialog import Dialog
from vasttui.tui.format import clean
from vasttui.tui.glyphs import glyphs_of
from vasttui.tui.panes.jobs.detail import content_of
from vasttui.tui.panes.sheet import Line

FIRST = "The dry run lists what would be rented and spent. It spends nothing; Start comes after it."
MOST_FILES = 200


class BatchDialog(Dialog[BatchPlan]):
    """The form. The result is the plan of a dry run without problems, only by way of its button."""

    def __init__(self, control: Control, folder: Path) -> None:
        super().__init__()
        self._control = control
        self._files = job_files(folder)
        self._plan: BatchPlan | None = None

    def compose(self) -> ComposeResult:
        """The fields, what the dry run says, the buttons."""
        presets = list(self._control.config.presets)
        with Vertical(classes="dialog batch") as frame:
            frame.border_title = "New batch"
            with Vertical(id="fields"):
                yield self._row("file", self._files, "a job file, *.yaml; → takes the suggestion")
                yield self._row("preset", presets, _named(presets))
                area = TextArea(id="inputs", placeholder="one a line, beside those of the file", compact=True)
                yield Horizontal(Label("inputs"), area, classes="row")
                yield self._row("more", (), "a file with one input per line", label="from")
                yield self._row("parallel", (), "boxes at once; empty: as the file says")
                yield self._row("budget", (), "$ for all jobs together; empty: as the file says")
            with VerticalScroll(id="told"):
                yield Static(FIRST, markup=False)
            with Horizontal(classes="buttons"):
                yield Button("Cancel", id="cancel", compact=True)
                yield Button("Dry run", id="dry", compact=True, variant="primary")
                yield Button("Start", id="act", compact=True, variant="error", disabled=True)

    def _row(self, name: str, known: Sequence[str], hint: str, label: str = "") -> Horizontal:
        suggester = SuggestFromList(known) if known else None
        field = Input(id=name, placeholder=hint, compact=True, max_length=1000, suggester=suggester)
        return Horizontal(Label(label or name), field, classes="row")

    def on_mount(self) -> None:
        """The demo has no job file: it begins with its preset."""
        presets = list(self._control.config.presets)
        if self._control.snapshot.demo and presets:
            self.query_one("#preset", Input).value = presets[0]

    @on(Input.Changed)
    @on(TextArea.Changed)
    def _other(self) -> None:
        """What a dry run said holds for the fields as they were."""
        if self._plan is not None:
            self._plan = None
            self._tell([((("The fields have changed: run it dry again.", "dim"),),)])
        self.query_one("#act", Button).disabled = True

    def on_input_submitted(self) -> None:
        """Enter in a field goes to the next one; it never starts anything."""
        self.focus_next()

    def on_button_pressed(self, event: Button.Pressed) -> None:
        """The dry run; what the other buttons do is every dialog's."""
        if event.button.id == "dry":
            event.prevent_default()
            event.stop()
            self._begin_dry_run()

    def _begin_dry_run(self) -> None:
        """Say what would happen; the last one asked for counts."""
        self._plan = None
        self.query_one("#act", Button).disabled = True
        self._tell([((("Reading the job and looking at the market…", "dim"),),)])
        self.run_worker(self._dry_run(self._text()), exclusive=True, group="dry run")

    async def _dry_run(self, form: BatchText) -> None:
        try:
            plan = await self._control.plan_batch(request_of_text(form))
        except VastError as error:
            self._tell(list(error_lines(error)))
            return
        if form != self._text():
            self._tell([((("The fields have changed: run it dry again.", "dim"),),)])
            return
        self._tell(list(plan_lines(plan, glyphs_of(self.app))))
        if not plan.problems:
            self._plan = plan
            self.query_one("#act", Button).disabled = False

    def _tell(self, lines: Sequence[Line]) -> None:
        self.query_one("#told > Static", Static).update(Content("\n").join(content_of(line) for line in lines))
        self.query_one("#told", VerticalScroll).scroll_home(animate=False)

    def _text(self) -> BatchText:
        fields = {field.id or "": field.value for field in self.query(Input)}
        return BatchText(**fields, inputs=self.query_one("#inputs", TextArea).text)

    def act(self) -> None:
        """Answer with the plan that was shown."""
        if self._plan is not None:
            self.dismiss(self._plan)


def error_lines(error: VastError) -> list[Line]:
    """Everything that is wrong, a mistake a line, and what to do."""
    told: list[Line] = [(((clean(line), "bad"),),) for line in error.message.splitlines()]
    return [*told, (((clean(error.hint), "dim"),),)] if error.hint else told


def job_files(folder: Path) -> list[str]:
    """The YAML files of a folder by name; none where it cannot be read."""
    try:
        found = sorted(path.name for path in folder.iterdir() if path.suffix in (".yaml", ".yml"))
    except OSError:
        return []
    return [name for name in found if name.isprintable()][:MOST_FILES]


def _named(presets: Sequence[str]) -> str:
    return f"instead of a file: {', '.join(presets)}" if presets else "instead of a file; your config has none"
