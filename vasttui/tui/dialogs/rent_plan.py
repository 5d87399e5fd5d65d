"""The plan of a rental in lines: what it costs, what was checked, what is sent. Pure."""

from __future__ import annotations

import math
import time
from collections.abc import Iterator, Sequence
from typing import Any

from vasttui.api.models import Offer
from vasttui.config import Preset
from vasttui.errors import VastError
from vasttui.jobs.estimate import Bidding, Estimate, shown_request
from vasttui.jobs.preflight import Check, Grade
from vasttui.jobs.rental import ONSTART_LIMIT, RentPlan
from vasttui.offers.price import Job
from vasttui.tui.format import clean, duration, gigabytes, hours, money, percent, plural
from vasttui.tui.glyphs import GlyphSet
from vasttui.tui.palette import Piece
from vasttui.tui.panes.jobs.result import masked
from vasttui.tui.panes.offers.pricing import kept_job, preset_job
from vasttui.tui.panes.sheet import Line, Part, fact

NAMES = 8
"""Width of the names in front of lines."""

SHOWN_LINES = 6
"""Lines of a start command that are shown."""

MARKS = {
    Grade.GOOD: ("done", "ok", "good"),
    Grade.LOOK: ("look", "look", "look"),
    Grade.BAD: ("failed", "stop", "bad"),
    Grade.UNKNOWN: ("unknown", "open", "dim"),
}
"""Of each grade: glyph, word, tone."""


SENT = {
    "image": "",
    "template_hash": "",
    "disk": " GB",
    "runtype": "",
    "price": " $/h, the bid",
    "label": " and a token that makes it unique",
}
"""Keys of the request in one line each, and what follows their value."""


def offer_words(offer: Offer) -> Part:
    """The offer in one line: `RTX 4090 ×1   24 GB   CZ   host 51345`."""
    facts = [f"{offer.gpu_ram / 1024:.0f} GB"] if offer.gpu_ram else []
    facts += [clean(offer.geolocation)] if offer.geolocation else []
    facts += [f"host {offer.host_id}"] if offer.host_id else []
    name = f"{clean(offer.gpu_name or 'unknown GPU')} ×{offer.num_gpus or '?'}"
    return ((name, "text bold"), ("   " + "   ".join(facts), "dim"))


def job_of(preset: Preset | None, kept: Any) -> Job | None:
    """The job that was told to the offers and kept, else the preset's; None when neither says one."""
    told = preset is not None and (preset.hours, preset.gb_in, preset.gb_out) != (None, None, None)
    return kept_job(kept) or (preset_job(preset) if told else None)


def hourly_words(figures: Estimate) -> str:
    """`$0.304/h`, for all that a race rents; "" when unknown."""
    rate = figures.race_hourly
    return f"{money(rate, 3, sign=True)}/h" if rate is not None else ""


def cost_lines(figures: Estimate) -> tuple[Line, Line]:
    """What it will cost, in two lines: per hour and day with this disk; how long the credit lasts."""
    costs = figures.cost
    if costs is None:
        return (fact("cost", ("not known: the offer does not tell its price", "look"), width=NAMES),), ()
    kind = "bid" if figures.bidding is not None else "GPU"
    hourly: Part = (
        *fact("cost", (f"{money(costs.total, 3, sign=True)}/h", "money bold"), width=NAMES),
        (f" = {kind} {money(costs.gpu, 3)} + disk {money(costs.disk, 3)}", "dim"),
    )
    daily: Part = ((money(costs.daily, sign=True), "money"), (" a day", "dim"))
    stopped: Part = ((f"stopped {money(costs.disk, 3, sign=True)}/h", "dim"),)
    return (hourly, daily, stopped), (_credit(figures),)


def _credit(figures: Estimate) -> Part:
    credit, left, before = figures.funds.credit, figures.lasts, figures.lasts_without
    if credit is None or left is None:
        return fact("credit", ("not known yet", "dim"), width=NAMES)
    tail = "" if before is None or math.isinf(before) else f", {hours(before)} without it"
    return (
        *fact("credit", (money(credit, sign=True), "money"), width=NAMES),
        (" lasts ", "dim"),
        (hours(left), "bad bold" if left < 1 else "look bold" if left < 6 else "good bold"),
        (f" with all that runs{tail}", "dim"),
    )


def figure_lines(figures: Estimate, now: float) -> Iterator[Line]:
    """What else the plan means: stopped, traffic, the job, the lease, the bid, a race, what if the offer is gone."""
    if figures.cost is not None:
        monthly = money(figures.stopped_monthly, sign=True)
        words = f" a month, {money(figures.cost.disk, 3, sign=True)}/h, until it is destroyed"
        yield (fact("stopped", (monthly, "money"), (words, "dim"), width=NAMES),)
    yield (fact("traffic", *_traffic(figures), width=NAMES),)
    yield from _job(figures)
    yield (fact("lease", *_lease(figures, now), width=NAMES),)
    if figures.bidding is not None:
        yield from _bid(figures.bidding)
    if figures.race > 1:
        yield (fact("race", *_race(figures), width=NAMES),)
    if figures.fallback:
        most = f"{money(figures.most, 3, sign=True)}/h" if figures.most is not None else "an unknown price"
        yield (fact("if gone", ("the next equal offer, at most ", "text"), (most, "money"), width=NAMES),)


def _traffic(figures: Estimate) -> tuple[Piece, ...]:
    if figures.gb_in_price is None and figures.gb_out_price is None:
        return (("its price is not told", "dim"),)
    ways = (("in", figures.gb_in_price), ("out", figures.gb_out_price))
    return ((", ".join(f"{way} {_per_gb(price)}" for way, price in ways), "text"),)


def _per_gb(price: float | None) -> str:
    """`$0.02/GB`, with two digits that are not 0 for the small prices of bandwidth."""
    if price is None:
        return "not told"
    if price <= 0:
        return "free"
    decimals = max(3, 1 - math.floor(math.log10(price)))
    return f"{money(price, decimals, sign=True)}/GB"


def _job(figures: Estimate) -> Iterator[Line]:
    """`24 h, 10 GB in, 2 GB out: $7.30 in all, $0.40 of it for traffic`."""
    job, costs = figures.job, figures.job_cost
    if job is None:
        return
    sizes = [f"{gigabytes(size)} GB {way}" for way, size in (("in", job.gb_in), ("out", job.gb_out)) if size]
    total = money(costs.total if costs is not None else None, sign=True, missing="price not known")
    pieces: list[Piece] = [(", ".join([f"{job.hours:g} h", *sizes]), "text"), (": ", "dim"), (total, "money bold")]
    if sizes and costs is not None and costs.traffic is not None:
        pieces.append((f" in all, {money(costs.traffic, sign=True)} of it for traffic", "dim"))
    yield (fact("job", *pieces, width=NAMES),)


def _lease(figures: Estimate, now: float) -> tuple[Piece, ...]:
    if figures.ends_at is None:
        return (("none: it bills until you end it", "look"),)
    return (
        ("stops itself " if figures.ends_by == "stop" else "destroys itself ", "dim"),
        (end_words(figures.ends_at, now), "text"),
        (f", {duration(figures.ends_at - now)} after the rental", "dim"),
    )


def end_words(when: float, now: float) -> str:
    """`at 18:03`, on another day `Tue 25 Nov at 18:03`, local time; "" for a time that no clock shows."""
    try:
        end, today = time.localtime(when), time.localtime(now)
    except (OverflowError, ValueError, OSError):
        return ""
    day = "" if end[:3] == today[:3] else time.strftime("%a %d %b ", end)
    return f"{day}at {time.strftime('%H:%M', end)}"


def _bid(bidding: Bidding) -> Iterator[Line]:
    least = money(bidding.least, 3, sign=True, missing="not known")
    market = money(bidding.market, 3, sign=True, missing="not known")
    yield (
        fact("bid", (money(bidding.bid, 3, sign=True), "money"), width=NAMES),
        fact("least", (least, "text")),
        fact("market", (market, "text"), ("" if bidding.market is None else " (median)", "dim")),
    )
    if bidding.outbid is None:
        yield (fact("", ("outbid: no samples of this machine or its kind yet", "dim"), width=NAMES),)
        return
    tone = "bad" if bidding.outbid >= 0.5 else "look" if bidding.outbid >= 0.1 else "good"
    seen = f" of our {plural(bidding.samples, 'sample')}"
    yield (fact("", ("outbid in ", "dim"), (percent(bidding.outbid), tone), (seen, "dim"), width=NAMES),)


def _race(figures: Estimate) -> tuple[Piece, ...]:
    rate = hourly_words(figures) or "an unknown price"
    return (
        (f"{figures.race} offers, ", "text"),
        (f"at most {rate}", "money"),
        (" until the first is ready; the others are destroyed", "dim"),
    )


def check_line(check: Check, glyphs: GlyphSet) -> tuple[Line, ...]:
    """A check, and below it how to mend it, unless it is good."""
    glyph, word, tone = MARKS[check.grade]
    text_tone = "dim" if check.grade in (Grade.GOOD, Grade.UNKNOWN) else "text"
    mark = (f"{glyphs[glyph]} {word:<4}  ", tone)
    found: Line = ((mark, (f"{masked(check.name)}  ", "dim"), (masked(check.text), text_tone)),)
    if not check.mend or check.grade is Grade.GOOD:
        return (found,)
    return found, ((("", ""), (masked(check.mend), "look" if check.grade is Grade.BAD else "dim")),)


def tally(checks: Sequence[Check], *, asking: bool) -> Line:
    """How the checks went, in one line."""
    counts = [
        (f"{sum(check.grade is grade for check in checks)} {MARKS[grade][1]}", MARKS[grade][2])
        for grade in Grade
        if any(check.grade is grade for check in checks)
    ]
    state: Part = (("asking Vast.ai…", "dim"),) if asking else ()
    return (fact("checks", *counts[:1], width=NAMES), *(((text, tone),) for text, tone in counts[1:]), state)


def blocking(checks: Sequence[Check]) -> Check | None:
    """The first check that forbids the rental."""
    return next((check for check in checks if check.grade is Grade.BAD), None)


def unseen(before: Sequence[Check], now: Sequence[Check]) -> bool:
    """Whether something speaks against the rental that was not there when the button was pressed."""
    return not _worries(now) <= _worries(before)


def _worries(checks: Sequence[Check]) -> set[tuple[str, Grade, str]]:
    # Figures of the other checks move all the time; another price is another question.
    return {
        (check.name, check.grade, check.text if check.name == "price" else "")
        for check in checks
        if check.grade in (Grade.LOOK, Grade.BAD)
    }


def request_lines(offer: Offer, plan: RentPlan, glyphs: GlyphSet) -> Iterator[Line]:
    """What is sent, a key a line; the values of the environment are hidden."""
    hidden = glyphs["mask"] * 4
    yield (fact("sent", (f"to offer {offer.id}", "text"), width=NAMES),)
    try:
        request = shown_request(plan)
    except VastError as error:
        yield (fact("", (clean(error.message), "bad"), width=NAMES),)
        return
    for key, unit in SENT.items():
        if (value := request[key]) is not None and value != "":
            shown = f"{value:g}" if isinstance(value, float) else masked(value)
            yield (fact(key.removesuffix("_hash"), shown, (unit, "dim"), width=NAMES),)
    for place, name in enumerate(request["env"]):
        yield (fact("" if place else "env", (f"{masked(name)}=", "text"), (hidden, "dim"), width=NAMES),)
    if request["ports"]:
        yield (fact("ports", " ".join(request["ports"]), width=NAMES),)
    yield from _command(plan, request["onstart"])


def _command(plan: RentPlan, sent: str | None) -> Iterator[Line]:
    lines = plan.onstart.splitlines()
    for place, line in enumerate(lines[:SHOWN_LINES]):
        yield (fact("" if place else "onstart", masked(line) or " ", width=NAMES),)
    if len(lines) > SHOWN_LINES:
        yield (fact("", (f"and {plural(len(lines) - SHOWN_LINES, 'more line')}", "dim"), width=NAMES),)
    if sent:
        frame = "with what keeps its output and the lease" if plan.lease is not None else "with what keeps its output"
        name = "" if lines else "onstart"
        yield (fact(name, (f"{len(sent)} of {ONSTART_LIMIT} characters, {frame}", "dim"), width=NAMES),)
