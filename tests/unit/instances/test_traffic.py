"""How fast a box receives."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vasttui.instances.traffic import Meter, received_bytes

# The form of proc(5), with the loopback that must not count.
DEV = """\
Inter-|   Receive                                                |  Transmit
 face |bytes    packets errs drop fifo frame compressed multicast|bytes    packets errs drop fifo colls carrier compressed
    lo: 9999999    100    0    0    0     0          0         0  9999999     100    0    0    0     0       0          0
  eth0:    5000     10    0    0    0     0          0         0      700       7    0    0    0     0       0          0
  eth1:200    10    0    0    0     0          0         0      700       7    0    0    0     0       0          0
"""  # noqa: E501 - as the kernel writes it


def test_the_counters_of_all_interfaces_but_loopback() -> None:
    assert received_bytes(DEV) == 5200


def test_the_counters_of_this_machine() -> None:
    text = Path("/proc/net/dev")
    if not text.exists():
        pytest.skip("not Linux")
    count = received_bytes(text.read_text())
    assert count is None or count >= 0


@pytest.mark.parametrize("text", ["", "cat: /proc/net/dev: No such file or directory", "a:b\nc:-5\n: \n", "eth0:"])
def test_what_tells_nothing(text: str) -> None:
    assert received_bytes(text) is None


@given(st.text(max_size=300))
def test_any_text_is_a_count_or_nothing(text: str) -> None:
    count = received_bytes(text)
    assert count is None or count >= 0


def meter(*readings: tuple[float, int]) -> float | None:
    found = Meter()
    for at, count in readings:
        found.add(at, count)
    return found.best


@pytest.mark.parametrize(
    ("readings", "best"),
    [
        ([(0, 0)], None),
        ([(0, 0), (10, 125_000_000)], 100.0),
        ([(0, 0), (10, 125_000_000), (20, 125_000_001)], 100.0),
        ([(0, 0), (10, 12_500_000), (20, 1_262_500_000)], 1000.0),
        ([(0, 0), (1, 900_000_000), (4, 900_000_000), (10, 900_000_000)], 720.0),
        ([(0, 0), (10, 0)], None),
        ([(0, 10**12), (10, 500), (20, 12_500_500)], 10.0),
    ],
)
def test_the_highest_rate_over_a_span_counts(readings: list[tuple[float, int]], best: float | None) -> None:
    found = meter(*readings)
    assert found == (None if best is None else pytest.approx(best))


@given(st.lists(st.tuples(st.floats(0, 60), st.integers(0, 10**10)), max_size=20))
def test_a_rate_is_never_more_than_all_bytes_over_the_least_span(steps: list[tuple[float, int]]) -> None:
    at, count, readings = 0.0, 0, []
    for seconds, more in steps:
        at, count = at + seconds, count + more
        readings.append((at, count))
    best = meter(*readings)
    assert best is None or 0 < best <= 8e-6 * count / 5
