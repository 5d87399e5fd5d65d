"""Faults and rate limits of the simulator."""

from __future__ import annotations

import pytest

from vasttui.sim.boxes import Order
from vasttui.sim.clock import SimClock
from vasttui.sim.faults import Fault, FaultBoard, FaultSyntaxError, parse_fault
from vasttui.sim.limits import RateLimiter
from vasttui.sim.logs import LogStore, cut, daemon_log
from vasttui.sim.world import World


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("429=3", Fault("429", count=3)),
        ("500=0.25", Fault("500", chance=0.25)),
        ("drop=1.0", Fault("drop", chance=1.0)),
        ("slow=2.5", Fault("slow", chance=1.0, seconds=2.5)),
        ("empty=1@put:asks", Fault("empty", count=1, method="PUT", path="asks")),
        ("hung=1@*:logs", Fault("hung", count=1, path="logs")),
    ],
)
def test_a_fault_is_read(text: str, fault: Fault) -> None:
    assert parse_fault(text) == fault


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("create_los=1", "did you mean create_lost"),
        ("429", "a number is missing"),
        ("429=often", "'often' is not a number"),
        ("drop=1.5", "between 0.0 and 1.0"),
        ("drop=-1", "0 or more"),
        ("drop=1@GET", "METHOD:PART"),
    ],
)
def test_a_fault_that_makes_no_sense_says_what_is_wrong(text: str, words: str) -> None:
    with pytest.raises(FaultSyntaxError, match=words):
        parse_fault(text)


def test_a_counted_fault_strikes_so_often_and_only_where_it_should() -> None:
    board = FaultBoard((parse_fault("429=2@GET:instances"),))
    assert board.take("429", "PUT", "/api/v1/instances") is None
    assert board.take("429", "GET", "/api/v0/bundles") is None
    assert [bool(board.take("429", "GET", "/api/v1/instances")) for _ in range(3)] == [True, True, False]
    assert not board.present("429")


def test_a_chance_strikes_in_about_its_share_of_cases() -> None:
    board = FaultBoard((parse_fault("drop=0.3"),))
    assert 230 < sum(bool(board.take("drop")) for _ in range(1000)) < 370


def test_limits_hold_for_each_endpoint_and_identity() -> None:
    limits = RateLimiter()
    assert not limits.refuse("list", "a", 1.0, 10.0)
    assert limits.refuse("list", "a", 1.0, 10.9)
    assert not limits.refuse("list", "b", 1.0, 10.9)
    assert not limits.refuse("one", "a", 2.0, 10.9)
    assert not limits.refuse("list", "a", 1.0, 11.0)


def test_a_create_that_came_too_soon_waits_longer() -> None:
    limits = RateLimiter()
    assert not limits.refuse("create", "a", 4.5, 0.0)
    assert limits.refuse("create", "a", 4.5, 4.0)
    assert limits.refuse("create", "a", 4.5, 5.0)
    assert not limits.refuse("create", "a", 4.5, 17.1)


def test_a_log_object_is_forbidden_until_ready_and_after_a_quarter_of_an_hour() -> None:
    world = World(SimClock(1.0, start=0.0, monotonic=lambda: 0.0))
    box = world.rent(world.market.find(lambda offer: offer.clean), Order(image="x", disk=10.0))
    store = LogStore(1)
    name = store.ask(box, b"text", 100.0)
    ready = next(second / 10 for second in range(1000, 1040) if store.get(name, second / 10) is not None)
    assert 100.3 <= ready <= 103.1
    assert store.get(name, ready + 890) == b"text"
    assert store.get(name, ready + 901) is None
    assert store.get("other.log", ready) is None


@pytest.mark.parametrize(
    ("tail", "wanted", "expected"),
    [
        (2, None, b"3%\r5%\r9%\nc"),
        (1, None, b"c"),
        (9, None, b"a\nb\n3%\r5%\r9%\nc"),
        (9, "b", b"b\n"),
        (0, None, b""),
    ],
)
def test_a_tail_counts_newlines_and_not_redraws(tail: int, wanted: str | None, expected: bytes) -> None:
    assert cut(b"a\nb\n3%\r5%\r9%\nc", tail, wanted) == expected


def test_the_daemon_log_is_missing_before_the_host_has_begun() -> None:
    world = World(SimClock(1.0, start=1.7e9, monotonic=lambda: 0.0))
    box = world.rent(world.market.find(lambda offer: offer.clean), Order(image="x", disk=10.0))
    assert b"No such file or directory" in daemon_log(box, world.clock.now(), world.clock)
    assert b"Pulling fs layer" in daemon_log(box, world.clock.now() + 40, world.clock)
