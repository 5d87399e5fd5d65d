"""What it costs to look for progress in a log: ordinary lines, bars and marks, each against the least of all looks.

    python tests/bench/bench_progress.py [lines]

Microseconds a line, the median of several rounds in one run, and how often as long that is as `plain`, which only
takes the escapes out of a line. Absolute values belong to one machine; compare the ratios.
"""

from __future__ import annotations

import statistics
import sys
import time
from collections.abc import Callable

from vasttui.jobs.forms import read
from vasttui.jobs.progress import ProgressReader
from vasttui.jobs.signs import SignReader
from vasttui.logs.clean import plain

ROUNDS = 5
KINDS = {
    "ordinary": "2026-11-22 10:00:{0:02d} INFO [trainer.py:{0}] checkpoint written to /out/model-{0}.pt in 3.2 s",
    "apt": "Get:{0} http://archive.ubuntu.com/ubuntu jammy/main amd64 libfoo{0} amd64 1:2.{0}-1 [429 kB]",
    "JSON": '{{"logger": "server", "timestamp": "2026-10-22T17:36:06.{0}", "severity": "INFO", "text": "request {0}"}}',
    "access": '10.0.0.{0} - - [22/Nov/2026:10:00:00 +0000] "GET /view/{0} HTTP/1.1" 200 5123',
    "tqdm": "steps:  50%|█████     | {0}/2000 [09:57<09:14,  1.81it/s, avr_loss=0.0725]",
    "facts": "{{'loss': 0.514, 'grad_norm': 8.5{0}, 'learning_rate': 2.8e-05, 'epoch': 1.31}}",
    "step": "step {0}/2000 loss=0.31",
    "mark": '::vasttui progress=42 step={0} total=2000 phase="train" loss=0.31',
}


def following() -> Callable[[str], object]:
    """What is done with each line of a log that is followed."""
    reader, signs = ProgressReader(), SignReader()

    def look(line: str) -> None:
        reader.feed(line)
        signs.feed(line)

    return look


def microseconds(look: Callable[[str], object], lines: list[str]) -> float:
    """Median time of a look at one line."""
    times = []
    for _ in range(ROUNDS):
        start = time.process_time()
        for line in lines:
            look(line)
        times.append(time.process_time() - start)
    return statistics.median(times) / len(lines) * 1e6


def main() -> None:
    """Measure and print."""
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 2000
    names = ("plain", "read", "feed", "with signs")
    print(f"{'µs a line':12}" + "".join(f"{name:>12}" for name in names) + f"{'times plain':>14}")
    for kind, form in KINDS.items():
        lines = [form.format(number) for number in range(count)]
        looks: tuple[Callable[[str], object], ...] = (plain, read, ProgressReader().feed, following())
        taken = [microseconds(look, lines) for look in looks]
        print(f"{kind:12}" + "".join(f"{value:12.2f}" for value in taken) + f"{taken[-1] / taken[0]:14.1f}")


if __name__ == "__main__":
    main()
