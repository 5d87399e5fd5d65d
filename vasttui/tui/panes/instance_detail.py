"""What is known of the instance under the cursor."""

from __future__ import annotations

import shlex
from collections.abc import Sequence
from typing import ClassVar, Final

from textual.app import ComposeResult

from vasttui.errors import VastError
from vasttui.instances.money import disk_hourly
from vasttui.snapshot import Box, Snapshot
from vasttui.tui.format import duration, gigabytes, known, money, number, percent
from vasttui.tui.glyphs import UNICODE, GlyphSet, glyphs_of
from vasttui.tui.palette import Piece
from vasttui.tui.panes.box_columns import IDLE_UTIL, disk_part, gpu_count, live_util, name_of, phase_word
from vasttui.tui.panes.lease import lease_parts
from vasttui.tui.panes.offers.columns import reliability_tone
from vasttui.tui.panes.pane import Pane
from vasttui.tui.panes.places import long_place
from vasttui.tui.panes.sheet import Line, Part, Sheet, fact

NAME: Final = 5
SPARK: Final = 13
DAY: Final = 86400


def box_lines(box: Box, now: float, ssh: Sequence[str] | str = "", glyphs: GlyphSet = UNICODE) -> tuple[Line, ...]:
    """The lines of the panel; what is not known is left out.

    Args:
        box: the instance.
        now: epoch seconds.
        ssh: the command that opens a shell, or why there is none.
        glyphs: the glyphs to draw with.
    """
    return (
        _name(box, now, glyphs),
        _remarks(box, now),
        _gpu(box, glyphs),
        _disk(box, glyphs),
        _ssh(box, ssh),
        _host(box),
        _money(box, now),
    )


def _name(box: Box, now: float, glyphs: GlyphSet) -> Line:
    word, tone = phase_word(box)
    bound = "" if box.seen_start else "≥" if not glyphs.ascii_only else ">"
    since = bound + duration(now - box.phase_since)
    return (
        ((f"{box.id} ", "text"), (box.label, "mark")),
        ((glyphs[box.phase.glyph], tone), (f" {word} {since}", tone)),
        ((gpu_count(box), "text"),),
        (("rented here", "dim"),) if box.ours else (),
        ((box.instance.template_name or box.instance.image_uuid or "", "dim"),),
    )


def _remarks(box: Box, now: float) -> Line:
    parts: list[Part] = list(lease_parts(box.switch, now, NAME)) if box.switch is not None else []
    if box.orphan:
        rate = f", {money(box.hourly, 3, sign=True)}/h" if box.hourly is not None else ""
        parts = [((f"orphan{rate}: X destroys it", "look"),), (("no job or rental here claims it", "dim"),), *parts]
    parts += [((verdict.text, verdict.tone),) for verdict in box.verdicts]
    if box.status:
        parts.append(((box.status, "dim"),))
    return tuple(parts)


def _gpu(box: Box, glyphs: GlyphSet) -> Line:
    util = live_util(box)
    if util is None:
        return (fact("gpu", ("not running" if not box.phase.up else "not told yet", "dim"), width=NAME),)
    tone = "good" if util >= IDLE_UTIL else "look"
    row = glyphs.blocks(box.gpu_history, SPARK, 100.0) if box.gpu_history else ""
    temp = box.instance.gpu_temp
    return (
        fact("gpu", (row.strip() and row + "  ", "text"), (f"{number(util)}%", tone), width=NAME),
        ((f"{number(temp)}°C", "bad" if temp is not None and temp >= 88 else "text"),) if known(temp) else (),
        _of_total(box.instance.vmem_usage, _vram(box), "VRAM"),
        _of_total(box.instance.mem_usage, box.instance.mem_limit, "RAM"),
    )


def _vram(box: Box) -> float | None:
    total = box.instance.gpu_totalram or box.instance.gpu_ram
    return None if total is None else total / 1024


def _of_total(used: float | None, total: float | None, name: str) -> Part:
    """`21/24 GB VRAM`, both in GB; nothing when the used part is unknown."""
    if used is None or not known(used):
        return ()
    whole = f"/{gigabytes(total)}" if known(total) else ""
    return ((f"{gigabytes(used)}{whole} GB", "text"), (f" {name}", "dim"))


def _disk(box: Box, glyphs: GlyphSet) -> Line:
    part, space = disk_part(box), box.instance.disk_space
    size = f"{gigabytes(space)} GB" if known(space) else ""
    if part is None:
        return (fact("disk", size, (", how full is not told", "dim"), width=NAME),)
    done, track = glyphs.progress(part, SPARK)
    tone = "bad" if part >= 0.98 else "look" if part >= 0.9 else "text"
    return (
        fact("disk", (done, tone), (track + "  ", "track"), (percent(part), tone), width=NAME),
        ((f"{gigabytes(box.instance.disk_usage)}/{size}", "text"),),
    )


def _ssh(box: Box, ssh: Sequence[str] | str) -> Line:
    if isinstance(ssh, str):
        return (fact("ssh", (ssh or box.ssh_text or "no address yet", "dim"), width=NAME),)
    ready: Part = ((box.ssh_text or "not tried yet", "dim"),)
    if box.ssh_ms is not None:
        ready = ((f"ready {number(box.ssh_ms)} ms", "good"),)
    return (fact("ssh", _short_command(ssh), width=NAME), ready)


def _short_command(argv: Sequence[str]) -> str:
    """The command without its `-o` and `-i` options: what tells where it goes."""
    kept, skip = [], False
    for word in argv:
        if skip:
            skip = False
        elif word in ("-o", "-i"):
            skip = True
        elif not word.startswith("-o"):
            kept.append(word)
    return shlex.join(kept)


def _host(box: Box) -> Line:
    instance = box.instance
    host = str(instance.host_id) if instance.host_id is not None else ""
    machine = f", machine {instance.machine_id}" if instance.machine_id is not None else ""
    return (
        fact("host", (host or "unknown", "text" if host else "dim"), (machine, "dim"), width=NAME),
        ((long_place(instance.geolocation), "text"),),
        ((percent(instance.reliability, 1), reliability_tone(instance.reliability)),),
        ((instance.verification or "", "good" if instance.verification == "verified" else "look"),),
    )


def _money(box: Box, now: float) -> Line:
    disk = disk_hourly(box.instance)
    return (
        fact("cost", *_rate(box), width=NAME),
        fact("spent", (money(box.spent, sign=True), "money")),
        fact("disk alone", (f"{money(disk, 3, sign=True)}/h" if disk is not None else "", "money")),
        fact("ends in", *_end(box, now)),
        fact("lowest bid", (money(box.instance.min_bid, 3, sign=True), "money")) if box.instance.is_bid else (),
    )


def _rate(box: Box) -> tuple[Piece, ...]:
    if box.hourly is None:
        return (("unknown", "dim"),)
    hour, day = money(box.hourly, 3, sign=True), money(box.hourly * 24, sign=True)
    return ((hour, "money"), ("/h ", "dim"), (day, "money"), ("/day", "dim"))


def _end(box: Box, now: float) -> tuple[Piece, ...]:
    end = box.instance.end_date
    if end is None or not known(end):
        return ()
    return ((duration(end - now), "look" if end - now < DAY else "text"),)


class InstanceDetailPane(Pane):
    """Follows the cursor of the instances."""

    SCOPE: ClassVar[str] = "instance-detail"
    NAME: ClassVar[str] = "Details"

    def __init__(self, *, id: str | None = None, classes: str | None = None) -> None:  # noqa: A002 - Textual's name
        super().__init__(id=id, classes=classes)
        self._box: int | None = None

    def compose(self) -> ComposeResult:
        """One sheet."""
        yield Sheet()

    def box_chosen(self, instance_id: int | None) -> None:
        """Show this instance."""
        self._box = instance_id
        self._draw(self.snapshot)

    def show(self, snapshot: Snapshot) -> None:
        """Its figures may have changed."""
        self._draw(snapshot)

    def tick(self, now: float) -> None:
        """Timers go on."""
        self._draw(self.snapshot)

    def _draw(self, snapshot: Snapshot) -> None:
        box = snapshot.box(self._box)
        sheet = self.query_one(Sheet)
        if box is None:
            self.title("")
            sheet.set_lines([((("The instance under the cursor stands here.", "dim"),),)])
            return
        self.title(name_of(box))
        sheet.set_lines(box_lines(box, self.now, self._ssh(box), glyphs_of(self.app)))

    def _ssh(self, box: Box) -> Sequence[str] | str:
        try:
            return self.control.ssh_argv(box.id)
        except VastError as error:
            return error.message
