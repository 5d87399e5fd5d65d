"""The dialogs and states of the offers' table as pictures."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from msgspec.structs import replace as with_fields

from tests.tui.pictures import NOW, market, offer, snapshot
from tests.tui.standin import StandIn
from tests.tui.still import after
from vasttui.config import Config
from vasttui.offers.changes import Change
from vasttui.offers.history import Histories, History
from vasttui.offers.hosts import Book, HostFilter, Page
from vasttui.offers.prices import Prices, Quartiles
from vasttui.snapshot import Part, Snapshot
from vasttui.tui.app import VastApp

SMALL, MIDDLE = (80, 24), (120, 40)


def busy() -> Snapshot:
    """Offers that are new, cheaper, dearer, cheap and dear, slices of one machine, our history, marks of the book."""
    slices = [offer(n, machine_id=20_000 + n // 2 * 2) for n in range(30)]
    rows = [with_fields(row, inet_down_cost=0.01, inet_up_cost=0.02) for row in slices]
    changes = {rows[0].id: Change(), rows[1].id: Change(0.9), rows[2].id: Change(0.1)}
    kinds = Prices(quartiles={"rtx 4090": Quartiles(0.2, 0.29, 0.3, 0.31, 20)})
    whole = replace(
        market(1), hosts=HostFilter().cut(rows), changes=changes, gone=(offer(90), offer(91)), prices=kinds
    )
    pages = {
        ("host", 51_001): Page("host", 51_001, "allow", favourite=True),
        ("host", 51_002): Page("host", 51_002, note="slow disk [b]here[/b]"),
    }
    bad = History(rentals=3, boots=1, boot_median=190.0, bad=3, failures={"ssh": 3}, spent=0.2)
    good = History(rentals=4, boots=4, boot_median=70.0, good=4, spent=3.1)
    ours = Histories(machines={20_000: good, 20_002: bad})
    return replace(snapshot(market=Part(whole, at=NOW - 4)), book=Book(pages), histories=ours)  # type: ignore[arg-type]


CASES = {
    "changed-middle": (MIDDLE, ()),
    "changed-small": (SMALL, ()),
    "grouped-middle": (MIDDLE, ("z",)),
    "job-middle": (MIDDLE, ("dollar_sign",) * 4),
    "columns-small": (SMALL, ("C", "j", "space")),
    "compare-middle": (MIDDLE, ("space", "space", "space", "equals_sign")),
    "compare-small": (SMALL, ("space", "space", "space", "space", "equals_sign", "d")),
    "raw-small": (SMALL, ("y",)),
    "copy-small": (SMALL, ("c",)),
}


@pytest.mark.parametrize("case", CASES)
def test_offers(snap_compare: Any, config: Config, case: str) -> None:
    size, keys = CASES[case]
    control = StandIn(config, busy())
    control.raw = {offer(n).id: {"id": offer(n).id, "gpu_name": "RTX 4090", "cpu": "[red]x[/red]"} for n in range(30)}
    assert snap_compare(VastApp(control, config), terminal_size=size, run_before=after(keys))


def test_a_compare_in_ascii(snap_compare: Any, configured: Any) -> None:
    config = configured(ascii=True)
    keys = ("space", "space", "equals_sign")
    assert snap_compare(VastApp(StandIn(config, busy()), config), terminal_size=SMALL, run_before=after(keys))
