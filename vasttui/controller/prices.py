"""What searches teach about prices: samples in the journal, quartiles of now, series for sparklines."""

from __future__ import annotations

import asyncio
import math
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TypeVar

from vasttui.controller.events import EventLog
from vasttui.controller.market import all_offers
from vasttui.errors import StorageError
from vasttui.journal import Journal
from vasttui.journal.prices import MACHINE_EVERY, MODEL_EVERY
from vasttui.journal.records import PriceSample
from vasttui.offers.gpus import plain
from vasttui.offers.prices import Prices, Quartiles, gpu_price, quartiles
from vasttui.offers.query import parse
from vasttui.snapshot import Level, Market

POINTS = 60
"""Samples of a model or a machine that are shown, and by which chances are told."""

FRESH = 3600.0
"""Seconds after which quartiles should be told anew."""

RECENT = 86_400.0
"""Seconds for which a model's last sample tells what is cheap now."""

PRICED = frozenset(
    {
        "dph_total", "dph_base", "min_bid", "dlperf_per_dphtotal", "flops_per_dphtotal", "score",
        "discounted_dph_total", "discounted_hourly", "vram_costperhour", "search.totalHour",
    }
)  # fmt: skip
"""Fields by which a search leaves out the dear offers, or the cheap ones."""


Name = TypeVar("Name", int, str)
_Models = Mapping[str, Sequence[PriceSample]]
_Machines = Mapping[int, Sequence[tuple[float, float]]]


@dataclass
class _Known:
    """What is known of one type of offer.

    `fresh` is when a fair answer last told of a model, `asked` is when each model or machine was last looked up.
    """

    quartiles: dict[str, Quartiles] = field(default_factory=dict)
    models: dict[str, tuple[float, ...]] = field(default_factory=dict)
    machines: dict[int, tuple[float, ...]] = field(default_factory=dict)
    fresh: dict[str, float] = field(default_factory=dict)
    asked: dict[str | int, float] = field(default_factory=dict)

    def due(self, names: Iterable[Name], now: float, every: float) -> list[Name]:
        """Those that were not looked up for so long."""
        return [name for name in names if not 0 <= now - self.asked.get(name, -math.inf) < every]

    def take(self, lesson: Lesson) -> None:
        """What a fair answer says holds now."""
        found = {name: quartiles for name, quartiles in lesson.models.items() if quartiles is not None}
        self.quartiles.update(found)
        self.fresh.update(dict.fromkeys(found, lesson.at))

    def look_up(self, due: Lesson, models: _Models, machines: _Machines) -> None:
        """What the journal has; quartiles of an answer outrank those of a sample."""
        for name, samples in models.items():
            self.models[name] = tuple(sample.median for sample in samples)
            if name not in self.fresh and samples and due.at - samples[-1].at < RECENT:
                last = samples[-1]
                self.quartiles[name] = Quartiles(last.low, last.q1, last.median, last.q3, last.offers)
        for machine, series in machines.items():
            self.machines[machine] = tuple(price for _, price in series)
        self.asked.update(dict.fromkeys((*models, *machines), due.at))


@dataclass(frozen=True, slots=True)
class Lesson:
    """What one answer says of prices.

    Attributes:
        fair: it shows the dear offers as well as the cheap ones.
        models: quartiles of each model, None where no price is told.
        machines: the best price of each machine, $ per GPU and hour.
    """

    type: str
    at: float
    fair: bool
    models: Mapping[str, Quartiles | None]
    machines: Mapping[int, float]


class PriceBook:
    """Learns from each answer. Writes and reads in a thread, in one commit, and seldom."""

    def __init__(self, journal: Journal, events: EventLog) -> None:
        self._journal = journal
        self._events = events
        self._known: dict[str, _Known] = defaultdict(_Known)
        self._busy = False
        self._trouble = ""

    def learn(self, lesson: Lesson) -> Prices:
        """What is known of the prices of this type of offer, with this answer; `keep` is to follow."""
        if lesson.fair:
            self._known[lesson.type].take(lesson)
        return self.of(lesson.type)

    def of(self, type: str) -> Prices:  # noqa: A002 - the API's own name
        """What is known of the prices of a type of offer."""
        known = self._known[type]
        return Prices(type, dict(known.quartiles), dict(known.models), dict(known.machines))

    def unknown(self, market: Market, now: float) -> Iterator[str]:
        """GPU models of an answer of which no fair answer came of late, the commonest first."""
        fresh = self._known[market.search.type].fresh
        names = Counter(offer.gpu_name for offer in market.offers if offer.gpu_name)
        return (name for name, _ in names.most_common() if now - fresh.get(plain(name), -math.inf) > FRESH)

    async def keep(self, lesson: Lesson) -> Prices | None:
        """Keep what is due of an answer and look up what came before; None when nothing was."""
        known = self._known[lesson.type]
        models = known.due(lesson.models, lesson.at, MODEL_EVERY)
        machines = known.due(lesson.machines, lesson.at, MACHINE_EVERY)
        if self._busy or not (models or machines):
            return None
        due = replace(
            lesson,
            models={name: lesson.models[name] for name in models},
            machines={machine: lesson.machines[machine] for machine in machines},
        )
        self._busy = True
        try:
            known.look_up(due, *await asyncio.to_thread(self._write_and_read, due))
            self._trouble = ""
        except StorageError as error:
            if error.message != self._trouble:
                self._events.add(Level.LOOK, f"prices are not kept: {error.message}")
            self._trouble = error.message
            return None
        finally:
            self._busy = False
        return self.of(lesson.type)

    def _write_and_read(self, due: Lesson) -> tuple[_Models, _Machines]:
        rows = [_row(name, due, found) for name, found in due.models.items() if due.fair and found is not None]
        self._journal.add_prices(rows, due.machines, due.type, due.at)
        models = {name: self._journal.model_prices(name, due.type, POINTS) for name in due.models}
        machines = {number: self._journal.machine_prices(number, due.type, POINTS) for number in due.machines}
        return models, machines


def _row(gpu: str, sample: Lesson, found: Quartiles) -> PriceSample:
    return PriceSample(gpu, sample.type, sample.at, found.offers, found.low, found.q1, found.median, found.q3)


def lesson_of(market: Market, now: float) -> Lesson:
    """What an answer says of prices."""
    return Lesson(market.search.type, now, is_fair_sample(market), by_model(market), by_machine(market))


def is_fair_sample(market: Market) -> bool:
    """Whether the answer shows the dear offers as well as the cheap ones: whole, and no condition on the price."""
    return not market.more and not any(clause.field in PRICED for clause in parse(market.search.text).in_force())


def by_model(market: Market) -> dict[str, Quartiles | None]:
    """The quartiles of each GPU model in an answer; None when no price is known."""
    found: dict[str, list[float]] = defaultdict(list)
    for offer in all_offers(market):
        if offer.gpu_name:
            price = gpu_price(offer, market.search.type)
            found[plain(offer.gpu_name)] += [] if price is None else [price]
    return {name: quartiles(prices) for name, prices in found.items()}


def by_machine(market: Market) -> dict[int, float]:
    """The best price of each machine in an answer, $ per GPU and hour."""
    found: dict[int, float] = {}
    for offer in all_offers(market):
        price = gpu_price(offer, market.search.type)
        if offer.machine_id is not None and price is not None:
            found[offer.machine_id] = min(price, found.get(offer.machine_id, price))
    return found
