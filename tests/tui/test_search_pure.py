"""What is asked, without a screen: keys that change a search, chips, the empty market, kept searches, the form."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.tui.pictures import NOW, market, snapshot
from vasttui.config import Config, Preset
from vasttui.errors import QueryError, UsageError
from vasttui.offers.completion import Values
from vasttui.offers.hosts import HostCut
from vasttui.offers.query import parse, parse_strictly
from vasttui.offers.relax import Condition, Relaxation
from vasttui.snapshot import Market, Part, Search, WatchedSearch
from vasttui.tui.dialogs.query_fields import FieldError, form_of, search_of, unknown_models
from vasttui.tui.format import cells
from vasttui.tui.glyphs import ASCII, UNICODE
from vasttui.tui.panes.offers.asking import (
    all_here,
    first_rows_text,
    next_preset,
    next_trust,
    next_type,
    read_storage,
    read_watch,
    trust,
    wider,
)
from vasttui.tui.panes.offers.chips import Chip, chips, laid_out, told, without_chip
from vasttui.tui.panes.offers.nothing import nothing_text
from vasttui.tui.panes.offers.saved import (
    MOST_QUERIES,
    history,
    named_searches,
    read_name,
    saved,
    with_query,
    with_saved,
    without_query,
    without_saved,
)
from vasttui.tui.widgets.query_marks import explanation, fault_of, is_unfinished, marked, offered

QUERIES = st.sampled_from(
    (
        "",
        "gpu_ram>=24 dph<2",
        'gpu_name in ["RTX 4090",A100_SXM4] verified=any',
        "geolocation in [SE,NO] num_gpus>=2 rentable=any",
        "datacenter=true reliability>=98% external=true",
        "gpu_name=RTX_4090 dph_total<=0.5 dph<0.4 disk_space>=100GB cpu_arch=amd64",
    )
)
JUNK = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=9),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=9), inner, max_size=4),
    max_leaves=9,
)


# Single keys


def test_type_goes_round() -> None:
    search, seen = Search(), []
    for _ in range(3):
        search = next_type(search)
        seen.append(search.type)
    assert seen == ["bid", "reserved", "on-demand"]


def test_trust_goes_round_and_leaves_the_rest_of_the_query() -> None:
    search = Search(text='gpu_name in ["RTX 4090",A100] dph<2')
    seen = []
    for _ in range(3):
        search = next_trust(search)
        seen.append((trust(search.text), search.text.startswith("gpu_name in")))
    assert seen == [("any", True), ("datacenter", True), ("verified", True)]


def test_presets_go_round(configured: Callable[..., Config]) -> None:
    config = configured(presets={"a": Preset(name="a", query="num_gpus=2"), "b": Preset(name="b", type="bid")})
    first = next_preset(Search(), config)
    assert first is not None
    assert (first.preset, "num_gpus=2" in first.text) == ("a", True)
    second = next_preset(first, config)
    assert second is not None
    assert (second.preset, second.type) == ("b", "bid")
    assert next_preset(Search(), configured()) is None


def test_more_is_asked_only_where_there_is_more() -> None:
    here = market(80, blocked=[51_003])
    assert wider(here.search, here) is None
    assert all_here(here) == "All 80 offers of this search are here."
    assert wider(here.search, None) is None
    cut_off = replace(here, more=True)
    first = wider(here.search, cut_off)
    assert first is not None
    assert first.limit == 128
    assert wider(first, cut_off) == replace(first, limit=256)


def test_a_cut_off_answer_says_that_there_may_be_cheaper_ones() -> None:
    whole = market()
    assert first_rows_text(None, "m") == first_rows_text(whole, "m") == ""
    cut_off = replace(whole, more=True, search=replace(whole.search, order="score-"))
    rows = len(whole.offers)
    assert first_rows_text(cut_off, "m") == f"the first {rows} by score: m fetches more"
    unlike = replace(cut_off, unmatched=3, skipped=1)
    assert first_rows_text(unlike, "m") == f"the first {rows + 4} by score: m fetches more", "they were fetched too"
    cut_off = replace(cut_off, search=replace(whole.search, order="dph,score-"))
    assert "by dph total" in first_rows_text(cut_off, "f9")


@pytest.mark.parametrize(("typed", "size"), [("100", 100), (" 64 GB", 64), ("1TB", 1000), ("0", 0)])
def test_storage_as_people_write_it(typed: str, size: float) -> None:
    assert read_storage(typed) == size


@pytest.mark.parametrize(("typed", "price"), [("0.3", 0.3), ("$0.25/h", 0.25), ("", None), ("0", None)])
def test_a_watch_as_people_write_it(typed: str, price: float | None) -> None:
    assert read_watch(typed) == price


@pytest.mark.parametrize("typed", ["x", "-1", "nan", "inf", "1e9", "1 2"])
def test_what_is_no_size_and_no_price_is_said(typed: str) -> None:
    for read in (read_storage, read_watch):
        with pytest.raises(UsageError, match="is no"):
            read(typed)


# Chips


def texts(search: Search) -> list[str]:
    return [chip.text for chip in chips(search)]


def test_chips_show_what_is_really_asked() -> None:
    assert texts(Search(text="gpu_ram>=24 dph<2")) == [
        "gpu_ram>=24", "dph<2", "on-demand", "storage 64 GB", "verified", "not external", "rentable",
    ]  # fmt: skip
    assert "verified" not in texts(Search(text="verified=any"))
    special = Search(text="", type="bid", preset="cheap", order="dph_total", limit=128)
    watched = WatchedSearch("x", replace(special, order="score-", limit=None), 0.25)
    assert [chip.text for chip in chips(special, [watched])][:6] == [
        "interruptible (bid)", "watched below $0.250/h", "preset cheap", "storage 64 GB", "by dph_total", "up to 128",
    ]  # fmt: skip


def test_a_hidden_default_has_a_mark_in_ascii_too() -> None:
    chip = chips(Search())[-1]
    assert (chip.kind, chip.pieces(UNICODE)[1][0], chip.pieces(ASCII)[1][0]) == ("hidden", " ×", " x")


@given(QUERIES, st.data())
def test_each_chip_that_can_go_takes_just_itself_along(text: str, data: Any) -> None:
    search = Search(text=text, type="bid", preset="a", order="dph_total", limit=128)
    chip = data.draw(st.sampled_from(chips(search)))
    after = without_chip(search, chip)
    assert (after == search) == (not chip.removable)
    if chip.term is not None:
        assert replace(after, text="") == replace(search, text="")
        assert in_force(after.text, chip.term.field) == in_force(search.text, chip.term.field)
        fewer = [c for c in chips(search) if (c.kind, c.text) == (chip.kind, chip.text)]
        assert len([c for c in chips(after) if (c.kind, c.text) == (chip.kind, chip.text)]) == len(fewer) - 1


def in_force(text: str, but: str) -> list[tuple[str, str, object]]:
    return [(c.field, c.op, c.value) for c in parse(text).in_force() if c.field != but]


@given(st.lists(st.integers(1, 40), max_size=14), st.integers(20, 120), st.integers(1, 4))
def test_no_chip_is_cut_and_what_is_left_out_is_counted(widths: list[int], width: int, lines: int) -> None:
    rows = laid_out(widths, width, lines)
    shown = [place for row in rows for place in row]
    assert shown == list(range(len(shown)))
    assert 1 <= len(rows) <= lines
    for row in rows:
        used = sum(widths[place] for place in row) + 2 * (len(row) - 1)
        assert used <= width or len(row) == 1, "a chip that is wider than the line stands alone"
    rest = len(widths) - len(shown)
    if rest and len(rows[-1]) > 1:
        assert sum(widths[place] for place in rows[-1]) + 2 * len(rows[-1]) + len(f"+{rest}") <= width


def test_a_long_list_names_its_first_values_whole() -> None:
    chip = Chip("clause", "gpu_name in [RTX_4090,RTX_5090,A100_SXM4,H100_SXM,L40S]")
    assert chip.shortened(48).text == "gpu_name in [RTX_4090,RTX_5090,A100_SXM4,+2]"
    assert chip.shortened(5).text == "gpu_name in [RTX_4090,+4]"
    assert chip.shortened(80) is chip


def test_the_bar_tells_what_was_cut_or_awaited() -> None:
    picture = snapshot(market=Part(replace(market(80, blocked=[51_003]), unmatched=3), at=NOW))
    whole, shorter, short = (" ".join(t for part in parts for t, _ in part) for parts in told(picture, None))
    assert whole == "cut: 2 blocked, 3 not as asked hosts 2 allowed 1 blocked"
    assert shorter == "cut: 2 blocked, 3 not as asked"
    assert short == "5 cut"
    assert told(picture, Search(text="num_gpus=8")) == (((("asking", "busy"),),),)
    assert told(snapshot(market=Part()), None) == (((("asking Vast.ai", "busy"),),),)


# Nothing found


def nothing(relaxation: Relaxation | None) -> str:
    found = Market(Search(text="gpu_ram>=80 dph<0.1"), HostCut(), relaxation=relaxation)
    return nothing_text(snapshot(market=Part(found, at=NOW)), showing_cut=False, filtered=False)


def test_nothing_found_says_which_condition_to_relax_and_how() -> None:
    said = nothing(
        Relaxation(
            300,
            (
                Condition("dph<0.1", "dph_total", hidden=False, cuts=290, alone=42, nearest="0.113"),
                Condition("gpu_ram>=80", "gpu_ram", hidden=False, cuts=200, alone=7, nearest="48"),
                Condition("verified=true", "verified", hidden=True, cuts=90, alone=1),
                Condition("disk_space>=1", "disk_space", hidden=False, cuts=1, alone=0),
            ),
        )
    )
    assert "Of 300 offers without them:" in said
    assert "dph<0.1 alone hides 42 offers; the cheapest costs $0.113/h." in said
    assert "gpu_ram>=80 alone hides 7 offers; the nearest has 48 GB." in said
    assert "verified=true (a default) alone hides 1 offer.  `v` asks for any machine." in said
    assert "disk_space" not in said
    assert "`x`" in said


def test_nothing_found_by_two_conditions_together() -> None:
    both = (Condition("dph<0.1", "dph_total", False, 290, 0, "0.113"), Condition("num_gpus=8", "num_gpus", False, 9, 0))
    said = nothing(Relaxation(300, both))
    assert "dph<0.1 cuts 290 of them; the cheapest costs $0.113/h." in said
    assert "At least two conditions must give way." in said


@pytest.mark.parametrize("relaxation", [None, Relaxation(0), Relaxation(3, (Condition("a=1", "a", False, 0, 0),))])
def test_nothing_found_and_nothing_known(relaxation: Relaxation | None) -> None:
    assert nothing(relaxation).startswith("No machine on the market is like this.")


def test_a_hostile_condition_is_no_key_and_no_escape() -> None:
    said = nothing(Relaxation(3, (Condition("a=`rm`\x1b[31m", "a", False, 3, 3, "`x`\x07"),)))
    line = next(line for line in said.splitlines() if "alone hides" in line)
    assert "`" not in line
    assert line.isprintable()


# Kept searches


@given(JUNK)
def test_whatever_was_kept_can_be_read(kept: Any) -> None:
    assert all(search.type in ("on-demand", "bid", "reserved") for search in saved(kept).values())
    assert all(isinstance(text, str) for text in history(kept))


def test_a_saved_search_comes_back_whole_and_can_be_forgotten() -> None:
    search = Search("gpu_ram>=24", "bid", "cheap", "dph_total", 200.0, 128)
    kept = with_saved(with_saved(None, "mine", Search("dph<1")), "other", search)
    assert saved(kept) == {"mine": Search("dph<1"), "other": search}
    assert saved(without_saved(kept, "mine")) == {"other": search}
    assert saved({"bad": {"text": "dph<", "type": "bid", "order": ""}, "no": 3}) == {}


@given(st.lists(st.text("ab =", max_size=4)))
def test_the_history_keeps_each_query_once_the_last_at_the_end(texts: list[str]) -> None:
    kept: object = None
    for text in texts:
        kept = with_query(kept, text)
    wanted = [" ".join(text.split()) for text in texts if text.strip()]
    assert history(kept) == tuple(reversed(dict.fromkeys(reversed(wanted))))


def test_the_history_is_bounded() -> None:
    kept: object = None
    for number in range(MOST_QUERIES + 50):
        kept = with_query(kept, f"num_gpus={number}")
    assert len(history(kept)) == MOST_QUERIES
    assert history(kept)[-1] == f"num_gpus={MOST_QUERIES + 49}"
    assert without_query(kept, "num_gpus=60")[0] != "num_gpus=60"


def test_all_searches_in_one_list(configured: Callable[..., Config]) -> None:
    config = configured(
        searches={"big": "gpu_ram>=80"}, presets={"cheap": Preset(name="cheap"), "bad": Preset(name="bad", query="x")}
    )
    kept = with_saved(None, "mine", Search("dph<1", preset="gone"))
    found = list(named_searches(config, kept, ["num_gpus=1", "num_gpus=2"], Search("x=1", "bid", storage_gb=10)))
    assert [(one.kind, one.name, one.own) for one in found] == [
        ("saved", "mine", True),
        ("config", "big", False),
        ("preset", "cheap", False),
        ("earlier", "num_gpus=2", True),
        ("earlier", "num_gpus=1", True),
    ]
    assert found[0].search.preset is None
    assert found[1].search == Search("gpu_ram>=80", "bid", storage_gb=10)
    assert found[2].search.preset == "cheap"


@pytest.mark.parametrize("typed", ["", "  ", "x" * 61])
def test_a_name_has_some_length(typed: str) -> None:
    with pytest.raises(UsageError, match="name"):
        read_name(typed)
    assert read_name(" a\x1b[31m  b ") == "a b"


# What stands below the query


def line(text: str, width: int = 100) -> str:
    error = fault_of(text)
    assert error is not None
    return "".join(piece for piece, _ in marked(error, text, 0, width))


def test_the_mark_stands_under_the_mistake_and_names_the_way_out() -> None:
    assert line("num_gpus=1 gpu_rma>=24") == " " * 11 + "^^^^^^^ unknown field 'gpu_rma'; did you mean gpu_ram?"
    assert line("  gpu_rma>=24").startswith("  ^^^^^^^ unknown")
    assert fault_of("gpu_ram>=24") is None


def test_where_there_is_no_room_at_the_right_the_sentence_stands_at_the_left() -> None:
    said = line("num_gpus=1 gpu_name=RTX_4090 geolocation=SE disk_space>=10 gpu_rma>=24", 78)
    assert said.endswith(" ^^^^^^^")
    assert "did you mean gpu_ram?" in said


def test_a_long_sentence_takes_the_whole_line() -> None:
    said = line("gpu_ram>=24 geolocation in [SE] gpu_name=RTX 4090 dph<1", 76)
    assert said == 'a blank ends the value. Write gpu_name=RTX_4090 or gpu_name="RTX 4090"'


@given(st.text("gpu_ram>=24 []\"',xé\x1b日", max_size=40), st.integers(20, 90), st.integers(0, 30))
def test_the_line_below_fits_and_is_harmless(text: str, width: int, scrolled: int) -> None:
    error = fault_of(text)
    if error is not None:
        assert isinstance(error, QueryError)
        pieces = "".join(piece for piece, _ in marked(error, text, scrolled, width))
        assert cells(pieces) <= width
        assert pieces.isprintable()
        assert explanation(error)


@pytest.mark.parametrize(
    ("text", "unfinished"),
    [
        ("gpu_na", True),
        ("dph<", True),
        ("geolocation in ", True),
        ("gpu_rma>=24", False),
        ("gpu_rma>=24 dph<1", False),
    ],
)
def test_the_last_clause_is_not_shouted_at_while_it_is_typed(text: str, unfinished: bool) -> None:
    error = fault_of(text)
    assert error is not None
    assert is_unfinished(text, len(text), error) == unfinished
    assert not is_unfinished(text, 0, error)


def test_operators_are_offered_behind_a_field_that_is_whole() -> None:
    words = offered("gpu_ram", 7, Values(), beyond=True)
    assert {">=", "<=", "="} <= {one.text for one in words.candidates}
    assert parse_strictly(words.apply("gpu_ram", words.candidates[0])[0] + "24")
    listed = next(one for one in words.candidates if "notin" in one.text)
    assert words.apply("gpu_ram", listed) == ("gpu_ram notin ", 14)
    assert offered("gpu_ra", 6, Values(), beyond=False).candidates[0].text == "gpu_ram"


# The form


def test_the_form_shows_a_query_and_keeps_what_it_has_no_field_for() -> None:
    search = Search('gpu_name in ["RTX 4090",A100_SXM4] cpu_arch=amd64 num_gpus>=2 dph<0.5', "bid", order="dph_total")
    form = form_of(search)
    assert (form["models"], form["gpus"], form["price"]) == ("RTX 4090, A100 SXM4", "2+", "0.5")
    assert (form["type"], form["order"], form["machines"]) == ("bid", "cheapest", "verified")
    assert search_of(form, search) == search
    changed = search_of(form | {"models": "H100 SXM", "price": "0.4", "gpus": "1", "order": "best value"}, search)
    assert changed.text == "cpu_arch=amd64 dph<0.4 gpu_name=H100_SXM num_gpus=1"
    assert changed.order == "score-"


CLAUSES = st.builds(
    "{}{}{}".format,
    st.sampled_from(
        ("gpu_name", "num_gpus", "gpu_ram", "dph", "dph_total", "geolocation", "region", "verified", "cuda_vers")
    ),
    st.sampled_from(("=", ">=", "<", "!=", " in ", " notin ", "<=")),
    st.sampled_from(("24", "any", "EU", "[SE,NO]", '"RTX 4090"', "true", "[RTX_4090,A100_SXM4]", "1Gbps", "x")),
)


@given(st.lists(CLAUSES, max_size=5).map(" ".join))
def test_an_untouched_form_changes_nothing_and_chips_show_any_query(text: str) -> None:
    search = Search(text, order="min_bid")
    assert [chip for chip in chips(search) if chip.kind == "type"]
    try:
        form = form_of(search)
    except QueryError:
        return
    assert search_of(form, search) == search


@given(st.text("gpu_ram>=24 []\"',!\x1bé", max_size=30))
def test_whatever_is_asked_can_be_drawn(text: str) -> None:
    for chip in chips(Search(text)):
        assert all(piece.isprintable() for piece, _ in chip.shortened(48).pieces(ASCII))


@given(st.sampled_from(sorted(form_of(Search()))), st.text(max_size=12), QUERIES)
def test_any_text_in_a_field_is_a_search_or_a_named_mistake(field: str, typed: str, text: str) -> None:
    search = Search(text)
    try:
        made = search_of(form_of(search) | {field: typed}, search)
    except FieldError as error:
        wrong = error.field
    else:
        wrong = field
        parse_strictly(made.text)
    assert wrong == field


@pytest.mark.parametrize(
    ("field", "typed", "clause"),
    [
        ("models", "4090", "gpu_name=RTX_4090"),
        ("models", "rtx 4090, rtx_5090", "gpu_name in [RTX_4090,RTX_5090]"),
        ("gpus", "2+", "num_gpus>=2"),
        ("vram", "24", "gpu_ram>=24"),
        ("price", "0.5", "dph_total<=0.5"),
        ("reliability", "98%", "reliability>=98%"),
        ("countries", "Sweden, no", "geolocation in [SE,NO]"),
        ("regions", "Europe", "region=EU"),
        ("disk", "1TB", "disk_space>=1TB"),
        ("down", "1Gbps", "inet_down>=1Gbps"),
        ("cuda", "12.4", "cuda_max_good>=12.4"),
        ("ports", "3", "direct_port_count>=3"),
        ("machines", "any", "verified=any"),
        ("machines", "datacenter", "datacenter=true"),
    ],
)
def test_each_field_makes_its_clause_and_takes_it_away(field: str, typed: str, clause: str) -> None:
    search = Search("cpu_arch=amd64")
    made = search_of(form_of(search) | {field: typed}, search)
    assert made.text == f"cpu_arch=amd64 {clause}"
    empty = "verified" if field == "machines" else ""
    assert search_of(form_of(made) | {field: empty}, made).text == "cpu_arch=amd64"


@pytest.mark.parametrize(
    ("field", "typed", "said"),
    [
        ("price", "cheap", "most $/h: "),
        ("vram", "24 verified=any", "VRAM, GB: "),
        ("vram", "24days", "VRAM, GB: "),
        ("gpus", "+", "GPUs: "),
        ("countries", "Swden", "countries: 'Swden' is no country"),
        ("countries", "EU", "a region has a field of its own"),
        ("regions", "Mars", "regions: 'Mars' is no region"),
        ("storage", "much", "storage, GB: 'much' is no size"),
        ("models", ",", "GPU models: "),
    ],
)
def test_a_wrong_field_is_named(field: str, typed: str, said: str) -> None:
    with pytest.raises(FieldError) as caught:
        search_of(form_of(Search()) | {field: typed}, Search())
    assert caught.value.field == field
    assert said in caught.value.message


def test_a_model_that_nobody_has_seen_is_remarked() -> None:
    search = Search('gpu_name in ["RTX 4090",rtx3]')
    assert unknown_models(search, ["RTX 4090"]) == ["rtx3"]
    assert unknown_models(Search("gpu_name=any"), []) == []
