"""How fast the table is against Textual's own DataTable, in one run on the same 10,000 rows.

    python tests/bench/bench_table.py [rows]

Medians of the processor time, in ms, from the act until the screen is painted: so long is the loop busy.
Absolute values belong to one machine; compare the ratios.
"""

from __future__ import annotations

import asyncio
import random
import statistics
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from textual.app import App, ComposeResult
from textual.pilot import Pilot
from textual.widgets import DataTable

from vasttui.tui.format import money, number, percent
from vasttui.tui.themes import load_named, variable_defaults
from vasttui.tui.widgets.table import Column, Table

SIZE = (140, 40)
KEYS = ("4", "40", "409", "4090")


@dataclass(frozen=True)
class Offer:
    id: int
    gpu: str
    dph: float
    reliability: float
    numbers: tuple[float, ...]


def offers(rows: int) -> list[Offer]:
    chance = random.Random(7)
    names = ("RTX 4090", "RTX 5090", "RTX 3090", "A100 SXM4", "H100 SXM", "RTX A6000")
    return [
        Offer(
            i,
            chance.choice(names),
            chance.random() * 4,
            chance.random(),
            tuple(chance.random() * 9000 for _ in range(9)),
        )
        for i in range(rows)
    ]


def columns() -> list[Column[Offer]]:
    def figure(i: int) -> Column[Offer]:
        name = f"N{i}"
        return Column(key=name, title=name, width=6, align="right", cell=lambda o: number(o.numbers[i]))

    return [
        Column(key="gpu", title="GPU", width=12, cell=lambda o: o.gpu),
        Column(key="dph", title="$/h", width=6, align="right", style="money", cell=lambda o: money(o.dph, 3)),
        Column(key="rel", title="REL", width=6, align="right", cell=lambda o: percent(o.reliability, 1)),
        *(figure(i) for i in range(9)),
    ]


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


class Stock(App[None]):
    def compose(self) -> ComposeResult:
        self.table: DataTable[str] = DataTable(cursor_type="row")
        yield self.table

    def fill(self, rows: Sequence[Offer]) -> None:
        if not self.table.columns:
            self.table.add_columns(*(column.title for column in columns()))
        self.table.clear()
        shown = columns()
        for offer in rows:
            self.table.add_row(*(str(column.cell(offer)) for column in shown), key=str(offer.id))


async def painted(pilot: Pilot[None], act: Callable[[], object]) -> float:
    # Waiting costs no processor time, so the pauses of the harness do not count.
    start = time.process_time()
    act()
    await pilot.pause()
    return (time.process_time() - start) * 1000


async def measure(app: Ours | Stock, rows: list[Offer], rounds: int) -> dict[str, float]:
    times: dict[str, list[float]] = {"refill": [], "filter key": [], "cursor move": [], "idle (harness)": []}
    async with app.run_test(size=SIZE) as pilot:
        app.fill(rows)
        await pilot.pause()
        app.table.focus()
        for _ in range(rounds):
            fresh = [replace(offer, dph=offer.dph * 1.01) for offer in rows]
            times["refill"].append(await painted(pilot, lambda fresh=fresh: app.fill(fresh)))  # type: ignore[misc]
            for typed in KEYS:

                def narrow(typed: str = typed) -> None:
                    app.fill([offer for offer in rows if typed in offer.gpu])

                times["filter key"].append(await painted(pilot, narrow))
            app.fill(rows)
            await pilot.pause()
            for _ in range(10):
                move = app.table.action_down if isinstance(app, Ours) else app.table.action_cursor_down
                times["cursor move"].append(await painted(pilot, move))
                times["idle (harness)"].append(await painted(pilot, lambda: None))
    return {name: statistics.median(values) for name, values in times.items()}


def main() -> None:
    rows = offers(int(sys.argv[1]) if len(sys.argv) > 1 else 10_000)
    ours = asyncio.run(measure(Ours(), rows, rounds=5))
    stock = asyncio.run(measure(Stock(), rows, rounds=2))
    print(f"{len(rows)} rows x {len(columns())} columns, {SIZE[0]}x{SIZE[1]}, medians in ms")
    print(f"{'':16}{'vasttui':>10}{'DataTable':>12}{'ratio':>8}")
    for name in ours:
        print(f"{name:16}{ours[name]:10.1f}{stock[name]:12.1f}{ours[name] / stock[name]:8.3f}")


if __name__ == "__main__":
    main()
