"""Progress that a script tells by `::vasttui` lines, or its user by regular expressions of their own."""

from __future__ import annotations

from collections.abc import Mapping

from vasttui.errors import UsageError
from vasttui.jobs.marks import Mark
from vasttui.jobs.reading import Reading, number, ratio, seconds
from vasttui.logs.patterns import Pattern

GROUPS = ("percent", "done", "total", "phase", "rate", "eta")
"""Groups that a pattern of the user's own may name."""

_WORDS = frozenset({"progress", "step", "total", "phase", "unit", "rate", "eta", "result", "id", "code"})
_MAX_PHASE = 60


def told(mark: Mark, before: Reading | None) -> Reading | None:
    """What a mark without a verb says of progress; None when it says nothing, or nothing that is a figure.

    Args:
        mark: the mark.
        before: what the one before it said: a phase holds until another is told.
    """
    values = mark.values
    done, total = number(values.get("step", "")), number(values.get("total", ""))
    fraction = _share(values.get("progress", "").removesuffix("%"))
    if fraction is None:
        fraction = ratio(done, total)
    metrics = tuple((name, value[:40]) for name, value in values.items() if name not in _WORDS)[:12]
    if done is None and fraction is None:
        phase = _phase(values)
        if before is None:
            return Reading("mark", "facts", phase=phase, metrics=metrics) if phase or metrics else None
        done, total, fraction = before.done, before.total, before.fraction
    return Reading(
        "mark", "job", done, total, fraction, values.get("unit", "")[:12] or ("step" if done is not None else "%"),
        number(values.get("rate", "")), _left(values.get("eta", "")), None,
        _phase(values) or (before.phase if before else ""), metrics,
    )  # fmt: skip


def progress_pattern(text: str) -> Pattern:
    r"""A regular expression of the user's own that finds progress, such as `(?P<done>\d+) of (?P<total>\d+) tiles`.

    Raises:
        UsageError: it cannot be read, or names none of the groups that tell progress.
    """
    pattern = Pattern.parse(f"/{text}/", column=0)
    if pattern is None or not set(pattern.groups) & {"percent", "done", "phase"}:
        raise UsageError(
            f"the progress pattern {text} tells no progress",
            hint="Name a group: (?P<percent>…), (?P<done>…) with (?P<total>…), or (?P<phase>…).",
        )
    return pattern


def found(pattern: Pattern, line: str) -> Reading | None:
    """What the user's own pattern finds in a line of plain text, at its last match; None for nothing."""
    groups = pattern.last_groups(line)
    if groups is None:
        return None
    done, total = number(groups.get("done", "")), number(groups.get("total", ""))
    fraction = _share(groups.get("percent", ""))
    if fraction is None:
        fraction = ratio(done, total)
    if done is None and fraction is None:
        return Reading("own", "facts", phase=_phase(groups)) if _phase(groups) else None
    return Reading(
        "own", "job", done, total, fraction, "" if done is not None else "%",
        number(groups.get("rate", "")), _left(groups.get("eta", "")), None, _phase(groups),
    )  # fmt: skip


def _share(percent: str) -> float | None:
    value = number(percent)
    return value / 100 if value is not None and value <= 100 else None


def _left(text: str) -> float | None:
    """`90`, `90s`, `1m30s` and `1:30` as seconds."""
    return seconds(text) if not text.replace(".", "", 1).isdecimal() else number(text)


def _phase(values: Mapping[str, str]) -> str:
    return " ".join(values.get("phase", "").split())[:_MAX_PHASE]


class Run:
    """Whose the lines of a log are: another run's say nothing of this one, nor does what comes after its end.

    Args:
        run_id: the run that is looked for; "" for any.
    """

    def __init__(self, run_id: str = "") -> None:
        self.run_id = run_id
        self.begun = ""
        """Id of the run that began last, "" before."""
        self.over = False
        self.known = False
        """The run that is looked for began."""
        self.starts = 0
        """How often a run began."""

    @property
    def foreign(self) -> bool:
        """The lines that come now are another run's."""
        return bool(self.begun and self.run_id and self.begun != self.run_id)

    def owns(self, mark: Mark) -> bool:
        """Whether a mark is of this run: one without an id is of the run whose lines are around it."""
        wanted, said = self.run_id or self.begun, mark.values.get("id", "")
        return said == wanted or not said or not wanted

    def begin(self, mark: Mark) -> bool:
        """A run begins; whether it is the one that began before, as after a restart of its container."""
        before, self.begun = self.begun, mark.values.get("id", "")
        self.starts += 1
        if not self.foreign:
            self.over, self.known = False, True
        return bool(before) and before == self.begun
