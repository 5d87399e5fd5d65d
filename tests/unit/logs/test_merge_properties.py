"""Whatever a log prints and whenever it is asked for: what comes out is what went in, or an honest word."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from hypothesis import given, settings
from hypothesis import strategies as st

from vasttui.logs.events import Lines
from vasttui.logs.merge import TailMerge

TAIL = 16


@dataclass
class Reader:
    """What a user has seen: the text since the last mark that the log began anew, and whether anything was said to be
    missing.
    """

    merge: TailMerge = field(default_factory=TailMerge)
    out: list[str] = field(default_factory=list)
    live: str = ""
    gaps: int = 0
    resets: int = 0
    at_least: bool = False
    stale: bool = False

    def take(self, lines: Lines) -> None:
        self.stale = lines.stale
        if lines.reset:
            self.resets, self.out = self.resets + 1, []
        self.gaps += lines.gap
        self.at_least |= lines.at_least
        self.out += lines.new
        if lines.new or lines.gap or lines.reset:
            self.live = ""
        if lines.live is not None:
            self.live = lines.live

    def come_back(self, kept: int) -> None:
        """The program is started again and knows so many of the last lines."""
        self.merge = TailMerge(self.out[-kept:])


@dataclass
class Machine:
    """A log that is asked for tails, and what it answered."""

    stream: Sequence[str]
    printed: int = 0
    answers: list[tuple[list[str], int]] = field(default_factory=list)

    def window(self, asked: int) -> list[str]:
        return list(self.stream[max(0, self.printed - asked) : self.printed])


def run(machine: Machine, steps: list[tuple[str, int]], first: int) -> tuple[Reader, list[str]]:
    """Print and poll; gives what was seen, and all lines from the first that was ever asked for."""
    reader = Reader()
    machine.printed = min(first, len(machine.stream))
    start = max(0, machine.printed - TAIL)
    old = 0
    for kind, number in [("poll", 0), *steps]:
        asked = TAIL
        if kind == "longer":
            asked = TAIL * (1 + number % 3)
        if kind in ("poll", "longer", "half"):
            machine.printed = min(len(machine.stream), machine.printed + number % 9)
        if kind == "half" and machine.printed < len(machine.stream):
            line = machine.stream[machine.printed]
            window = [*machine.window(asked - 1), line[: number % (len(line) + 1)] or "…"]
            reader.take(reader.merge.feed(window, asked=asked, complete_last_line=False))
            assert reader.live == window[-1] or reader.at_least or reader.stale
            continue
        old = old + 1 if kind == "old" else 0
        if machine.answers and 0 < old < 3:
            window, asked = machine.answers[-1 - number % min(4, len(machine.answers))]
            reader.take(reader.merge.feed(window, asked=asked))
            continue
        if kind == "again":
            reader.come_back(kept=3 * TAIL + number)
            machine.answers.clear()
        window = machine.window(asked)
        machine.answers.append((window, asked))
        reader.take(reader.merge.feed(window, asked=asked))
    return reader, list(machine.stream[start : machine.printed])


STEPS = st.lists(
    st.tuples(st.sampled_from(["poll", "poll", "longer", "half", "old", "again"]), st.integers(0, 40)), max_size=25
)
TEXT = st.lists(st.sampled_from(["heartbeat", "", "step", None, None]), min_size=20, max_size=200).map(
    lambda kinds: [
        kind if kind is not None and place % 4 else f"unique {place}" for place, kind in enumerate(kinds)
    ]
)


@settings(max_examples=400)
@given(TEXT, STEPS, st.integers(0, 40))
def test_what_comes_out_is_what_went_in(stream: list[str], steps: list[tuple[str, int]], first: int) -> None:
    reader, expected = run(Machine(stream), steps, first)
    assert reader.out == expected
    assert (reader.gaps, reader.resets) == (0, 0)


PERIODIC = st.tuples(st.lists(st.sampled_from("ab"), min_size=1, max_size=30), st.integers(1, 60)).map(
    lambda made: (made[0] * made[1])[:200]
)


@settings(max_examples=600)
@given(st.lists(st.sampled_from("ab"), max_size=120) | PERIODIC, STEPS, st.integers(0, 40))
def test_text_that_repeats_is_never_doubled_nor_cut_in_silence(
    stream: list[str], steps: list[tuple[str, int]], first: int
) -> None:
    reader, expected = run(Machine(stream), steps, first)
    assert reader.out == expected or reader.gaps or reader.at_least or reader.stale
    assert reader.gaps or len(reader.out) <= len(expected)
    assert not reader.resets
