"""The table of offers without a screen: columns, prices, what changed, groups, commands."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace as with_fields

from tests.tui.pictures import NOW, market, offer, snapshot
from vasttui.api.models import Offer
from vasttui.config import Preset
from vasttui.errors import UsageError
from vasttui.offers.changes import Change
from vasttui.offers.fields import CATALOGUE
from vasttui.offers.history import Histories, History
from vasttui.offers.hosts import Book, Page
from vasttui.offers.price import Job
from vasttui.offers.prices import Prices, Quartiles
from vasttui.snapshot import Part, Snapshot
from vasttui.tui.dialogs.compare import Above, compare_columns, compare_rows
from vasttui.tui.format import cells
from vasttui.tui.glyphs import ASCII, UNICODE
from vasttui.tui.panes.offers.columns import COMPOSED, View, offer_columns
from vasttui.tui.panes.offers.grouping import grouped
from vasttui.tui.panes.offers.pane import fitting
from vasttui.tui.panes.offers.pricing import Basis, Pricing, job_text, kept_job, preset_job, read_job
from vasttui.tui.panes.offers.standing import Marks, changes_text
from vasttui.tui.widgets.table_layout import Layout, arranged
from vasttui.tui.widgets.table_model import Column

PLAIN = View()
HOURLY = Pricing()


def text_of(content: Any) -> str:
    return content if isinstance(content, str) else "".join(text for text, _ in content)


def column(key: str, view: View = PLAIN) -> Column[Offer]:
    return next(column for column in offer_columns(view) if column.key == key)


def marks(picture: Snapshot, pricing: Pricing = HOURLY) -> Marks:
    return Marks(lambda: picture, pricing, UNICODE)


def pictured(**fields: Any) -> Snapshot:
    return snapshot(market=Part(replace(market(6), **fields), at=NOW))


# Columns


def test_every_field_of_an_offer_is_a_column_with_a_meaning() -> None:
    keys = {column.key for column in offer_columns()}
    assert {COMPOSED.get(key, key) for key in keys} >= set(CATALOGUE)
    assert len(keys) == len(offer_columns())
    assert all(column.help and column.sort_key is not None for column in offer_columns())


def test_one_looks_at_a_few_columns_until_one_chooses() -> None:
    shown = [column.key for column in arranged(offer_columns(), Layout())]
    first = ["gpu", "n", "vram", "price", "change", "dlp", "rel", "down", "disk", "cuda", "where", "host", "yours"]
    assert shown == first


@pytest.mark.parametrize("key", sorted(set(CATALOGUE) - set(COMPOSED.values())))
def test_a_field_that_is_not_told_is_blank_and_sorts_last(key: str) -> None:
    assert text_of(column(key).cell(Offer(id=1))) == ("1" if key == "id" else "")


def test_our_history_is_a_column_as_soon_as_there_is_one() -> None:
    known = replace(snapshot(), histories=Histories(machines={20_000: History(rentals=3, good=2, bad=1)}))
    view = View(snapshot=lambda: known)
    shown = {column.key for column in arranged(offer_columns(view), Layout())}
    assert "history" in shown
    assert "history" not in {column.key for column in arranged(offer_columns(), Layout())}
    history = column("history", view)
    assert text_of(history.cell(offer(0))) == History(rentals=3, good=2, bad=1).words
    assert history.sort_key is not None
    assert history.sort_key(offer(0)) == pytest.approx(0.6)
    assert history.sort_key(offer(1)) is None


def test_what_the_host_book_says_of_a_row() -> None:
    pages = {
        ("host", 51_000): Page("host", 51_000, "allow", note="fast", favourite=True),
        ("machine", 20_001): Page("machine", 20_001, "block"),
        ("host", 51_002): Page("host", 51_002, fault="no SSH"),
    }
    view = marks(replace(snapshot(), book=Book(pages)))  # type: ignore[arg-type]
    assert [text_of(view.yours(offer(n))) for n in range(4)] == ["★✎✔ allowed", "⊘ blocked", "✎", ""]
    assert [view.yours_rank(offer(n)) for n in range(4)] == [0, 3, 2, None]


# Prices


ROW = offer(num_gpus=2, gpu_total_ram=48 * 1024, dph_base=0.6, storage_cost=0.0, storage_total_cost=0.0, dph_total=0.6)


def test_a_price_follows_the_disk_that_is_asked_for() -> None:
    row = offer(dph_base=0.3, storage_cost=0.36, storage_total_cost=0.36 * 64 / 720, dph_total=0.332)
    assert Pricing(job=Job(disk_gb=64)).of(row) == pytest.approx(0.332)
    assert Pricing(job=Job(disk_gb=200)).of(row) == pytest.approx(0.4)


def test_a_job_of_which_a_price_is_unknown_says_so_and_sorts_last() -> None:
    job = Pricing(Basis.JOB, job=Job(hours=10, gb_in=100))
    told, untold = with_fields(ROW, inet_down_cost=0.02), with_fields(ROW, inet_down_cost=None)
    assert job.text(told) == "8.00"
    assert job.of(told) == pytest.approx(8.0)
    assert (job.text(untold), job.of(untold)) == (">6.00", None)
    assert job.text(Offer(id=1)) == ""


def test_a_job_on_bids_costs_the_least_bid_and_never_the_price_on_demand() -> None:
    job = Pricing(Basis.JOB, bid=True, job=Job(hours=10))
    assert job.of(with_fields(ROW, min_bid=0.1)) == pytest.approx(1.0)
    assert job.text(with_fields(ROW, min_bid=None)) == ""


@given(st.sampled_from(Basis), st.booleans())
def test_no_price_is_made_of_nothing(basis: Basis, bid: bool) -> None:
    assert Pricing(basis, bid).of(Offer(id=1)) is None
    assert Pricing(basis, bid).text(Offer(id=1)) == ""


@pytest.mark.parametrize(
    ("text", "job"),
    [
        ("24 h 10 in 2 out", Job(24, 10, 2)),
        ("1.5 hours", Job(1.5, 3, 4)),
        ("2 out", Job(12, 3, 2)),
        ("7 GB down 8 gb up 9h", None),
        ("7 GB down 8 gb up 9 h", Job(9, 7, 8)),
        ("0 h", None),
        ("", None),
        ("24", None),
        ("x h", None),
        ("nan h", None),
        ("inf in", None),
        ("-1 in", None),
        ("1e9 out", None),
    ],
)
def test_the_job_is_read_or_it_is_said_what_is_expected(text: str, job: Job | None) -> None:
    present = Job(12, 3, 4)
    if job is not None:
        assert read_job(text, present) == job
        assert read_job(job_text(job), present) == job
        return
    with pytest.raises(UsageError, match=r"^job: "):
        read_job(text, present)


@pytest.mark.parametrize("kept", [None, 3, [1], [1, 2, "3"], [True, 1, 1], [0, 1, 1], [-1, 0, 0], [1, 1, 1e12], {}])
def test_a_job_that_was_kept_badly_is_none(kept: Any) -> None:
    assert kept_job(kept) is None


def test_the_job_begins_as_the_preset_says() -> None:
    assert kept_job([2, 3, 4.5]) == Job(2, 3, 4.5)
    assert preset_job(Preset(hours=6, gb_in=30)) == Job(6, 30, 0)
    assert preset_job(None) == Job()


def test_cheap_and_dear_for_their_kind_are_marked() -> None:
    kinds = Prices(quartiles={"rtx 4090": Quartiles(0.2, 0.29, 0.3, 0.4, 20)})
    cheap, fair, dear = (offer(dph_base=base, dph_total=base) for base in (0.28, 0.35, 0.5))
    picture = pictured(prices=kinds)
    said = [text_of(marks(picture).price(row))[:1] for row in (cheap, fair, dear)]
    assert said == ["▾", "0", "▴"]
    assert text_of(marks(picture).price(Offer(id=1, gpu_name="RTX 4090"))) == ""


# What changed


def test_new_cheaper_and_dearer_with_the_old_price_where_there_is_room() -> None:
    ids = [offer(n).id for n in range(4)]
    picture = pictured(changes={ids[0]: Change(), ids[1]: Change(1.0), ids[2]: Change(0.1)})
    told = [text_of(marks(picture).change(offer(n), 7)) for n in range(4)]
    assert told == ["new", "↓1.000", "↑0.100", ""]
    assert [text_of(marks(picture).change(offer(n), 3)) for n in range(4)] == ["new", "↓", "↑", ""]
    plain = Marks(lambda: picture, Pricing(), ASCII)
    assert text_of(plain.change(offer(1), 3)) == "v"
    ranks = [marks(picture).change_rank(offer(n)) for n in range(4)]
    assert ranks[0] == 0
    assert 0 < (ranks[1] or 0) < 1 < (ranks[2] or 0)
    assert ranks[3] is None


def test_old_prices_are_told_on_the_basis_of_the_new_ones() -> None:
    picture = pictured(changes={offer(1).id: Change(1.0)})
    assert text_of(marks(picture, Pricing(Basis.GPU)).change(offer(1), 7)) == "↓0.500"
    assert text_of(marks(picture, Pricing(Basis.JOB)).change(offer(1), 7)) == "↓"


def test_changes_are_counted() -> None:
    ids = [offer(n).id for n in range(3)]
    changes = {ids[0]: Change(), ids[1]: Change(1.0), ids[2]: Change(0.1), 77: Change()}
    found = replace(market(6), changes=changes, gone=(offer(50), offer(51)))
    assert changes_text(found) == "1 new, 1 cheaper, 1 dearer, 2 gone"
    assert changes_text(market(6)) == ""


# Groups


def slices(*rows: tuple[int, int | None, int, float | None]) -> list[Offer]:
    return [
        Offer(id=number, machine_id=machine, num_gpus=gpus, dph_total=price) for number, machine, gpus, price in rows
    ]


def test_a_machine_is_shown_by_its_cheapest_slice_per_gpu() -> None:
    rows, others = grouped(
        slices((1, 7, 1, 0.5), (2, 7, 4, 1.2), (3, 8, 1, None), (4, 8, 2, 9.0), (5, None, 1, 1.0), (6, None, 1, 1.0)),
        Pricing().reader(),
    )
    assert [row.id for row in rows] == [2, 4, 5, 6]
    assert others == {2: 1, 4: 1}


@given(st.lists(st.tuples(st.integers(1, 4) | st.none(), st.sampled_from([1, 2]), st.sampled_from([None, 0.1, 0.2]))))
def test_grouping_loses_no_machine_counts_all_and_does_not_depend_on_the_order(drawn: list[Any]) -> None:
    offers = slices(*((i + 1, *row) for i, row in enumerate(drawn)))
    rows, others = grouped(offers, Pricing().reader())
    assert len(rows) + sum(others.values()) == len(offers)
    assert {row.machine_id for row in rows} == {row.machine_id for row in offers}
    again, same = grouped(offers[::-1], Pricing().reader())
    assert ({row.id for row in again}, same) == ({row.id for row in rows}, others)


# Side by side


def test_the_best_of_a_row_is_marked_when_there_is_one() -> None:
    pair = [offer(0, inet_down=100.0), offer(0, inet_down=900.0, id=2, static_ip=None)]
    rows = {row.name: row for row in compare_rows(pair, [Above("price", Pricing().text, Pricing().of)])}
    assert rows["DOWN Mbps"].best == {1}
    assert rows["price"].same
    assert rows["$/h"].best == frozenset(), "equal values have no best one"
    assert "STATIC IP" not in rows, "what nobody tells is no row"
    cheaper = compare_rows([offer(0), offer(3, id=2)])
    assert next(row for row in cheaper if row.name == "$/h").best == {0}
    priced = compare_rows([offer(3), offer(0, id=2)], [Above("price", Pricing().text, Pricing().of)])
    assert priced[0].best == {1}
    unknown = compare_rows([offer(0, inet_down=None), offer(0, inet_down=5.0)])
    assert next(row for row in unknown if row.name == "DOWN Mbps").best == frozenset(), "unknown is not worse"


def test_a_hostile_name_does_not_widen_its_column_without_end() -> None:
    pair = [offer(0, cpu_name="x" * 500), offer(1)]
    rows = compare_rows(pair)
    assert all(column.width <= 30 for column in compare_columns(pair, rows, UNICODE))
    assert len({row.name for row in rows}) == len(rows)
    assert all(cells(row.name) <= 22 for row in rows)


def test_the_age_of_the_data_is_the_last_to_leave_a_narrow_edge() -> None:
    parts = ("$ for 24 h", "", "2 new", "sorted by $/h", "fresh 4s")
    assert fitting(parts, 80) == "$ for 24 h   2 new   sorted by $/h   fresh 4s"
    assert fitting(parts, 30) == "sorted by $/h   fresh 4s"
    assert fitting(parts, 3) == "fresh 4s"
