"""What a dashboard costs that nobody touches: `vasttui --demo` against a Textual app with a clock.

    python tests/bench/bench_idle.py [seconds]

Processor time of the dashboard's own process (not of the simulator's) in percent of one core, and bytes that it writes
to the terminal in a second; all run at the same time, after ten seconds to settle. On the demo, whose clock runs ten
times as fast, prices drift and five boxes work and print; on `offers` the market is in sight, on `fleet` the boxes with
a log that is followed. Linux only. Absolute values belong to one machine; compare the ratios.
"""

from __future__ import annotations

import os
import sys
import time
from contextlib import ExitStack

from terminal import VASTTUI, Terminal, bare, clean_environment

SETTLE = 10.0


def main() -> None:
    """Measure and print."""
    seconds = float(sys.argv[1]) if len(sys.argv) > 1 else 20.0
    cases = {
        "bare Textual app": (bare("hello"), ""),
        "Textual clock": (bare("clock"), ""),
        "vasttui, offers": ((*VASTTUI, "--demo"), "1"),
        "vasttui, fleet": ((*VASTTUI, "--demo"), "2"),
    }
    with ExitStack() as stack:
        running = {}
        for name, (command, key) in cases.items():
            environment = stack.enter_context(clean_environment())
            running[name] = stack.enter_context(Terminal(command, environment))
            if key:
                running[name].seconds_until("RTX 4090")
                running[name].type(key)
        read(running, SETTLE)
        before = {name: (one.cpu_seconds(), len(one.written)) for name, one in running.items()}
        passed = read(running, seconds)
        after = {name: (one.cpu_seconds(), len(one.written)) for name, one in running.items()}
    print(f"idle for {passed:.0f} s, {os.cpu_count()} cores\n{'':20}{'CPU %':>8}{'ratio':>8}{'bytes/s':>10}")
    cpu = {name: (after[name][0] - before[name][0]) / passed for name in cases}
    for name, share in cpu.items():
        written = (after[name][1] - before[name][1]) / passed
        print(f"{name:20}{share * 100:8.2f}{share / cpu['Textual clock']:8.2f}{written:10.0f}")


def read(running: dict[str, Terminal], seconds: float) -> float:
    """Keep all terminals empty for that long; how long it was."""
    start = time.monotonic()
    while time.monotonic() - start < seconds:
        for terminal in running.values():
            terminal.read_for(0.05)
    return time.monotonic() - start


if __name__ == "__main__":
    main()
