"""The filter while one types."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vasttui.api.models import Offer
from vasttui.errors import UsageError
from vasttui.offers.filter import OfferIndex, compile_filter

A = Offer(
    id=11, gpu_name="RTX 4090", num_gpus=4, gpu_ram=24564, dph_total=0.4, host_id=7001, machine_id=501,
    geolocation="Sweden, SE", verification="verified", hosting_type=1, cpu_name="AMD EPYC 7742",
)  # fmt: skip
B = Offer(
    id=12, gpu_name="H100_SXM", num_gpus=1, gpu_ram=81559, dph_total=2.1, host_id=7002, geolocation=", US"
)
C = Offer(id=13)


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("", "ABC"),
        ("   ", "ABC"),
        ("4090", "A"),
        ("rtx_4090", "A"),
        ("RTX 4x", "A"),
        ("h100 sxm", "B"),
        ("h100_sxm", "B"),
        ("sweden !datacenter", ""),
        ("sweden !cheap", "A"),
        ("!sweden", "BC"),
        ("!", "ABC"),
        ("7002", "B"),
        ("epyc verified", "A"),
        ("dph<1", "A"),
        ("dph < 1 4090", "A"),
        ("dph>=0.4 !h100", "A"),
        ("gpu_ram>=24", "AB"),
        ("gpu_ram>=24GB dph<$1", "A"),
        ("gpu_name=h100-sxm", "B"),
        ("region=EU", "A"),
        ("region in [NA,EU]", "AB"),
        ("cpu_name=AMD_EPYC_7742", "A"),
        ("host_id notin [7001]", "B"),
        ("geolocation in [SE,NO] 4090", "A"),
        ("geolocation in SE", "A"),
        ("datacenter=true", "A"),
        ("dph=any", "ABC"),
        ("num_gpus!=4", "B"),
        ("in sweden", "A"),
    ],
)
def test_what_is_found(text: str, found: str) -> None:
    rows = {"A": A, "B": B, "C": C}
    wanted = compile_filter(text)
    assert "".join(name for name, row in rows.items() if wanted(row)) == found
    assert OfferIndex(rows.values()).select(wanted) == tuple(rows[name] for name in found)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("dph<", "no value after '<'"),
        ("4090 dhp<1", "filter, character 6: unknown field 'dhp'; did you mean dph?"),
        ("gpu_ram>x", "takes a number"),
        ("gpu_name<5", "is a text and takes"),
        ("4090 dph<cheap", "filter, character 10, 'dph<cheap': dph takes a number ($/h)"),
        ("verified=yes", "true, false or any"),
        ("dph!", "Not equal is !="),
    ],
)
def test_an_unfinished_clause_says_so(text: str, said: str) -> None:
    with pytest.raises(UsageError) as caught:
        compile_filter(text)
    assert said in caught.value.message + caught.value.hint


@given(st.text('abdph4 <>=!_[]",.x', max_size=25))
def test_any_text_is_a_filter_or_a_usage_error(text: str) -> None:
    try:
        wanted = compile_filter(text)
    except UsageError:
        return
    index = OfferIndex((A, B, C))
    assert index.select(wanted) == tuple(row for row in (A, B, C) if wanted(row))
