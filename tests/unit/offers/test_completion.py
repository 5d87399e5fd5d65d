"""What is offered at the cursor of a query."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vasttui.api.models import Offer
from vasttui.errors import QueryError
from vasttui.offers.completion import complete, values_of
from vasttui.offers.fields import CATALOGUE
from vasttui.offers.matching import row_test
from vasttui.offers.query import parse

ROWS = (
    Offer(id=1, gpu_name="RTX 4090", geolocation="Sweden, SE", num_gpus=2, cpu_arch="amd64", cpu_name="EPYC 7742"),
    Offer(id=2, gpu_name="RTX 4090", geolocation="Utah, US", num_gpus=10, cpu_arch="arm64", cpu_name='Odd "7", one'),
    Offer(id=3, gpu_name="H100_SXM", geolocation="Sweden, SE", num_gpus=1),
    Offer(id=4, gpu_name="RTX_4090"),
)
SEEN = values_of(ROWS)


@pytest.mark.parametrize(
    ("text", "begin"),
    [
        ("|", "gpu_name num_gpus"),
        ("gpu_r|", "gpu_ram"),
        ("vram|", "gpu_ram"),
        ("price|", "dph"),
        ("dph|", "dph dph_total"),
        ("ram|", "cpu_ram gpu_ram"),
        ("gnm|", "gpu_name"),
        ("num_gpus=1 dat|", "datacenter"),
        ("dph<1 4090 !sweden relia|", "reliability"),
        ("gpu_|ram>=24", "gpu_name"),
        ("gpu_ram |", ">= <= = > < != in notin"),
        ("geolocation |", "in = notin !="),
        ("geolocation not|", "notin"),
        ("verified |", "= !="),
        ("gpu_ram!|", "!="),
        ("gpu_name=|", "RTX_4090 H100_SXM"),
        ("gpu_name=rtx 4|", ""),
        ("gpu_name=40|", "RTX_4090"),
        ("gpu_name = h100-s|", "H100_SXM"),
        ('gpu_name="rtx 409|', "RTX 4090"),
        ('gpu_name in [RTX_4090,"h100 s|', "H100 SXM"),
        ("gpu_name in [RTX_4090, h|]", "H100_SXM"),
        ("gpu_name=RTX_5090|", "RTX_5090"),
        ("geolocation=|", "SE US"),
        ("geolocation in US,s|", "SE"),
        ("geolocation=swe|", "SE"),
        ("geolocation=germ|", "DE"),
        ("region=|", "AF AS EU"),
        ("region=eur|", "Europe"),
        ("region in [EU,north|", "North_America"),
        ("verified=|", "true false any"),
        ("datacenter=t|", "true"),
        ("cpu_arch=|", "amd64 arm64"),
        ("num_gpus=|", "1 2 10 any"),
        ("cpu_name=e|", "EPYC_7742"),
        ("gpu_name=RTX_4090 |", "gpu_name"),
        ("nonsense=|", ""),
        ("geolocation in [SE]|", ""),
        ("; |", "gpu_name"),
        (";|", ""),
    ],
)
def test_what_comes_first(text: str, begin: str) -> None:
    cursor = text.index("|")
    found = complete(text.replace("|", ""), cursor, SEEN)
    shown = " | ".join(candidate.text.strip() for candidate in found.candidates)
    wanted = begin if '"' in text else begin.replace(" ", " | ")
    assert shown.startswith(wanted)
    assert begin or not shown


@pytest.mark.parametrize(
    ("text", "after"),
    [
        ("gpu_n|", "gpu_name|"),
        ("gpu_|ram>=24", "gpu_name|>=24"),
        ("gpu_name=RTX_40|", "gpu_name=RTX_4090|"),
        ('gpu_name="RTX 40|" dph<1', 'gpu_name="RTX 4090|" dph<1'),
        ("geolocation in [US,s|w] dph<1", "geolocation in [US,SE|] dph<1"),
        ("geolocation in [U|S,SE] dph<1", "geolocation in [US|,SE] dph<1"),
        ("dph<1 relia|", "dph<1 reliability|"),
        ("geolocation no|", "geolocation notin |"),
    ],
)
def test_the_first_one_takes_the_place_of_what_was_typed(text: str, after: str) -> None:
    plain = text.replace("|", "")
    found = complete(plain, text.index("|"), SEEN)
    changed, cursor = found.apply(plain, found.candidates[0])
    assert changed[:cursor] + "|" + changed[cursor:] == after


def test_fields_bring_their_help_and_values_their_number() -> None:
    (field, *_) = complete("gpu_ra", 6).candidates
    assert field.kind == "field"
    assert field.help == CATALOGUE["gpu_ram"].help
    (value, *_) = complete("geolocation=", 12, SEEN).candidates
    assert (value.text, value.help) == ("SE", "Sweden, 2 offers here")
    (value, *_) = complete("gpu_name=", 9, SEEN).candidates
    assert (value.text, value.help) == ("RTX_4090", "3 offers here")


def test_a_filter_of_rows_knows_every_field_and_a_search_those_that_are_asked() -> None:
    asked = {candidate.text for candidate in complete("", 0).candidates}
    every = {candidate.text for candidate in complete("", 0, every=True).candidates}
    assert {"gpu_name", "dph", "region", "ask_contract_id"} <= asked
    assert every - asked >= {"score", "cpu_name"}


def test_a_value_that_the_grammar_cannot_hold_is_not_offered() -> None:
    texts = [candidate.text for candidate in complete("cpu_name=", 9, SEEN).candidates]
    assert texts == ["EPYC_7742", "any"]


@given(st.text('abdph_gpu name=<>![]",.40', max_size=25), st.integers(0, 25))
def test_any_text_has_completions_that_replace_the_cursor_s_surroundings(text: str, cursor: int) -> None:
    cursor = min(cursor, len(text))
    found = complete(text, cursor, SEEN)
    assert 0 <= found.start <= cursor <= found.end <= len(text)


@given(
    st.sampled_from([name for name, field in CATALOGUE.items() if field.kind in ("text", "place", "flag")]),
    st.sampled_from(["=", " in "]),
)
def test_what_is_offered_makes_a_query_that_the_rows_know(name: str, op: str) -> None:
    text = f"{name}{op}"
    for candidate in complete(text, len(text), SEEN).candidates:
        if candidate.help.endswith("here"):
            query = parse(text + candidate.text)
            assert any(row_test(clause)(row) for clause in query.clauses for row in ROWS)
        else:
            try:
                parse(text + candidate.text)
            except QueryError as error:
                pytest.fail(error.message)
