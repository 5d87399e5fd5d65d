"""What one answer teaches about prices, and what is kept of it."""

from __future__ import annotations

from pathlib import Path

import pytest

from vasttui.api.models import Offer
from vasttui.controller.events import EventLog
from vasttui.controller.prices import PriceBook, is_fair_sample, lesson_of
from vasttui.journal import Journal
from vasttui.journal.prices import MODEL_EVERY
from vasttui.offers.hosts import HostFilter
from vasttui.offers.prices import Quartiles
from vasttui.snapshot import Market, Search

NOW = 1_763_820_180.0


def offer(number: int, price: float | None, **more: object) -> Offer:
    known = {"gpu_name": "RTX 4090", "num_gpus": 1, "host_id": number, "machine_id": number, "dph_base": price}
    return Offer(id=number, **(known | more))  # type: ignore[arg-type]


def market(*offers: Offer, text: str = "", more: bool = False, blocked: tuple[int, ...] = ()) -> Market:
    return Market(Search(text), HostFilter(blacklist=frozenset(blocked)).cut(offers), more=more)


FIVE = tuple(offer(number, number / 10) for number in range(1, 6))


@pytest.mark.parametrize(
    ("text", "more", "fair"),
    [
        ("", False, True),
        ("gpu_ram>=24 num_gpus=1", False, True),
        ("", True, False),
        ("dph<0.5", False, False),
        ("min_bid<0.5", False, False),
        ("dlperf_usd>300", False, False),
        ("dph=any", False, True),
    ],
)
def test_only_whole_answers_without_a_price_show_the_dear_ones_too(text: str, more: bool, fair: bool) -> None:
    assert is_fair_sample(market(*FIVE, text=text, more=more)) is fair


def test_hosts_that_are_not_wanted_make_the_market_too() -> None:
    lesson = lesson_of(market(*FIVE, blocked=(1, 5)), NOW)
    assert lesson.models == {"rtx 4090": Quartiles(0.1, 0.2, 0.3, 0.4, 5)}
    assert lesson.machines == {number: number / 10 for number in range(1, 6)}


def test_the_best_slice_of_a_machine_counts_and_unknown_prices_do_not() -> None:
    slices = (
        offer(1, 0.8, machine_id=7, num_gpus=2),
        offer(2, 0.5, machine_id=7),
        offer(3, None, machine_id=7),
        offer(4, 0.2, machine_id=None),
        offer(5, None, gpu_name="H200"),
    )
    lesson = lesson_of(market(*slices), NOW)
    assert lesson.machines == {7: 0.4}
    assert lesson.models["h200"] is None


async def test_series_grow_by_one_sample_at_a_time(tmp_path: Path) -> None:
    with Journal(tmp_path / "journal.sqlite") as journal:
        book = PriceBook(journal, EventLog(lambda: NOW, lambda: None))
        for step, factor in enumerate((1.0, 2.0, 3.0)):
            at = NOW + step * MODEL_EVERY / 2
            lesson = lesson_of(market(*(offer(o.id, factor * (o.dph_base or 0)) for o in FIVE)), at)
            assert book.learn(lesson).quartiles["rtx 4090"].median == pytest.approx(0.3 * factor)
            await book.keep(lesson)
        assert book.of("on-demand").models["rtx 4090"] == pytest.approx((0.3, 0.9))
        assert await book.keep(lesson) is None  # nothing is due


async def test_a_recent_sample_tells_what_is_cheap_and_an_old_one_does_not(tmp_path: Path) -> None:
    with Journal(tmp_path / "journal.sqlite") as journal:
        events = EventLog(lambda: NOW, lambda: None)
        await PriceBook(journal, events).keep(lesson_of(market(*FIVE), NOW))
        for later, known in ((3600.0, True), (3 * 86_400.0, False)):
            book = PriceBook(journal, events)
            prices = await book.keep(lesson_of(market(offer(1, 0.05), text="dph<0.1"), NOW + later))
            assert prices is not None
            assert ("rtx 4090" in prices.quartiles) is known
            assert prices.models["rtx 4090"] == (0.3,)


async def test_a_journal_that_cannot_be_written_is_told_once_and_stops_nothing(tmp_path: Path) -> None:
    journal = Journal(tmp_path / "journal.sqlite")
    events = EventLog(lambda: NOW, lambda: None)
    book = PriceBook(journal, events)
    journal.close()
    for _ in range(3):
        lesson = lesson_of(market(*FIVE), NOW)
        assert book.learn(lesson).quartiles["rtx 4090"].offers == 5
        assert await book.keep(lesson) is None
    assert [event.text.startswith("prices are not kept: ") for event in events.all()] == [True]
