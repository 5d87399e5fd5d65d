"""The plan of a rental, printed before the question is asked."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from typing import TYPE_CHECKING

from vasttui.cli.output import say
from vasttui.jobs.estimate import Funds, estimate
from vasttui.tui.dialogs.rent_plan import check_line, cost_lines, figure_lines, job_of, offer_words
from vasttui.tui.glyphs import ASCII, UNICODE
from vasttui.tui.panes.sheet import GAP, Line

if TYPE_CHECKING:
    from vasttui.cli.rent_choice import Choice
    from vasttui.controller import Controller

INDENT = 8


async def print_plan(controller: Controller, choice: Choice) -> None:
    """Find out what the checks need, then print figures and checks to stderr. Raises VastError."""
    await controller.inspect(choice.offer)
    while not _known(controller):
        await controller.next_change()
    for line in _lines(controller, choice):
        say(_plain(line))


def _known(controller: Controller) -> bool:
    """Whether account and instances have been asked for, with or without an answer."""
    picture = controller.picture()
    return all(part.value is not None or part.error is not None for part in (picture.account, picture.boxes))


def _lines(controller: Controller, choice: Choice) -> Iterator[Line]:
    picture, now = controller.picture(), controller.clock()
    figures = estimate(
        controller.latest(choice.offer),
        choice.plan,
        now=now,
        funds=Funds(picture.account.value.credit if picture.account.value else None, picture.burn),
        job=job_of(controller.config.presets.get(choice.market.search.preset or ""), None),
        prices=choice.market.prices,
    )
    yield (offer_words(choice.offer),)
    yield from cost_lines(figures)
    yield from figure_lines(figures, now)
    plain = controller.config.ascii or "utf" not in (sys.stderr.encoding or "").lower()
    for check in controller.checks(choice.offer, choice.plan):
        yield from check_line(check, ASCII if plain else UNICODE)


def _plain(line: Line) -> str:
    parts = ("".join(text for text, _ in part) for part in line)
    words = [part for part in parts if part]
    # What has no name belongs to the line before.
    indent = " " * INDENT if words and line[0] and not line[0][0][0] else ""
    return indent + GAP.join(words).rstrip()
