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

from vasttui.errors import UsageError
from vasttui.offers.fields import ALIASES, FACTORS, FIELDS
from vasttui.offers.query import parse

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
        ["1", "0.98", "24", "RTX_4090", "true", "False", "None", "null", "any", "*", "US", "535.86.05"]
    ),
    st.integers(0, 99_999).map(str),
    st.floats(0, 1e6, allow_nan=False).map(str),
    st.text("abcXYZ019_.-'", min_size=1, max_size=8),
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
    if '"' in text and "driver_version" in text:
        return  # it chokes on, or keeps, quotes around versions
    if "driver_version" in text and (" in " in text or "nin " in text or "notin " in text):
        return  # lists of versions crash it, unless they have no dots
    numbers = [value for test in theirs.values() for value in test.values() if isinstance(value, float)]
    if all(map(math.isfinite, numbers)):  # it sends inf and nan, which are not JSON
        assert parse(text).filters() == theirs


@settings(max_examples=200, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(odd)
def test_what_it_refuses_we_refuse(official: Official, text: str) -> None:
    if official(text) is None:
        with pytest.raises(UsageError):
            parse(text)
