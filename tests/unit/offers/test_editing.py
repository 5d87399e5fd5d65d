"""Terms of a query: taken out and put in, the rest as it was written."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vasttui.errors import QueryError
from vasttui.offers.editing import terms, with_clause, without_term
from vasttui.offers.fields import ALIASES
from vasttui.offers.query import parse

TEXT = '  gpu_name="RTX 4090"   dph<0.5  num_gpus=1 num_gpus=2\tgeolocation not in [CN, VN] verified!=false'

clause = st.sampled_from(
    [
        "gpu_name=RTX_4090", "gpu_ram>=24GB", "gpu_ram<=80", "dph<0.5", "dph_total<1", "dph>0.1", "verified=any",
        "verified=true", "geolocation in [SE,NO]", "region=EU", "geolocation notin ['CN']", 'gpu_name="H100 SXM"',
        "num_gpus gte 2", "num_gpus  =  4", "rentable=any", "foo=1", "dph=any",
    ]
)  # fmt: skip
texts = st.lists(clause, max_size=5).map("  ".join)


def test_terms_are_the_hidden_defaults_and_what_is_written() -> None:
    found = terms(TEXT)
    assert [term.text for term in found if term.hidden] == ["verified=true", "external=false", "rentable=true"]
    written = [term for term in found if not term.hidden]
    assert [(term.field, term.op, term.value, term.void) for term in written] == [
        ("gpu_name", "eq", "RTX 4090", False),
        ("dph_total", "lt", "0.5", False),
        ("num_gpus", "eq", "1", True),
        ("num_gpus", "eq", "2", False),
        ("geolocation", "notin", "CN, VN", False),
        ("verified", "neq", "false", False),
    ]
    assert TEXT[written[1].start : written[1].end] == "dph<0.5"
    assert not any(term.hidden for term in terms(TEXT, defaults=False))
    assert not any(term.field == "verified" for term in terms("verified=any") if term.hidden)


def test_a_hidden_default_goes_and_what_is_written_on_its_field_stays() -> None:
    (verified, *_) = terms(TEXT)
    assert parse(without_term(TEXT, verified)).filters()["verified"] == {"neq": False}
    assert without_term("", terms("")[0]) == "verified=any"


@given(texts)
def test_a_term_taken_out_leaves_the_others_as_they_were(text: str) -> None:
    for term in terms(text):
        less = without_term(text, term)
        left = [other.text for other in terms(less) if not other.hidden]
        if term.hidden:
            assert left[0] == f"{term.field}=any"
            assert left[1:] == [other.text for other in terms(text) if not other.hidden]
            assert term.text not in [other.text for other in terms(less) if other.hidden]
        else:
            others = [other.text for other in terms(text) if not other.hidden and other != term]
            assert left == others


@pytest.mark.parametrize(
    ("text", "field", "op", "value", "after"),
    [
        ("", "gpu_name", "eq", "RTX 4090", "gpu_name=RTX_4090"),
        ("dph<1", "num_gpus", "gte", "2", "dph<1 num_gpus>=2"),
        ("a=1  dph < 1   gpu_ram>=24", "dph_total", "lt", "$0.5", "a=1  dph<$0.5   gpu_ram>=24"),
        ("dph<1 num_gpus=1 dph<2", "dph", "lt", "3", "num_gpus=1 dph<3"),
        ("dph<1 dph>0.1", "dph", "lt", None, "dph>0.1"),
        ("dph<1", "num_gpus", "eq", None, "dph<1"),
        ("geolocation in [SE]", "geolocation", "in", ["SE", "NO"], "geolocation in [SE,NO]"),
        ("geolocation not in [SE] dph<1", "geolocation", "notin", ["CN"], "geolocation notin [CN] dph<1"),
        ("geolocation in [SE]", "geolocation", "in", [], ""),
        ("verified=any", "verified", "eq", "false", "verified=false"),
        ("dph<1 dph=any", "dph", "lt", "2", "dph=any dph<2"),
        ("geolocation in [SE] region=EU", "geolocation", "in", ["NO"], "region=EU geolocation in [NO]"),
        ("region=EU", "region", "eq", "North America", "region=North_America"),
        ("region=EU", "geolocation", "eq", "Texas, US", 'region=EU geolocation="Texas, US"'),
    ],
)
def test_a_clause_is_put_replaced_or_taken_out(
    text: str, field: str, op: str, value: Any, after: str
) -> None:
    assert with_clause(text, field, op, value) == after


@given(
    texts,
    st.sampled_from(["region", "gpu_name", "dph", "gpu_ram", "num_gpus", "verified", "geolocation", "cpu_name"]),
    st.sampled_from(["eq", "neq", "gte", "lt", "in", "notin"]),
    st.one_of(
        st.sampled_from(["24", "RTX 4090", "true", "Texas, US", "EU"]),
        st.lists(st.sampled_from(["SE", "NA"]), max_size=3),
    ),
)
def test_the_clause_that_is_put_is_in_force(text: str, field: str, op: str, value: Any) -> None:
    if isinstance(value, list) != (op in ("in", "notin")):
        return
    alone = with_clause("", field, op, value)
    try:
        wanted = parse(alone).clauses
    except QueryError:
        return  # a list or a word on a field that takes a number
    found = parse(with_clause(text, field, op, value))
    if not wanted:
        name = ALIASES.get(field, field)
        assert not [term for term in terms(found.text) if not term.hidden and (term.field, term.op) == (name, op)]
        return
    (one,) = wanted
    assert (one.field, one.op, one.value) in [(each.field, each.op, each.value) for each in found.in_force()]
    assert with_clause(found.text, field, op, value) == found.text
