"""The official package's own parser as a witness, on generated queries."""

from __future__ import annotations

import contextlib
import io
import math
import os
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from vasttui.errors import QueryError
from vasttui.offers.fields import ALIASES, FACTORS, FIELDS
from vasttui.offers.query import parse, parse_strictly

Official = Callable[[str], dict[str, Any] | None]


@pytest.fixture(scope="module")
def official(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Official]:
    """Its `parse_query` over the default filters; None for what it refuses. Its import makes directories."""
    home = tmp_path_factory.mktemp("home")
    saved = dict(os.environ)
    os.environ.update({"HOME": str(home), "VASTAI_NO_UPDATE_CHECK": "1", "VAST_URL": "http://127.0.0.1:9"})
    os.environ.update({f"XDG_{name}_HOME": str(home / name) for name in ("CONFIG", "CACHE", "STATE", "DATA")})
    try:
        from vastai.api.query import offers_alias, offers_fields, offers_mult, parse_query

        assert set(offers_fields) == FIELDS
        assert offers_alias == ALIASES
        assert offers_mult == FACTORS

        def ask(text: str) -> dict[str, Any] | None:
            base = {"verified": {"eq": True}, "external": {"eq": False}, "rentable": {"eq": True}}
            with contextlib.redirect_stderr(io.StringIO()), contextlib.redirect_stdout(io.StringIO()):
                try:
                    found: dict[str, Any] = parse_query(text, base, offers_fields, offers_alias, offers_mult)
                except (ValueError, TypeError, AttributeError):
                    return None
            return found

        yield ask
    finally:
        os.environ.clear()
        os.environ.update(saved)


fields = st.sampled_from([*sorted(FIELDS), *ALIASES, "foo", "georegion"])
symbols = st.sampled_from(["=", "==", "!=", ">", ">=", "<", "<=", " = ", " >= ", "  <", "> "])
names = st.sampled_from(
    [" in ", " notin ", " not in ", " nin ", " eq ", " neq ", " not eq ", " gte ", " lt  "]
)
plain = st.one_of(
    st.sampled_from(
        ["1", "0.98", "24", "RTX_4090", "true", "False", "None", "null", "any", "*", "US", "EU", "535.86.05"]
    ),
    st.integers(0, 99_999).map(str),
    st.floats(0, 1e6, allow_nan=False).map(str),
    st.text("abZQ019_.-'", min_size=1, max_size=8),  # no letter that is a unit: those are ours
)
quoted = st.text("abc RTX_49", min_size=1, max_size=8).map(lambda text: f'"{text}"')
lists = st.lists(st.one_of(plain, quoted), min_size=1, max_size=3).map(lambda items: f"[{', '.join(items)}]")
clause = st.tuples(fields, st.one_of(symbols, names), st.one_of(plain, quoted, lists)).map("".join)
likely = st.lists(clause, max_size=4).map(" ".join)
odd = st.text("ab_= <>!in[]\",.'1", max_size=20)


@settings(max_examples=400, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.one_of(likely, odd))
@example("x=[a]b=1")
@example('gpu_name="RTX 4090" num_gpus  >=  2')
@example("gpu_name=[RTX_4090]")
@example("geolocation in [TW, SE")
@example("a in[1]")
def test_what_it_takes_we_take_and_mean_the_same(official: Official, text: str) -> None:
    theirs = official(text)
    if theirs is None:
        return
    numbers = [value for test in theirs.values() for value in test.values() if isinstance(value, float)]
    if all(map(math.isfinite, numbers)):  # it sends inf and nan, which are not JSON
        assert parse(text).filters() == theirs


@settings(max_examples=400, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.one_of(likely, odd))
def test_what_it_refuses_we_refuse_at_a_place_in_the_text(official: Official, text: str) -> None:
    if official(text) is None:
        with pytest.raises(QueryError) as caught:
            parse(text)
        assert 0 <= caught.value.start < caught.value.end <= max(len(text), 1)
        assert f"character {caught.value.start + 1}" in caught.value.message


@pytest.mark.parametrize(
    ("text", "under", "said", "hint"),
    [
        ("num_gpus", "num_gpus", "no operator", "num_gpus>=2"),
        ("dph<1 num_gpus=", "=", "no value after '='", "num_gpus>=2"),
        ("dph<1 num_gpus in []", "[]", "no value after 'in'", "num_gpus>=2"),
        ("reliability>any", "any", "'any' goes with = only", "reliability=any"),
        ("gpu_name=RTX 4090", "RTX 4090", "a blank ends the value", 'gpu_name=RTX_4090 or gpu_name="RTX 4090"'),
        ("gpu_name=RTX PRO 6000 WS dph<2", "RTX PRO 6000 WS", "a blank ends", "gpu_name=RTX_PRO_6000_WS"),
        ("gpu_name='RTX 4090'", "'RTX 4090'", "a blank ends", 'gpu_name=RTX_4090 or gpu_name="RTX 4090"'),
        ("gpu_name in RTX_4090 RTX_3090", "RTX_4090 RTX_3090", "a blank ends", "gpu_name in [RTX_4090,RTX_3090]"),
        ("geolocation in US, CA dph<1", "US, CA", "a blank ends the value", "geolocation in [US,CA]"),
        ("dph<1 rtx 4090", "rtx 4090", "'rtx' has no operator", "Write gpu_name=RTX_4090"),
        ("H100", "H100", "no operator", "Write gpu_name in [H100_NVL,H100_PCIE,H100_SXM]"),
        ("verified=true static_ip", "static_ip", "no operator", "static_ip=true"),
        ("dph<", "<", "no value", "dph<0.5"),
        ("gpu_ram>=24 GB", "24 GB", "a blank ends the value", "gpu_ram>=24GB"),
        ("gpu_name=RTX_4090 num_gp", "num_gp", "no operator", "num_gpus>=2"),
        ("gpu_name=RTX_4090 and dph<1", "and", "all clauses must hold", "in [RTX_4090,RTX_5090]"),
        ("dph<1 OR", "OR", "all clauses must hold", ""),
        ("num_gpus > = 2", "= 2", "a blank ends the value", "Write num_gpus>=2"),
        ("dph<1 sweden", "sweden", "'sweden' has no operator", "num_gpus>=2"),
        ("verified=true sweden", "sweden", "'sweden' has no operator", ""),
        ("dph<2 gpu_ram in [24,48]", "[24,48]", "one number, no list; combine gpu_ram>= and gpu_ram<=", ""),
        ("duration>soon", "soon", "duration takes a number (days), not 'soon'", "duration>=3d"),
        ("gpu_ram>=24W", "24W", "gpu_ram is in GB; MB, GB or TB may stand beside the number, not 'W'", "24GB"),
        ("num_gpus=>2", "=>", "unknown operator '=>'", ">="),
        ("driver_version>535.86", "535.86", "three parts", "535.86.05"),
        ('driver_version>"535.86.05"', '"535.86.05"', "without quotes", "535.86.05"),
        ("driver_version in [535.86.05,550.1.1]", "[535.86.05,550.1.1]", "one version, no list", ""),
        ("dph<1 ; num_gpus=1", ";", "cannot begin a clause", "num_gpus>=2"),
        ("dph<1 >2", ">2", "cannot begin a clause", ""),
    ],
)
def test_where_it_crashes_we_say_what_to_write(
    official: Official, text: str, under: str, said: str, hint: str
) -> None:
    assert official(text) is None
    with pytest.raises(QueryError) as caught:
        parse(text)
    error = caught.value
    assert text[error.start : error.end] == under
    assert f"character {error.start + 1}" in error.message
    assert said in error.message
    assert hint in error.hint


@pytest.mark.parametrize(
    ("text", "under", "said"),
    [
        ("dph<1 relability>0.9", "relability", "did you mean reliability?"),
        ("vram>=24", "vram", "did you mean gpu_ram?"),
        ("gpuram>=24", "gpuram", "did you mean gpu_ram?"),
        ("georegion=true geolocation=EU", "georegion", "write region=EU"),
        ("geolocation=EU", "EU", "write region=EU"),
        ("geolocation in [SE,Europe]", "[SE,Europe]", "write region=Europe"),
        ("geolocation=Sweden", "Sweden", "SE"),
        ("geolocation in [se,no]", "[se,no]", "SE"),
        ("geolocation notin ['CN','VN']", "['CN','VN']", "only double quotes"),
        ("gpu_name='RTX_4090'", "'RTX_4090'", "only double quotes"),
        ("gpu_name=“RTX_4090”", "“RTX_4090”", "only double quotes"),
        ("gpu_name=rtx-4090", "rtx-4090", "Vast.ai spells it RTX_4090"),
        ("gpu_name=4090", "4090", "Vast.ai spells it RTX_4090"),
        ("gpu_name=RTX4090", "RTX4090", "Vast.ai spells it RTX_4090"),
        ("gpu_name=A100", "A100", "write gpu_name in [A100_PCIE,A100_SXM4]"),
        ("gpu_name in [RTX_4090 RTX_3090]", "[RTX_4090 RTX_3090]", "commas part the items of a list"),
        ("geolocation in [US CA]", "[US CA]", "commas part the items of a list: [US,CA]"),
        ("gpu_name in (A40,L40S)", "(A40,L40S)", "a list stands in brackets"),
        ("gpu_name=[RTX_4090,RTX_3090]", "[RTX_4090,RTX_3090]", "write gpu_name in [RTX_4090,RTX_3090]"),
        ("geolocation!=CN,VN", "CN,VN", "write geolocation notin [CN,VN]"),
        ("num_gpus=two", "two", "num_gpus takes a number, not 'two'"),
        ("num_gpus in [1,two]", "[1,two]", "num_gpus takes a number, not 'two'"),
        ("dph<0,5", "0,5", "dph takes a number ($/h), not '0,5'"),
        ("inet_down>=1GB", "1GB", "inet_down is in Mbps; kbps, Mbps, Gbps or MB/s"),
        ("num_gpus=true", "true", "num_gpus takes a number"),
        ("verified=yes", "yes", "verified is true, false or any, not 'yes'"),
        ("verified>true", ">", "takes = and !="),
        ("gpu_name>=RTX_4090", ">=", "gpu_name is a text and takes = != in notin"),
        ("geolocation<US", "<", "geolocation is a text"),
        ("reliability>=98", "98", "write 0.98 or 98%"),
        ("compute_cap>=8.9", "8.9", "write 890 for 8.9"),
        ("gpu_ram>=24000", "24000", "asked in GB"),
        ("duration>86400", "86400", "asked in days"),
        ("driver_version>=new", "new", "takes a version"),
        ("id=123", "id", "write ask_contract_id"),
    ],
)
def test_where_it_guesses_a_person_is_told(official: Official, text: str, under: str, said: str) -> None:
    assert parse(text).filters() == official(text)
    with pytest.raises(QueryError) as caught:
        parse_strictly(text)
    assert text[caught.value.start : caught.value.end] == under
    assert said in caught.value.message
    assert f"character {caught.value.start + 1}" in caught.value.message
