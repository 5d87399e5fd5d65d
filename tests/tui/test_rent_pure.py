"""What the rent form's fields mean, and what its plan says."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.tui.pictures import NOW, offer
from vasttui.api.models import Template
from vasttui.config import Preset
from vasttui.errors import UsageError
from vasttui.jobs.check import Check, Grade
from vasttui.jobs.estimate import Estimate, Funds, estimate
from vasttui.jobs.rental import RentPlan
from vasttui.offers.price import Job
from vasttui.offers.prices import Prices, Quartiles
from vasttui.tui.dialogs.rent_form import FormText, form_of, plan_of
from vasttui.tui.dialogs.rent_plan import (
    blocking,
    check_line,
    cost_lines,
    figure_lines,
    hourly_words,
    job_of,
    request_lines,
    unseen,
)
from vasttui.tui.dialogs.template_text import detail_lines, docker_flags
from vasttui.tui.glyphs import ASCII, UNICODE
from vasttui.tui.panes.sheet import Line
from vasttui.tui.widgets.secret_area import hidden_values

PLAN = RentPlan(
    image="pytorch/pytorch:latest",
    disk_gb=40.5,
    env={"HF_HOME": "/data", "EMPTY": ""},
    ports=("8080", "7860/tcp"),
    onstart="pip install x\npython train.py",
    label="upscale-09",
    bid=0.21,
    lease=21_600.0,
    lease_end="stop",
    fallback=True,
    race=3,
    max_price=0.5,
)


def words(line: Line) -> str:
    return "   ".join("".join(text for text, _ in part) for part in line)


def told(lines: Iterable[Line]) -> str:
    return "\n".join(words(line) for line in lines)


def figures(plan: RentPlan, row: Any = None, **known: Any) -> Estimate:
    options: dict[str, Any] = {"now": NOW, "funds": Funds()} | known
    return estimate(row or offer(0), plan, **options)


# The fields


def test_a_plan_survives_its_form() -> None:
    assert plan_of(form_of(PLAN), PLAN) == PLAN


@given(
    env=st.dictionaries(
        st.from_regex(r"[A-Za-z_][A-Za-z0-9_]{0,8}", fullmatch=True),
        st.text(st.characters(codec="ascii", exclude_categories=("Cc", "Zs")), max_size=12),
        max_size=4,
    ),
    disk=st.integers(1, 10_000),
    lease=st.none() | st.integers(300, 30 * 86_400).map(float),
    race=st.integers(1, 4),
    fallback=st.booleans(),
)
def test_any_plan_survives_the_form(
    env: dict[str, str], disk: int, lease: float | None, race: int, fallback: bool
) -> None:
    plan = RentPlan(image="x", env=env, disk_gb=float(disk), lease=lease, race=race, fallback=fallback)
    assert plan_of(form_of(plan), plan) == plan


@pytest.mark.parametrize(
    ("text", "lease", "end"),
    [
        ("4", 14_400.0, "destroy"),
        ("4h", 14_400.0, "destroy"),
        (" 90m stop ", 5_400.0, "stop"),
        ("1.5", 5_400.0, "destroy"),
        ("2d destroy", 172_800.0, "destroy"),
        ("", None, "destroy"),
    ],
)
def test_a_lease_is_a_time_and_an_end(text: str, lease: float | None, end: str) -> None:
    plan = plan_of(FormText(disk="64", lease=text), RentPlan())
    assert (plan.lease, plan.lease_end) == (lease, end)


@pytest.mark.parametrize(
    ("form", "named"),
    [
        (FormText(disk="much"), "disk"),
        (FormText(disk="-3"), "disk"),
        (FormText(disk="nan"), "disk"),
        (FormText(disk="64", bid="cheap"), "bid"),
        (FormText(disk="64", lease="soon"), "lease"),
        (FormText(disk="64", lease="1m"), "lease"),
        (FormText(disk="64", lease="4h maybe"), "lease"),
        (FormText(disk="64", lease="²"), "lease"),
        (FormText(disk="64", fallback="perhaps"), "fallback"),
        (FormText(disk="64", race="5"), "race"),
        (FormText(disk="64", race="0"), "race"),
        (FormText(disk="64", runtype="ssh; rm -rf"), "runtype"),
        (FormText(disk="64", env="A=1\nnot an assignment"), "env, line 2"),
        (FormText(disk="64", env="1A=1"), "env, line 1"),
        (FormText(disk="64", ports="80; rm -rf"), "ports"),
    ],
)
def test_a_wrong_field_is_named(form: FormText, named: str) -> None:
    with pytest.raises(UsageError, match=named):
        plan_of(form, PLAN)


def test_an_env_value_is_never_in_the_error() -> None:
    with pytest.raises(UsageError) as caught:
        plan_of(FormText(disk="64", env="hunter2-secret"), PLAN)
    assert "hunter2" not in caught.value.message


def test_hidden_values_tell_neither_the_value_nor_its_length() -> None:
    assert hidden_values("A=1\nTOKEN=hunter2 and more\n\nhunter2", "•") == ["A=••••", "TOKEN=••••", "", "••••"]


# The figures


def test_the_cost_is_that_of_this_disk() -> None:
    row = offer(0, dph_base=0.28, storage_cost=0.15)
    known = figures(RentPlan(disk_gb=720.0), row, funds=Funds(41.2, 1.46))
    first, second = cost_lines(known)
    assert "$0.430/h" in words(first)
    assert "$10.32 a day" in words(first)
    assert "stopped $0.150/h" in words(first)
    assert "lasts 21 h with all that runs, 28 h without it" in words(second)
    assert hourly_words(known) == "$0.430/h"
    assert "$108.00 a month, $0.150/h, until it is destroyed" in told(figure_lines(known, NOW))


def test_a_bid_is_the_price_of_the_gpus() -> None:
    assert hourly_words(figures(RentPlan(disk_gb=64.0, bid=0.2), offer(0, storage_cost=0.0))) == "$0.200/h"


def test_an_unknown_price_is_said_and_not_zero() -> None:
    known = figures(RentPlan(race=2, fallback=True), offer(0, dph_base=None, dph_total=None), job=Job(10))
    first, _ = cost_lines(known)
    assert "not known" in words(first)
    assert hourly_words(known) == ""
    said = told(figure_lines(known, NOW))
    assert "$" not in said
    assert "its price is not told" in said


def test_the_others_of_a_race_may_be_a_fifth_dearer_below_the_ceiling() -> None:
    row = offer(0, dph_base=0.3, storage_cost=0.0)
    assert hourly_words(figures(RentPlan(race=3), row)) == "$1.020/h"
    capped = figures(RentPlan(race=3, max_price=0.35, fallback=True), row, funds=Funds(10.0, 0.0))
    assert hourly_words(capped) == "$1.000/h"
    assert capped.lasts == pytest.approx(10.0)
    assert "3 offers, at most $1.000/h" in told(figure_lines(capped, NOW))
    assert "the next equal offer, at most $0.350/h" in told(figure_lines(capped, NOW))


@pytest.mark.parametrize(
    ("down", "up", "said"),
    [
        (0.002, 0.02, "in $0.0020/GB, out $0.020/GB"),
        (0.0, 0.000035, "in free, out $0.000035/GB"),
        (None, 1.5, "in not told, out $1.500/GB"),
        (None, None, "its price is not told"),
    ],
)
def test_the_price_of_traffic(down: float | None, up: float | None, said: str) -> None:
    known = figures(RentPlan(), offer(0, inet_down_cost=down, inet_up_cost=up))
    assert said in told(figure_lines(known, NOW))


def test_the_job_is_priced_with_its_traffic() -> None:
    row = offer(0, dph_base=0.5, storage_cost=0.0, inet_down_cost=0.01, inet_up_cost=0.02)
    said = told(figure_lines(figures(RentPlan(), row, job=Job(8, 100, 50)), NOW))
    assert "8 h, 100 GB in, 50 GB out: $6.00 in all, $2.00 of it for traffic" in said
    unknown = told(figure_lines(figures(RentPlan(), offer(0, inet_up_cost=None), job=Job(8, 0, 50)), NOW))
    assert "price not known" in unknown


@pytest.mark.parametrize(
    ("preset", "kept", "job"),
    [
        (None, None, None),
        (Preset(), None, None),
        (Preset(hours=8.0), None, Job(8)),
        (Preset(hours=8.0), [3, 1, 2], Job(3, 1, 2)),
        (Preset(gb_in=9.0), "nonsense", Job(24, 9)),
    ],
)
def test_whose_job_it_is(preset: Preset | None, kept: Any, job: Job | None) -> None:
    assert job_of(preset, kept) == job


def test_a_bid_is_told_with_least_market_and_chance() -> None:
    row = offer(0, gpu_name="RTX 4090", num_gpus=2, min_bid=0.2, machine_id=7)
    prices = Prices("bid", {"rtx 4090": Quartiles(0.1, 0.12, 0.15, 0.2, 40)}, {}, {7: [0.1] * 6 + [0.3] * 2})
    said = told(figure_lines(figures(RentPlan(bid=0.4), row, prices=prices), NOW))
    assert "$0.400   least $0.200   market $0.300" in said
    assert "outbid in 25% of our 8 samples" in said
    nothing = told(figure_lines(figures(RentPlan(bid=0.4), row, prices=replace(prices, type="on-demand")), NOW))
    assert "no samples" in nothing
    assert "market not known" in nothing


# Checks

CHECKS = (Check("credit", Grade.GOOD, "$40 last long"), Check("price", Grade.LOOK, "$0.31/h, it was $0.30/h", "Look."))


@pytest.mark.parametrize(
    ("now", "new"),
    [
        (CHECKS, False),
        (CHECKS[:1], False),
        ((replace(CHECKS[0], text="$39 last long"), CHECKS[1]), False),
        ((replace(CHECKS[0], grade=Grade.LOOK), CHECKS[1]), True),
        ((CHECKS[0], replace(CHECKS[1], text="$0.45/h, it was $0.30/h")), True),
        ((*CHECKS, Check("cuda", Grade.UNKNOWN, "not told")), False),
    ],
)
def test_what_was_not_there_when_the_button_was_pressed(now: tuple[Check, ...], new: bool) -> None:
    assert unseen(CHECKS, now) is new


def test_a_check_shows_grade_text_and_what_to_do() -> None:
    bad = Check("disk", Grade.BAD, "900 GB: this host has 400 GB", "Set 400 GB or less.", "disk")
    assert blocking((*CHECKS, bad)) == bad
    assert told(check_line(bad, UNICODE)) == "✖ stop  disk  900 GB: this host has 400 GB\nSet 400 GB or less."
    assert told(check_line(bad, ASCII)).startswith("x stop")
    assert len(check_line(CHECKS[0], UNICODE)) == 1


# What is sent


def test_the_request_is_shown_without_secrets() -> None:
    plan = replace(
        PLAN, env={"HF_TOKEN": "hunter2-secret"}, onstart="export T=sk-" + "a" * 40 + "\x1b[31m\npython x.py"
    )
    said = told(request_lines(offer(0), plan, UNICODE))
    assert "HF_TOKEN=••••" in said
    assert "hunter2" not in said
    assert "a" * 40 not in said
    assert "\x1b" not in said
    assert "python x.py" in said
    assert "0.21 $/h, the bid" in said


def test_a_request_that_cannot_be_sent_says_why() -> None:
    assert "nothing to run" in told(request_lines(offer(0), RentPlan(), UNICODE))


# Templates


@pytest.mark.parametrize(
    ("flags", "names", "ports", "others"),
    [
        ("-e A=b -p 80:80 --ipc=host", ("A",), ("80:80",), ("--ipc",)),
        ("-eA=b -p8080:8080", ("A",), ("8080:8080",), ()),
        ("--env A='x y' --publish=53:53/udp -it", ("A",), ("53:53/udp",), ("-it",)),
        ("-e A='unclosed -e B=2", ("A", "B"), (), ()),
        ("", (), (), ()),
        ("-e", (), (), ()),
    ],
)
def test_docker_flags(flags: str, names: tuple[str, ...], ports: tuple[str, ...], others: tuple[str, ...]) -> None:
    found = docker_flags(flags)
    assert (found.names, found.ports, found.others) == (names, ports, others)


@given(st.text(max_size=60))
def test_any_flags_can_be_read(flags: str) -> None:
    docker_flags(flags)


def test_a_template_is_shown_without_its_secrets() -> None:
    template = Template(
        id=5,
        hash_id="abc",
        name="[red]Evil[/]\x1b[2J",
        image="x/y",
        tag="1",
        env="-e TOKEN=hunter2 -p 80:80",
        onstart="\n".join(f"step {n}" for n in range(9)),
        extra_filters='{"cuda_max_good": {"gte": 12.4}}',
        desc="line\n" * 300,
    )
    said = told(detail_lines(template))
    assert "hunter2" not in said
    assert "TOKEN=••••" in said
    assert "x/y:1" in said
    assert "and 4 more lines" in said
    assert "cuda_max_good gte 12.4" in said
    assert "\x1b" not in said


@pytest.mark.parametrize("filters", ["[1, 2]", "not json", '{"a": 1}', '{"a": null}', "null"])
def test_odd_filters_of_a_template_are_no_bug(filters: str) -> None:
    assert told(detail_lines(Template(id=5, extra_filters=filters)))
