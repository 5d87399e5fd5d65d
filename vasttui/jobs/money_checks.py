"""Checks of money: price, ceilings, bid, credit, the limits of count and day. Pure."""

from __future__ import annotations

from collections.abc import Iterator

from vasttui.jobs.check import Case, Check, Grade, hours_text
from vasttui.jobs.day import ahead, why_not_today
from vasttui.offers.price import hourly

RUNWAY = 6.0
"""Hours that the credit should last with all that runs."""

CLOSE = 1.05
"""A bid below this multiple of the least one is soon outbid."""

MOVED = 1.001
"""A price that rose by less has not moved: rows are rounded."""


def offer_check(case: Case) -> Iterator[Check]:
    """Whether it is still there."""
    if case.facts.offer_gone:
        text = f"offer {case.offer.id} is no longer there"
        if case.plan.fallback:
            yield Check("offer", Grade.LOOK, text, "The next equal one is rented in its place.", "fallback")
        else:
            mend = "Pick another one, or allow the next equal one in its place."
            yield Check("offer", Grade.BAD, text, mend, "fallback")
    elif case.facts.offer_now is None:
        yield Check("offer", Grade.UNKNOWN, "whether it is still there is not known")
    else:
        yield Check("offer", Grade.GOOD, f"offer {case.offer.id} is still there")


def price_check(case: Case) -> Iterator[Check]:
    """Whether its price is known and has not moved."""
    before = hourly(case.offer, case.plan.disk_gb, case.plan.bid)
    now = hourly(case.facts.offer_now, case.plan.disk_gb, case.plan.bid) if case.facts.offer_now else None
    if case.price is None or before is None:
        yield Check("price", Grade.BAD, f"offer {case.offer.id} does not tell its whole price", "Pick another one.")
    elif now is None:
        text = f"${before:.3f}/h with its disk; whether that has moved is not known"
        yield Check("price", Grade.UNKNOWN, text)
    elif now > MOVED * before:
        text = f"${now:.3f}/h now, it was ${before:.3f}/h"
        yield Check("price", Grade.LOOK, text, "It is rented at the price of now: look whether it is still worth it.")
    else:
        yield Check("price", Grade.GOOD, f"${now:.3f}/h with its disk, ${24 * now:.2f} a day")


def ceiling_check(case: Case) -> Iterator[Check]:
    """Whether it is below the config's ceiling and the plan's own."""
    if case.price is None:
        return
    over = f"${case.price:.3f}/h is over the ceiling of"
    if not case.price <= case.config.max_price:  # so that no odd number passes
        mend = "The ceiling is `max_price` in the config, or VASTAI_MAX_BID_PER_HOUR."
        yield Check("ceiling", Grade.BAD, f"{over} ${case.config.max_price:g}/h", mend)
    elif case.plan.max_price is not None and not case.price <= case.plan.max_price:
        mend = "The ceiling is this rental's own, or its preset's: pick a cheaper one or raise it."
        yield Check("ceiling", Grade.BAD, f"{over} ${case.plan.max_price:g}/h for this rental", mend, "max_price")
    else:
        caps = [cap for cap in (case.config.max_price, case.plan.max_price) if cap is not None]
        yield Check("ceiling", Grade.GOOD, f"${case.price:.3f}/h is below ${min(caps):g}/h")


def bid_check(case: Case) -> Iterator[Check]:
    """Whether a bid is high enough, and worth it."""
    bid, row = case.plan.bid, case.facts.offer_now or case.offer
    if bid is None:
        return
    if not bid > 0:
        yield Check("bid", Grade.BAD, f"${bid:g}/h is no bid", "Bid more than nothing.", "bid")
    elif row.min_bid is None:
        yield Check("bid", Grade.UNKNOWN, f"${bid:g}/h; the least bid is not known", field="bid")
    elif not bid >= row.min_bid:
        text = f"bid ${bid:g}/h is below the least bid, ${row.min_bid:g}/h"
        yield Check("bid", Grade.BAD, text, f"Bid ${1.1 * row.min_bid:.3f} or more.", "bid")
    elif bid < CLOSE * row.min_bid:
        text = f"${bid:g}/h is hardly above the least bid, ${row.min_bid:g}/h: it may soon be outbid"
        yield Check("bid", Grade.LOOK, text, f"Bid ${1.1 * row.min_bid:.3f} or more.", "bid")
    elif row.dph_base is not None and row.is_bid is False and bid > row.dph_base:
        text = f"${bid:g}/h is more than on demand, ${row.dph_base:g}/h"
        yield Check("bid", Grade.LOOK, text, "Rent it on demand: that is not interrupted.", "bid")
    else:
        yield Check("bid", Grade.GOOD, f"${bid:g}/h, the least is ${row.min_bid:g}/h", field="bid")


def credit_check(case: Case) -> Iterator[Check]:
    """Whether the credit lasts."""
    credit, burn = case.facts.credit, case.facts.burn
    if credit is None or case.price is None:
        yield Check("credit", Grade.UNKNOWN, "the credit, or the price, is not known")
        return
    more = case.plan.hourly_at_once(case.price)
    mend = "Add credit at https://cloud.vast.ai/billing/"
    if not credit >= more:
        text = f"the credit, ${credit:.2f}, lasts less than an hour at ${more:.3f}/h"
        yield Check("credit", Grade.BAD, text, mend)
    elif burn is None:
        yield Check("credit", Grade.UNKNOWN, f"${credit:.2f}; what runs now costs nobody knows how much")
    else:
        hours = credit / (burn + more) if burn + more > 0 else float("inf")
        text = f"${credit:.2f} last {hours_text(hours)} with all that runs, ${burn + more:.3f}/h"
        yield Check("credit", *((Grade.LOOK, text, mend) if hours < RUNWAY else (Grade.GOOD, text)))


def instances_check(case: Case) -> Iterator[Check]:
    """Whether there may be so many at once."""
    most, count, wanted = case.config.max_instances, case.facts.instances, max(1, case.plan.race)
    if most is None:
        return
    if count is None:
        yield Check("instances", Grade.UNKNOWN, f"how many there are is not known; the limit is {most}")
    elif count + wanted > most:
        text = f"{count} instances are there or on their way: {wanted} more would be over the limit of {most}"
        mend = "Destroy one, or raise `max_instances` in the config."
        yield Check("instances", Grade.BAD, text, mend, "race" if wanted > 1 else "")
    else:
        yield Check("instances", Grade.GOOD, f"{count + wanted} of {most}")


def per_day_check(case: Case) -> Iterator[Check]:
    """Whether the limit of a day holds."""
    limit, day = case.config.max_per_day, case.facts.day
    if limit is None or case.price is None:
        return
    # What is only stopped goes on billing, and may be started again.
    lasts = case.plan.lease if case.plan.lease_end == "destroy" else None
    more = ahead(case.plan.hourly_at_once(case.price), lasts)
    if day is None:
        yield Check("per day", Grade.UNKNOWN, f"what is spent is not known; the limit is ${limit:g} a day")
    elif why := why_not_today(day, more, limit):
        mend = "Give it a lease, end something, or raise `max_per_day` in the config."
        yield Check("per day", Grade.BAD, why, mend, "lease")
    else:
        yield Check("per day", Grade.GOOD, f"${day.taken + more:.2f} of ${limit:g} in 24 h")
