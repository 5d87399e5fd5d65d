"""How soon something is on the screen: vasttui against a Textual app that says hello.

    python tests/bench/bench_first_paint.py [rounds]

Milliseconds from exec until the bytes are in the terminal, medians; all take turns. The first table is measured with
the simulator of `--demo`, which has to start too, and with one that runs already, as Vast.ai does.
Absolute values belong to one machine; compare the ratios.
"""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager

from terminal import VASTTUI, Terminal, bare, clean_environment, median_ms

SKELETON = "1 Offers"
ROW = "RTX 4090"

BARE = "bare Textual app"
CASES = (
    (BARE, bare("hello"), "hello, terminal"),
    ("skeleton, --demo", (*VASTTUI, "--demo"), SKELETON),
    ("first table, --demo", (*VASTTUI, "--demo"), ROW),
    ("skeleton", VASTTUI, SKELETON),
    ("first table", VASTTUI, ROW),
)


@contextmanager
def simulator() -> Iterator[Mapping[str, str]]:
    """A simulated Vast.ai that runs already: the variables that lead there."""
    command = (sys.executable, "-m", "vasttui.sim", "--instances", "5", "--until-stdin-closes")
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        said = json.loads(process.stdout.readline())
        yield {"VASTAI_API_KEY": said["api_key"], "VASTAI_API_BASE_URL": said["url"]}
        process.stdin.close()


def measure(rounds: int) -> dict[str, list[float]]:
    """Seconds of each round by case."""
    times: dict[str, list[float]] = {name: [] for name, _, _ in CASES}
    with clean_environment() as plain, simulator() as served:
        for _ in range(rounds):
            for name, command, text in CASES:
                with Terminal(command, {**plain, **served}) as terminal:
                    times[name].append(terminal.seconds_until(text))
    return times


def main() -> None:
    """Measure and print."""
    times = measure(int(sys.argv[1]) if len(sys.argv) > 1 else 9)
    base = median_ms(times[BARE])
    print(f"exec to bytes on the terminal, ms\n{'':24}{'median':>8}{'ratio':>8}{'least':>8}{'most':>8}")
    for name, seconds in times.items():
        median = median_ms(seconds)
        print(f"{name:24}{median:8.0f}{median / base:8.2f}{min(seconds) * 1000:8.0f}{max(seconds) * 1000:8.0f}")


if __name__ == "__main__":
    main()
