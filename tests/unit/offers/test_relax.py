"""Why a search found nothing."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from vasttui.api.models import Offer
from vasttui.offers.query import parse
from vasttui.offers.relax import Condition, Relaxation, relaxation


def offer(number: int, ram: float, price: float, gpus: int = 1, verification: str = "verified") -> Offer:
    return Offer(
        id=number, gpu_ram=ram, dph_total=price, num_gpus=gpus, verification=verification, rentable=True, external=False
    )


MARKET = (
    offer(1, 24_000, 0.40),
    offer(2, 24_000, 0.35),
    offer(3, 48_000, 0.90),
    offer(4, 16_000, 0.15),
    offer(5, 24_000, 0.20, verification="unverified"),
)


def by_text(found: Relaxation) -> dict[str, Condition]:
    return {condition.text: condition for condition in found.conditions}


def test_the_condition_that_alone_hides_the_most_comes_first() -> None:
    found = relaxation(parse("gpu_ram>=24 dph_total<0.3"), MARKET)
    assert found.sample == 5
    assert found.conditions[0] == Condition("dph_total<0.3", "dph_total", False, cuts=3, alone=3, nearest="0.351")
    texts = by_text(found)
    assert (texts["gpu_ram>=24"].alone, texts["gpu_ram>=24"].nearest) == (1, "16")
    assert (texts["verified=true"].hidden, texts["verified=true"].alone) == (True, 1)


def test_without_defaults_only_what_is_written_counts() -> None:
    found = relaxation(parse("gpu_ram>=24"), MARKET, defaults=False)
    assert [condition.text for condition in found.conditions] == ["gpu_ram>=24"]
    assert by_text(relaxation(parse("gpu_ram>=24 verified=any"), MARKET)).keys() == {
        "gpu_ram>=24", "external=false", "rentable=true",
    }  # fmt: skip


def test_a_value_is_told_in_the_unit_of_the_query() -> None:
    rows = (Offer(id=1, duration=86_400.0 * 2.5), Offer(id=2, duration=86_400.0))
    found = relaxation(parse("duration>=3"), rows, defaults=False)
    assert found.conditions[0].nearest == "2.5"


def test_the_nearest_number_and_the_commonest_text_are_told() -> None:
    rows = [Offer(id=n, num_gpus=count, geolocation="Norway, NO") for n, count in enumerate((1, 2, 8), start=1)]
    texts = by_text(relaxation(parse("num_gpus=4"), rows, defaults=False))
    assert texts["num_gpus=4"].nearest == "2"
    texts = by_text(relaxation(parse("geolocation=SE"), rows, defaults=False))
    assert texts["geolocation=SE"].nearest == "Norway, NO"


def test_what_a_row_does_not_tell_counts_as_met() -> None:
    found = relaxation(parse("gpu_ram>=24 dph_total<0.3"), (Offer(id=1, dph_total=1.0),), defaults=False)
    assert (found.conditions[0].field, found.conditions[0].alone) == ("dph_total", 1)


CLAUSES = ("gpu_ram>=24", "dph_total<0.3", "num_gpus=2", "verified=any", "num_gpus in [1,4]", "dph_total>0.1")
ROWS = st.lists(
    st.builds(
        offer,
        st.integers(1, 99),
        st.sampled_from((16_000.0, 24_000.0, 48_000.0)),
        st.sampled_from((0.05, 0.2, 0.4)),
        st.sampled_from((1, 2, 4)),
        st.sampled_from(("verified", "unverified")),
    )
)


@given(st.lists(st.sampled_from(CLAUSES), unique=True), ROWS)
def test_so_many_appear_when_a_condition_goes(clauses: list[str], rows: list[Offer]) -> None:
    """Each count is what a search without that condition would find more."""
    query = " ".join(clauses)
    there = {condition.text: condition.alone for condition in relaxation(parse(query), rows, defaults=False).conditions}

    def matching(parts: list[str]) -> int:
        test = parse(" ".join(parts))
        return sum(test.matches(row) for row in rows)

    for text, alone in there.items():
        rest = [clause for clause in clauses if clause != text]
        assert alone == matching(rest) - matching(clauses)


@given(
    st.sampled_from((">", ">=", "<", "<=")),
    st.floats(0.001, 5000, allow_nan=False) | st.integers(1, 100).map(float),
    st.sampled_from(("dph_total", "reliability", "disk_space", "gpu_ram", "duration")),
)
def test_the_nearest_bound_lets_the_row_through(op: str, value: float, field: str) -> None:
    row = Offer(id=1, **{field: value})  # type: ignore[arg-type]
    limit = 1e9 if op.startswith(">") else 1e-9
    (condition,) = relaxation(parse(f"{field}{op}{limit:g}"), (row,), defaults=False).conditions
    assert condition.alone == 1
    assert parse(f"{field}{op}{condition.nearest}").matches(row)
