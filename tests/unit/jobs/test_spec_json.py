"""A specification comes back from the journal as it went in, and its environment is filled when a box is rented."""

from __future__ import annotations

import json
from typing import get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vasttui.errors import StorageError, UsageError
from vasttui.jobs.onbox import Switch
from vasttui.jobs.rental import RentPlan
from vasttui.jobs.spec import (
    FAILURES,
    End,
    InputSpec,
    JobSpec,
    Limits,
    RentSpec,
    ResultSpec,
    Rules,
    StartKind,
    StartSpec,
    from_json,
    resolved_env,
    to_json,
)

TEXTS = st.text(st.characters(exclude_categories=["Cs"]), max_size=12)
SECONDS = st.none() | st.floats(0, 1e9)
MONEY = st.none() | st.floats(0.001, 1e6)
HOSTS = st.frozensets(st.integers(1, 2**53), max_size=3)
LISTS = st.lists(TEXTS, max_size=3).map(tuple)

PLANS = st.builds(
    RentPlan,
    image=TEXTS,
    template=TEXTS,
    disk_gb=st.floats(8, 1e5),
    env=st.dictionaries(TEXTS, TEXTS, max_size=3),
    ports=LISTS,
    bid=MONEY,
    runtype=TEXTS,
    lease=SECONDS,
    switch=st.none() | st.builds(Switch, api_url=TEXTS, lease=st.floats(1, 1e9), fixed=st.booleans()),
)
LIMITS = st.builds(
    Limits, search=SECONDS, boot=SECONDS, quiet=SECONDS, work=SECONDS, collect=SECONDS, total=SECONDS, cost=MONEY,
    tries=st.integers(1, 100), elsewhere=st.frozensets(st.sampled_from(FAILURES)),
)  # fmt: skip
SPECS = st.builds(
    JobSpec,
    name=TEXTS,
    rent=st.builds(
        RentSpec, search=TEXTS, type=TEXTS, order=TEXTS, max_price=MONEY, preset=TEXTS, host_whitelist=HOSTS,
        host_blacklist=HOSTS, machine_whitelist=HOSTS, machine_blacklist=HOSTS, plan=PLANS,
    ),
    start=st.builds(
        StartSpec, kind=st.sampled_from(get_args(StartKind)), command=TEXTS, repo=TEXTS, branch=TEXTS, directory=TEXTS,
        script=TEXTS, args=LISTS, upload=LISTS, upload_to=TEXTS,
    ),
    inputs=st.builds(InputSpec, values=LISTS, file=TEXTS, glob=LISTS, list=TEXTS),
    skip_if=TEXTS,
    skip_done=st.booleans(),
    exit_code=st.none() | st.integers(0, 255),
    success=st.builds(Rules, marker=TEXTS, pattern=TEXTS),
    failure=st.builds(Rules, marker=TEXTS, pattern=TEXTS),
    result=st.builds(ResultSpec, pattern=TEXTS, files=LISTS, to=TEXTS, required=st.booleans()),
    limits=LIMITS,
    end_success=st.sampled_from(get_args(End)),
    end_failure=st.sampled_from(get_args(End)),
    outbid=st.sampled_from(["wait", "move"]),
    reuse=st.booleans(),
    lease=st.floats(1, 1e9),
    grace=st.floats(0, 1e9),
    progress=LISTS,
    budget=MONEY,
    max_parallel=st.integers(1, 500),
    folder=TEXTS,
)  # fmt: skip


@given(SPECS)
def test_round_trip(spec: JobSpec) -> None:
    assert from_json(to_json(spec)) == spec


def test_what_another_version_left_out_or_added_is_no_trouble() -> None:
    assert from_json('{"name": "a"}') == JobSpec(name="a")
    later = json.loads(to_json(JobSpec(name="a", start=StartSpec(command="x"))))
    later["new"] = {"a": 1}
    later["start"]["newer"] = [1]
    assert from_json(json.dumps(later)) == JobSpec(name="a", start=StartSpec(command="x"))


@pytest.mark.parametrize(
    "text",
    ["", "{", "[]", "null", "{}", '{"name": 1}', '{"name": "hunter2", "start": {"kind": "hunter2"}}', "\ud800",
     '{"name": "a", "limits": {"tries": "hunter2"}}', '{"name": "a", "end_success": "burn"}', "[" * 100_000],
)  # fmt: skip
def test_garbage_is_told_without_what_it_holds(text: str) -> None:
    with pytest.raises(StorageError) as caught:
        from_json(text)
    assert "hunter2" not in caught.value.message
    assert caught.value.__cause__ is None


def with_env(**env: str) -> JobSpec:
    return JobSpec(name="train", rent=RentSpec(plan=RentPlan(env=env)))


@pytest.mark.parametrize(
    ("value", "resolved"),
    [
        ("plain", "plain"),
        ("${TOKEN}", "s3cret"),
        ("https://me:${TOKEN}@x/${EMPTY}", "https://me:s3cret@x/"),
        ("$${TOKEN} $TOKEN", "${TOKEN} $TOKEN"),
        ("${SELF}", "${TOKEN}"),
        ("{input} ${TOKEN}", "{input} s3cret"),
        ("${1}${a-b}", "${1}${a-b}"),
    ],
)
def test_the_environment_takes_variables_of_this_computer(value: str, resolved: str) -> None:
    environ = {"TOKEN": "s3cret", "EMPTY": "", "SELF": "${TOKEN}"}
    assert resolved_env(with_env(A=value), environ) == {"A": resolved}


def test_all_variables_that_are_not_set_are_told_at_once() -> None:
    with pytest.raises(UsageError) as caught:
        resolved_env(with_env(A="${ONE} ${THERE}", B="x${TWO}", C="$${THREE}"), {"THERE": "hunter2"})
    assert caught.value.message == "train: not set here, and wanted in the environment of the box: ONE, TWO"
