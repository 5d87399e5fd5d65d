"""How fast the table of offers is against Textual's own DataTable, in one run on the same 10,000 rows.

    python tests/bench/bench_table.py [rows]

The rows are the simulator's offers, the columns those of the pane, the filter the pane's own; the DataTable gets the
same texts, and sorts them as texts. Medians of the processor time, in ms, from the act until the screen is painted: so
long is the loop busy. Absolute values belong to one machine; compare the ratios.
"""

from __future__ import annotations

import asyncio
import statistics
import sys
import time
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence

import msgspec
from textual.app import App, ComposeResult
from textual.pilot import Pilot
from textual.widgets import DataTable

from vasttui.api.decode import decode_offers
from vasttui.api.models import Offer
from vasttui.offers.filter import OfferIndex, compile_filter
from vasttui.sim.market import Market
from vasttui.tui.panes.offers.columns import offer_columns
from vasttui.tui.themes import load_named, variable_defaults
from vasttui.tui.widgets.table import Column, Sort, Table

SIZE = (140, 40)
KEYS = ("4", "40", "409", "4090", "4090 g", "4090 gpu_ram>=2", "4090 gpu_ram>=20")
ONE = Sort("price")
THREE = Sort("gpu", then=(Sort("where"), Sort("price")))


def offers(rows: int) -> list[Offer]:
    """The offers of a simulated market of that size."""
    market = Market(7, rows, time.time())
    body = b",".join(offer.row(16.0, "on-demand")[1] for offer in market.offers.values())
    return list(decode_offers(b'{"offers":[' + body + b"]}").items)


def columns() -> list[Column[Offer]]:
    """The columns that are there unless others are chosen."""
    return [column for column in offer_columns() if not column.extra]


class Ours(App[None]):
    def get_theme_variable_defaults(self) -> dict[str, str]:
        return variable_defaults()

    def compose(self) -> ComposeResult:
        self.register_theme(load_named("vasttui-dark"))
        self.theme = "vasttui-dark"
        self.table = Table(columns(), key=lambda offer: offer.id)
        yield self.table

    def fill(self, rows: Sequence[Offer]) -> None:
        self.table.set_rows(rows)

    def sort(self, by: Sort | None) -> None:
        self.table.sort_by(by)

    def fill_sorted(self, rows: Sequence[Offer], by: Sort) -> None:
        """Once sorted it stays so."""
        assert self.table.sort == by
        self.fill(rows)

    def down(self) -> None:
        self.table.action_down()


class Stock(App[None]):
    def compose(self) -> ComposeResult:
        self.table: DataTable[str] = DataTable(cursor_type="row")
        yield self.table

    def fill(self, rows: Sequence[Offer]) -> None:
        shown = columns()
        if not self.table.columns:
            for column in shown:
                self.table.add_column(column.title, key=column.key)
        self.table.clear()
        for offer in rows:
            self.table.add_row(*(str(column.content(offer, column.width)) for column in shown), key=str(offer.id))

    def sort(self, by: Sort | None) -> None:
        if by is not None:
            self.table.sort(*(key.column for key in by.keys))

    def fill_sorted(self, rows: Sequence[Offer], by: Sort) -> None:
        self.fill(rows)
        self.sort(by)

    def down(self) -> None:
        self.table.action_cursor_down()


async def painted(pilot: Pilot[None], act: Callable[[], object]) -> float:
    # Waiting costs no processor time, so the pauses of the harness do not count.
    start = time.process_time()
    act()
    await pilot.pause()
    return (time.process_time() - start) * 1000


def acts(app: Ours | Stock, rows: list[Offer]) -> Iterator[tuple[str, Callable[[], object]]]:
    """What is measured, in this order."""
    fresh = [msgspec.structs.replace(offer, dph_total=(offer.dph_total or 0) * 1.01) for offer in rows]
    yield "refill", lambda: app.fill(fresh)
    yield "sort, one key", lambda: app.sort(ONE)
    yield "sort, three keys", lambda: app.sort(THREE)
    yield "refill, sorted", lambda: app.fill_sorted(fresh, THREE)
    yield "", lambda: app.sort(None)
    index = OfferIndex(rows)
    index.select(compile_filter("warm"))
    for typed in KEYS:
        yield "filter key", lambda typed=typed: app.fill(index.select(compile_filter(typed)))  # type: ignore[misc]
    yield "", lambda: app.fill(rows)
    for _ in range(10):
        yield "cursor move", app.down
        yield "idle (harness)", lambda: None


async def measure(app: Ours | Stock, rows: list[Offer], rounds: int) -> dict[str, float]:
    times: dict[str, list[float]] = defaultdict(list)
    async with app.run_test(size=SIZE) as pilot:
        app.fill(rows)
        await pilot.pause()
        app.table.focus()
        for _ in range(rounds):
            for name, act in acts(app, rows):
                times[name].append(await painted(pilot, act))
    return {name: statistics.median(values) for name, values in times.items() if name}


def main() -> None:
    rows = offers(int(sys.argv[1]) if len(sys.argv) > 1 else 10_000)
    ours = asyncio.run(measure(Ours(), rows, rounds=5))
    stock = asyncio.run(measure(Stock(), rows, rounds=2))
    print(f"{len(rows)} rows x {len(columns())} columns, {SIZE[0]}x{SIZE[1]}, medians in ms")
    print(f"{'':18}{'vasttui':>10}{'DataTable':>12}{'ratio':>8}")
    for name in ours:
        print(f"{name:18}{ours[name]:10.1f}{stock[name]:12.1f}{ours[name] / stock[name]:8.3f}")


if __name__ == "__main__":
    main()
