"""What boxes cost, and what deserves a look."""

from __future__ import annotations

import math
from typing import Any

import pytest

from vasttui.api.models import Instance
from vasttui.instances.money import burn, hourly, runway, spent, unpriced
from vasttui.instances.phases import Phase
from vasttui.instances.verdicts import Kind, Seen, idle_since, verdicts

NOW = 1_000_000.0


def box(actual: str | None = "running", **more: object) -> Instance:
    row: dict[str, object] = {
        "dph_total": 0.5, "dph_base": 0.4, "storage_cost": 0.72, "disk_space": 100.0, **more,
    }  # fmt: skip
    return Instance(id=1, actual_status=actual, **row)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("instance", "rate"),
    [
        (box(), 0.5),
        (box(instance_total_hour=0.6), 0.6),
        (box(instance_total_hour=0.0), 0.5),
        (box(dph_total=None), 0.5),
        (box(dph_total=0.0, search_total_hour=0.7), 0.7),
        (box("frozen"), 0.5),
        (box("unknown"), 0.5),
        (box("offline"), 0.0),
        (box("exited"), 0.1),
        (box("stopped", instance_disk_hour=0.03), 0.03),
        (box("stopped", storage_cost=None, instance_total_hour=0.02), 0.02),
        (box("loading"), 0.1),
        (box(None), 0.1),
        (box("stopped", storage_cost=None), None),
        (box(dph_total=None, dph_base=None), None),
    ],
)
def test_what_it_costs_now(instance: Instance, rate: float | None) -> None:
    assert hourly(instance) == (None if rate is None else pytest.approx(rate))


def test_burn_counts_what_is_known_and_says_what_is_not() -> None:
    unknown = box("stopped", storage_cost=None)
    assert burn([box(), box("exited"), unknown]) == pytest.approx(0.6)
    assert unpriced([box(), unknown]) == 1
    assert burn([unknown]) is None
    assert burn([]) == 0.0


def test_runway() -> None:
    assert runway(10.0, 0.5) == 20.0
    assert runway(10.0, 0.0) == math.inf
    assert runway(-1.0, 0.5) == 0.0
    assert runway(None, 0.5) is None
    assert runway(1.0, None) is None


def test_spent_prefers_the_journal_and_never_invents() -> None:
    started = box(start_date=NOW - 7200)
    assert spent(started, NOW) == pytest.approx(1.0)
    assert spent(started, NOW, billed=0.3) == 0.3
    assert spent(box("exited", start_date=NOW - 7200), NOW) is None
    assert spent(box(start_date=None), NOW) is None
    assert spent(box(start_date=NOW + 50), NOW) is None


@pytest.mark.parametrize(
    ("instance", "phase", "seen", "kinds"),
    [
        (box(), Phase.READY, {}, []),
        (box(gpu_util=1.0), Phase.READY, {"idle_since": NOW - 601}, [Kind.IDLE]),
        (box(gpu_util=1.0), Phase.READY, {"idle_since": NOW - 599}, []),
        (box("exited"), Phase.STOPPED, {}, [Kind.ZOMBIE]),
        (box("exited", storage_cost=None), Phase.STOPPED, {}, [Kind.ZOMBIE]),
        (box("loading"), Phase.PULLING, {"phase_since": NOW - 900}, [Kind.LONG]),
        (box("loading"), Phase.PULLING, {"phase_since": NOW - 900, "changed": NOW - 5}, []),
        (box("exited"), Phase.SCHEDULING, {"phase_since": NOW - 31}, [Kind.LONG]),
        (box(), Phase.CONNECTING, {"phase_since": NOW - 181}, [Kind.LONG]),
        (box(), Phase.CONNECTING, {"phase_since": NOW - 90}, []),
        (box("offline"), Phase.OFFLINE, {}, [Kind.OFFLINE]),
        (box(is_bid=True, min_bid=0.6), Phase.READY, {}, [Kind.OUTBID]),
        (box(is_bid=True, min_bid=0.3), Phase.READY, {}, []),
        (box(end_date=NOW + 3600), Phase.READY, {}, [Kind.ENDING]),
        (box(end_date=NOW + 9e5), Phase.READY, {}, []),
        (box(), Phase.READY, {"max_price": 0.4}, [Kind.PRICE]),
        (box(), Phase.READY, {"rented_at": 0.4}, [Kind.PRICE]),
        (box(), Phase.READY, {"max_price": 0.5, "rented_at": 0.49}, []),
        (box(disk_usage=95.0), Phase.READY, {}, [Kind.DISK]),
        (box(disk_usage=None), Phase.READY, {}, []),
        (box("exited", end_date=NOW - 1), Phase.STOPPED, {}, [Kind.ENDING, Kind.ZOMBIE]),
    ],
)
def test_verdicts(instance: Instance, phase: Phase, seen: dict[str, Any], kinds: list[Kind]) -> None:
    found = verdicts(instance, phase, Seen(now=NOW, **{"phase_since": NOW, **seen}))
    assert [verdict.kind for verdict in found] == kinds


def test_a_verdict_has_its_figures() -> None:
    (zombie,) = verdicts(box("exited"), Phase.STOPPED, Seen(now=NOW, phase_since=NOW))
    assert zombie.text == "its disk costs $2.40 a day until it is destroyed"
    (idle,) = verdicts(box(gpu_util=2.0), Phase.READY, Seen(NOW, NOW, idle_since=NOW - 5400))
    assert idle.text == "GPU at 2 % for 1h 30m"


def test_idleness_begins_once_and_ends_with_work_or_ignorance() -> None:
    idle, busy = box(gpu_util=0.0), box(gpu_util=80.0)
    assert idle_since(None, idle, Phase.READY, 5.0) == 5.0
    assert idle_since(5.0, idle, Phase.READY, 9.0) == 5.0
    assert idle_since(5.0, busy, Phase.READY, 9.0) is None
    assert idle_since(5.0, box(), Phase.READY, 9.0) is None
    assert idle_since(5.0, idle, Phase.STOPPED, 9.0) is None
