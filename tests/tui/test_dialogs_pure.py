"""What dialogs say and what form fields mean."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.tui.pictures import NOW, box, instance, offer, stopped
from vasttui.errors import UsageError
from vasttui.jobs.rental import RentPlan
from vasttui.tui.dialogs.questions import destroy_question, reboot_question, start_question, stop_question
from vasttui.tui.dialogs.rent_form import FormText, cost_lines, form_of, hourly_text, plan_of
from vasttui.tui.panes.sheet import Line


def words(line: Line) -> str:
    return "   ".join("".join(text for text, _ in part) for part in line)


def test_destroy_names_what_is_lost() -> None:
    question = destroy_question(box(7), NOW)
    assert question.text.startswith("Destroy upscale-07: 3h 34m of work, $1.04 spent, 12 GB on its disk are lost.")
    assert question.danger
    assert question.verb == "Destroy"


def test_destroy_of_a_running_one_wants_the_end_of_its_id() -> None:
    assert destroy_question(box(7), NOW).proof == str(box(7).id)[-4:]
    assert destroy_question(stopped(), NOW).proof == ""


def test_destroy_says_nothing_it_does_not_know() -> None:
    row = instance(1, disk_usage=None, label=None)
    text = destroy_question(box(1, row=row, spent=None), NOW).text
    assert "$" not in text
    assert "all on its disk" in text
    assert f"instance {row.id}" in text


def test_stop_says_that_the_disk_goes_on_billing() -> None:
    text = stop_question(box(7)).text
    assert "goes on billing $0.013/h ($0.32 a day)" in text
    assert "unknown price" in stop_question(box(7, row=instance(7, storage_total_cost=None, disk_space=None))).text


def test_start_says_what_it_bills_and_that_it_may_be_queued() -> None:
    text = start_question(stopped()).text
    assert "$0.291/h ($6.98 a day)" in text
    assert "queued" in text


def test_reboot_says_that_billing_goes_on() -> None:
    assert "$0.291/h" in reboot_question(box(7)).text


PLAN = RentPlan(
    image="pytorch/pytorch:latest",
    disk_gb=40.5,
    env={"HF_HOME": "/data", "EMPTY": ""},
    ports=("8080", "7860/tcp"),
    onstart="pip install x\npython train.py",
    label="upscale-09",
    bid=0.21,
    lease=21_600.0,
)


def test_a_plan_survives_its_form() -> None:
    assert plan_of(form_of(PLAN), PLAN) == PLAN


@given(
    env=st.dictionaries(
        st.from_regex(r"[A-Za-z_][A-Za-z0-9_]{0,8}", fullmatch=True),
        st.text(st.characters(codec="ascii", exclude_categories=("Cc", "Zs")), max_size=12),
        max_size=4,
    ),
    disk=st.integers(1, 10_000),
)
def test_any_env_and_disk_survive_the_form(env: dict[str, str], disk: int) -> None:
    plan = RentPlan(image="x", env=env, disk_gb=float(disk))
    assert plan_of(form_of(plan), plan) == plan


@pytest.mark.parametrize(
    ("form", "named"),
    [
        (FormText(disk="much"), "disk"),
        (FormText(disk="-3"), "disk"),
        (FormText(disk="nan"), "disk"),
        (FormText(disk="64", bid="cheap"), "bid"),
        (FormText(disk="64", lease="soon"), "lease"),
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


def test_the_cost_is_that_of_this_disk() -> None:
    row = offer(0, dph_base=0.28, storage_cost=0.15)
    first, second = cost_lines(row, RentPlan(disk_gb=720.0), credit=41.2, burn=1.46)
    assert "$0.430/h" in words(first)
    assert "$10.32 a day" in words(first)
    assert "stopped $0.150/h" in words(first)
    assert "lasts 21 h with all that runs, 28 h without it" in words(second)
    assert hourly_text(row, RentPlan(disk_gb=720.0)) == "$0.430/h"


def test_a_bid_is_the_price_of_the_gpus() -> None:
    row = offer(0, storage_cost=0.0)
    assert hourly_text(row, RentPlan(disk_gb=64.0, bid=0.2)) == "$0.200/h"


def test_an_unknown_price_is_said_and_not_zero() -> None:
    row = offer(0, dph_base=None, dph_total=None)
    first, _ = cost_lines(row, RentPlan(), credit=None, burn=None)
    assert "not known" in words(first)
    assert hourly_text(row, RentPlan()) == ""
