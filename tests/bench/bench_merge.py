"""Finding the new lines of a re-fetched tail: our merge against difflib on the same texts, 10,000 lines each.

    python tests/bench/bench_merge.py

Milliseconds of the slowest of some polls, each the median of several rounds. difflib is there for its time only: on
text that repeats its result is wrong.
"""

from __future__ import annotations

import difflib
import time
from collections.abc import Callable, Sequence

from vasttui.logs.merge import TailMerge

Texts = Callable[[int], list[str]]
"""A window by the number of its first line."""


def adversarial(count: int) -> dict[str, Texts]:
    """Texts by the number of their first line."""
    half = count // 2
    return {
        "unique": lambda at: [f"step {number} of a log line as long as they are" for number in range(at, at + count)],
        "heartbeats": lambda at: ["beat"] * count,
        "heartbeats, then x": lambda at: ["beat"] * (count - 1) + [f"x{at}"],
        "x within": lambda at: ["beat"] * (half - at) + ["x"] + ["beat"] * (count - half + at - 1),
        "equal first lines": lambda at: ["beat"] * half + [f"{number}" for number in range(at, at + count - half)],
        "two kinds": lambda at: [("a", "b")[(number * number // 7) % 2] for number in range(at, at + count)],
        "nearly periodic": lambda at: [
            f"{number % 97}" if number % 4999 else f"x{number}" for number in range(at, at + count)
        ],
        "halves": lambda at: ([f"{number}" for number in range(half)] * 3)[at : at + count],
        "powers": lambda at: [f"{(number & -number).bit_length()}" for number in range(at + 1, at + count + 1)],
        **{f"period {period}": periodic(count, period) for period in (*range(2, 12), 31, 64, 100, 101)},
    }


def periodic(count: int, period: int) -> Texts:
    return lambda at: [f"{number % period}" for number in range(at, at + count)]


def merge_times(count: int = 10_000, rounds: int = 5) -> dict[str, float]:
    """Milliseconds that one merge of `count` lines takes at most, by the kind of text."""
    return {name: _slowest(text, count, rounds, _merging) for name, text in adversarial(count).items()}


def difflib_times(count: int = 10_000, rounds: int = 3) -> dict[str, float]:
    """The same for difflib, which is wrong on text that repeats."""
    texts = adversarial(count)
    return {name: _slowest(texts[name], count, rounds, _matching) for name in ("unique", "heartbeats, then x")}


def _slowest(text: Texts, count: int, rounds: int, method: Callable[[int], Callable[[Sequence[str]], object]]) -> float:
    """Of some polls of a log the slowest, each the median of several rounds."""
    windows = [text(at) for at in (0, 5, 5, count // 2 - 1, 3)]
    runs = []
    for _ in range(rounds):
        feed, run = method(count), list[float]()
        for window in windows:
            # Strings of their own, as they come from a reply: nothing is hashed before.
            fresh = ["".join(list(line)) for line in window]
            began = time.perf_counter()
            feed(fresh)
            run.append((time.perf_counter() - began) * 1000)
        runs.append(run)
    return max(sorted(run[step] for run in runs)[rounds // 2] for step in range(len(windows)))


def _merging(count: int) -> Callable[[Sequence[str]], object]:
    merge = TailMerge()
    return lambda window: merge.feed(window, asked=count)


def _matching(count: int) -> Callable[[Sequence[str]], object]:
    before: list[Sequence[str]] = [[]]

    def feed(window: Sequence[str]) -> object:
        found = difflib.SequenceMatcher(None, before[0], window).get_matching_blocks()
        before[0] = window
        return found

    return feed


def main() -> None:
    """Measure and print."""
    ours, stock = merge_times(), difflib_times()
    print(f"{'':24}{'vasttui ms':>12}{'difflib ms':>12}{'ratio':>8}")
    for kind, taken in sorted(ours.items(), key=lambda item: -item[1]):
        other = f"{stock[kind]:12.2f}{taken / stock[kind]:8.2f}" if kind in stock else ""
        print(f"{kind:24}{taken:12.2f}{other}")


if __name__ == "__main__":
    main()
