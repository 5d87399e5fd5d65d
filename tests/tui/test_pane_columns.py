"""What stands in the cells of the panes: figures whole or absent, states in words, ages."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.tui.pictures import NOW, box, instance, offer, snapshot, stopped
from vasttui.errors import Unreachable
from vasttui.instances.phases import Phase
from vasttui.instances.verdicts import Kind, Verdict
from vasttui.jobs.progress import Progress
from vasttui.jobs.signs import Sign
from vasttui.offers.filter import LiveFilter, compile_filter
from vasttui.snapshot import Event, Level, Part, Search, Unconfirmed
from vasttui.tui.format import cells
from vasttui.tui.glyphs import ASCII, UNICODE
from vasttui.tui.panes import box_columns
from vasttui.tui.panes import cost as cost_pane
from vasttui.tui.panes.cost import cost_lines, total
from vasttui.tui.panes.events import event_rows, loud_text
from vasttui.tui.panes.health import freshness
from vasttui.tui.panes.instance_detail import box_lines
from vasttui.tui.panes.instances import edge_text, read_price
from vasttui.tui.panes.jobs import boxes as job_boxes_of
from vasttui.tui.panes.jobs import columns as job_columns
from vasttui.tui.panes.offer_detail import Known, offer_lines
from vasttui.tui.panes.offers.columns import offer_columns
from vasttui.tui.panes.offers.pane import read_filter
from vasttui.tui.panes.offers.pricing import Basis, Pricing
from vasttui.tui.panes.places import long_place, short_place
from vasttui.tui.panes.sheet import Line, whole_parts
from vasttui.tui.widgets.table_layout import Layout, arranged
from vasttui.tui.widgets.table_model import place


def words(lines: Sequence[Line]) -> str:
    """All text of a sheet's lines."""
    return "\n".join("   ".join("".join(text for text, _ in part) for part in line if part) for line in lines)


def text_of(content: Any) -> str:
    return content if isinstance(content, str) else "".join(text for text, _ in content)


# Offers


@pytest.mark.parametrize(
    ("given", "short", "long"),
    [
        (None, "", ""),
        ("Norway", "Norway", "Norway"),
        (", US", "US", "US"),
        ("Utah, US", "US/UT", "Utah, US"),
        ("Ontario, CA", "CA", "Ontario, CA"),
        ("Taiwan, TW", "TW", "Taiwan, TW"),
        ("District of Columbia, US", "US/DC", "District of Columbia, US"),
    ],
)
def test_places_in_all_forms_that_offers_have(given: str | None, short: str, long: str) -> None:
    assert (short_place(given), long_place(given)) == (short, long)


def test_an_offer_of_which_nothing_is_known_has_blank_cells_and_no_zero() -> None:
    bare = type(offer())(id=1)
    for column in arranged(offer_columns(), Layout()):
        assert text_of(column.content(bare, column.width)) == ("?" if column.key == "gpu" else "")
        assert column.sort_key is None or column.sort_key(bare) is None
    assert "0" not in words(offer_lines(bare, Search(), Known())[1:])


@pytest.mark.parametrize(
    ("basis", "price"),
    [(Basis.HOUR, 0.6), (Basis.GPU, 0.3), (Basis.VRAM, 0.0125), (Basis.DLPERF, 0.3)],
)
def test_price_bases(basis: Basis, price: float) -> None:
    row = offer(num_gpus=2, gpu_total_ram=48 * 1024, dph_total=0.6, dlperf=200.0)
    assert Pricing(basis).of(row) == pytest.approx(price)


def test_bids_show_the_least_bid_and_never_the_price_on_demand() -> None:
    assert Pricing(bid=True).of(offer(min_bid=0.1)) == 0.1
    assert Pricing(bid=True).of(offer(min_bid=None)) is None
    assert Pricing(bid=True).of(offer(min_bid=-1.0)) is None
    assert (Pricing(bid=True).title, Pricing().title) == ("BID $/h", "$/h")


@pytest.mark.parametrize("width", [26, 40, 75, 76, 115])
def test_narrow_tables_keep_gpu_and_price_and_drop_columns_whole(width: int) -> None:
    placed = place(arranged(offer_columns(), Layout()), width)
    assert {"gpu", "price"} <= {p.column.key for p in placed}
    assert all(p.width >= p.column.width for p in placed)


def test_the_detail_tells_price_with_disk_and_ends_in() -> None:
    said = words(offer_lines(offer(), Search(storage_gb=64), Known(stand="block", note="slow disk", now=NOW)))
    for piece in (
        "RTX 4090 ×1",
        "host 51000",
        "$0.293/h",
        "64 GB disk 0.013",
        "$7.04/day",
        "24d",
        "blocked",
        "slow disk",
    ):
        assert piece in said


def test_a_clause_that_is_not_whole_does_not_empty_the_table() -> None:
    before = compile_filter("5090")
    wanted, wrong = read_filter("4090 dph<", before)
    assert wanted == compile_filter("4090")
    assert wrong.startswith("character ")
    assert "no value after '<'" in wrong
    assert read_filter("nosuch=1 dph<", before)[0] is before
    assert read_filter("", before) == (LiveFilter(), "")


# Instances

IDLE = Verdict(Kind.IDLE, "GPU at 0 % for 41m")
IDLING = box(row=instance(gpu_util=0.0), verdicts=(IDLE,), idle_since=NOW - 2460)
ZOMBIE = Verdict(Kind.ZOMBIE, "its disk costs $0.32 a day until it is destroyed")


@pytest.mark.parametrize(
    ("given", "wide", "narrow"),
    [
        (box(), "working       3h 34m", "working 3h 34m"),
        (box(seen_start=False), "working      ≥3h 34m", "working ≥3h"),
        (box(phase=Phase.PULLING, phase_since=NOW - 131), "pulling       2m 11s", "pulling 2m 11s"),
        (box(phase=Phase.CONNECTING, phase_since=NOW - 131), "connecting    2m 11s", "connecting 2m"),
        (IDLING, "idle             41m ⚠", "idle 41m ⚠"),
        (replace(stopped(), verdicts=(ZOMBIE,)), "stopped, bills disk", "stopped, bills"),
        (box(command="destroying"), "destroying    3h 34m", "destroying 3h"),
    ],
)
def test_phases_in_words_with_their_timer(given: Any, wide: str, narrow: str) -> None:
    row = box_columns.BoxRow(given.id, box=given)
    assert text_of(box_columns.phase_content(row, 24, NOW, UNICODE)) == wide
    assert text_of(box_columns.phase_content(row, 14, NOW, UNICODE)) == narrow


@given(
    phase=st.sampled_from(Phase),
    seconds=st.floats(0, 1e8),
    width=st.integers(14, 30),
    seen=st.booleans(),
    verdicts=st.sampled_from([(), (IDLE,), (ZOMBIE,), (Verdict(Kind.LONG, "no SSH for 4m"),)]),
)
def test_no_phase_is_wider_than_its_cell(phase: Phase, seconds: float, width: int, seen: bool, verdicts: Any) -> None:
    given = box(phase=phase, phase_since=NOW - seconds, seen_start=seen, verdicts=verdicts)
    for glyphs in (UNICODE, ASCII):
        content = box_columns.phase_content(box_columns.BoxRow(1, box=given), width, NOW, glyphs)
        assert cells(text_of(content)) <= width


def test_stale_utilisation_of_a_stopped_box_is_not_shown() -> None:
    row = stopped()
    assert row.instance.gpu_util == 97.0
    assert box_columns.util_content(row, 9, UNICODE) == ""
    assert "97%" not in words(box_lines(row, NOW))


def test_unconfirmed_rentals_stand_on_top_with_their_age() -> None:
    rows = box_columns.box_rows([box()], [Unconfirmed("upscale-09", 9, NOW - 12, "answer lost")])
    assert [row.box is None for row in rows] == [True, False]
    assert text_of(box_columns.phase_content(rows[0], 24, NOW, UNICODE)).split() == ["unconfirmed", "12s"]


def test_a_rental_that_is_on_its_way_is_not_called_unconfirmed() -> None:
    sent = Unconfirmed("upscale-09~abcdefgh", 9, NOW - 12, "renting")
    (row,) = box_columns.box_rows([], [sent], frozenset({sent.label}))
    assert text_of(box_columns.phase_content(row, 24, NOW, UNICODE)).split() == ["renting", "12s"]
    assert box_columns.row_text(row) == "upscale-09 renting"
    assert box_columns.filter_rows([row], "renting") == [row]


def test_instances_are_filtered_by_words_and_their_absence() -> None:
    rows = box_columns.box_rows([box(1), box(2, row=instance(2, label="notebook")), stopped()])
    assert [r.box.label for r in box_columns.filter_rows(rows, "4090 !notebook !stopped") if r.box] == ["upscale-01"]


def test_details_say_why_there_is_no_ssh_and_leave_unknown_out() -> None:
    bare = type(instance())(id=5)
    said = words(box_lines(box(row=bare, ssh_ms=None, spent=None, hourly=None, gpu_history=()), NOW, "no address yet"))
    assert "no address yet" in said
    assert "unknown" in said
    assert "$0" not in said
    ready = words(box_lines(box(), NOW, ["ssh", "-p", "41022", "-o", "X=y", "-i", "k", "root@203.0.113.8"]))
    assert "ssh -p 41022 root@203.0.113.8" in ready
    assert "ready 38 ms" in ready


@pytest.mark.parametrize(("typed", "price"), [("0.35", 0.35), (" $1 ", 1.0)])
def test_a_bid_is_read(typed: str, price: float) -> None:
    assert read_price(typed) == price


@pytest.mark.parametrize("typed", ["", "x", "-1", "0", "nan", "inf", "5000"])
def test_a_bid_that_is_none_is_refused(typed: str) -> None:
    with pytest.raises(Exception, match=r"price in \$/h"):
        read_price(typed)


def test_trouble_is_told_with_the_age_of_what_is_shown() -> None:
    part: Part[Any] = Part((), at=NOW - 34, error=Unreachable("no answer"), failures=2, next_try=NOW + 6)
    assert freshness(part, NOW) == "stale 34s, next try 6s"
    assert "stale 34s" in edge_text(snapshot(boxes=part), "", NOW)
    assert freshness(Part(error=Unreachable("x")), NOW) == "vast.ai unreachable, trying"


# Jobs


def bar(fraction: float | None = 0.83, **fields: Any) -> Progress:
    known: dict[str, Any] = {
        "done": 2391.0, "total": 2880.0, "unit": "it", "rate": 3.14, "eta": 156.0, "phase": "upscale", "metrics": (),
        "seen_at": NOW - 3,
    }  # fmt: skip
    return Progress(fraction, **(known | fields))


def sign(kind: Any = "failed") -> Sign:
    return Sign(kind, "out of GPU memory", "torch.OutOfMemoryError: CUDA out of memory", NOW - 200)


@pytest.mark.parametrize(
    ("fields", "width", "said"),
    [
        ({"progress": bar()}, 12, "upscale"),
        ({"progress": bar()}, 30, "upscale  2391/2880"),
        ({"progress": bar(seen_at=NOW - 300)}, 30, "upscale, no change for 5m"),
        ({"sign": sign()}, 40, "looks failed: out of GPU memory, 3m ago"),
        ({"sign": sign()}, 12, "looks failed"),
        ({"sign": sign("finished"), "progress": bar(1.0)}, 22, "looks finished 3m ago"),
        ({"sign": sign("serving")}, 30, "serves: out of GPU memory"),
        ({}, 30, "no progress in its log yet"),
        ({"phase": Phase.PULLING}, 12, "pulling"),
    ],
)
def test_what_a_job_does_in_words(fields: dict[str, Any], width: int, said: str) -> None:
    assert job_boxes_of.doing(box(**fields), width, NOW)[0] == said


@pytest.mark.parametrize(
    ("rate", "unit", "text"),
    [
        (3.14, "it", "3.1 it/s"),
        (0.1, "it", "10.0 s/it"),
        (None, "it", ""),
        (0.0, "it", ""),
        (2.0, "", "2.0 it/s"),
        (286.4, "frame", "286 frame/s"),
        (4e6, "bytes", "4.0M bytes/s"),
    ],
)
def test_rates(rate: float | None, unit: str, text: str) -> None:
    assert job_boxes_of.rate_text(bar(rate=rate, unit=unit)) == text
    assert len(text) <= job_boxes_of.RATE


def test_jobs_are_what_runs_comes_up_or_left_a_sign() -> None:
    boxes = [box(1), box(2, phase=Phase.CREATING), stopped(), replace(stopped(), sign=sign())]
    assert [b.sign is not None or b.phase is not Phase.STOPPED for b in job_boxes_of.job_boxes(boxes)] == [True] * 3
    assert job_boxes_of.summary([box(progress=bar()), replace(stopped(), sign=sign())]) == "look failed 1   ETA 2m 36s"


def test_rate_and_eta_end_with_the_job() -> None:
    assert job_boxes_of.moving(box(progress=bar()))
    assert not job_boxes_of.moving(box(progress=bar(), sign=sign("finished")))
    assert not job_boxes_of.moving(box(phase=Phase.STOPPED, progress=bar()))


# Cost, events


def test_sums_say_what_they_could_not_count() -> None:
    assert total([1.0, None, 0.5]) == (1.5, 1)
    assert total([None]) == (None, 1)
    assert total([]) == (0.0, 0)
    lines = words(cost_lines(snapshot(boxes=Part((box(), box(1, spent=None)), at=NOW))))
    assert "$1.04 and 1 unknown" in lines
    assert "credit" in words(cost_lines(snapshot(account=Part(), boxes=Part(), burn=None, runway=None)))


def test_equal_events_of_one_moment_stay_two_rows() -> None:
    twin = Event(NOW, Level.BAD, "stop failed", 7)
    rows = event_rows([twin, twin], {7: "train"})
    assert len({row.key for row in rows}) == 2
    assert {row.box for row in rows} == {"train"}
    assert event_rows([twin])[0].key == rows[0].key
    assert loud_text([twin, Event(NOW, Level.LOOK, "x")]) == "1 bad   1 to look at"


@given(st.lists(st.text("ab中é", min_size=1, max_size=12), min_size=1, max_size=6), st.integers(1, 60))
def test_parts_of_a_line_are_whole_or_absent(texts: list[str], width: int) -> None:
    line = tuple(((text, "text"),) for text in texts)
    kept = [text for text, _ in whole_parts(line, width) if text != "   "]
    assert kept[:1] == texts[:1]
    assert all(text in texts for text in kept)


def test_every_column_of_every_table_says_what_it_means() -> None:
    tables = (
        (box_columns.box_columns(UNICODE, lambda: NOW, leases=True), box_columns.MEANINGS),
        (job_columns.job_columns(UNICODE, lambda: NOW, jobs=True), job_columns.MEANINGS),
        (cost_pane.cost_columns(UNICODE, None), cost_pane.MEANINGS),
    )
    for columns, meanings in tables:
        assert {column.key for column in columns} == set(meanings)
