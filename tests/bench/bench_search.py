"""How long a search takes as a whole process: `vasttui search` against the official `vastai search offers`.

    python tests/bench/bench_search.py [rounds]

Both ask the same simulator for the same rows, in turns, so that what else the computer does meets both alike. Medians
of the wall's and the processor's time in ms, and their ratios. "nothing" is the interpreter by itself.
Absolute values belong to one machine; compare the ratios.
"""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

OFFICIAL = ("-W", "ignore", "-c", "import sys; from vastai.cli.main import main; sys.exit(main())", "search", "offers")
OURS = ("-m", "vasttui", "search")
COMMON = ("num_gpus>=1 gpu_ram>=8", "--storage", "16", "--limit", "64")
CASES: dict[str, dict[str, tuple[str, ...]]] = {
    "a table": {"vastai": (*OFFICIAL, *COMMON), "vasttui": (*OURS, *COMMON)},
    "JSON": {"vastai": (*OFFICIAL, *COMMON, "--raw"), "vasttui": (*OURS, *COMMON, "--json")},
    "nothing": {"python": ("-c", "pass")},
}


@contextmanager
def simulator() -> Iterator[dict[str, str]]:
    """The environment of a client of a simulator that runs in another process."""
    command = [sys.executable, "-m", "vasttui.sim", "--until-stdin-closes", "--offers", "400"]
    with (
        tempfile.TemporaryDirectory() as home,
        subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as server,
    ):
        assert server.stdout is not None
        said = json.loads(server.stdout.readline())
        places = {f"XDG_{name}_HOME": str(Path(home) / name) for name in ("CONFIG", "CACHE", "STATE", "DATA")}
        keys = {"VAST_API_KEY": said["api_key"], "VASTAI_API_KEY": said["api_key"]}
        addresses = {"VAST_URL": said["url"], "VASTAI_API_BASE_URL": said["url"], "VASTAI_NO_UPDATE_CHECK": "1"}
        yield {"PATH": os.environ["PATH"], "HOME": home, **places, **keys, **addresses}


def run(words: Sequence[str], environment: Mapping[str, str]) -> tuple[float, float]:
    """Milliseconds of the wall and of the processor that one process takes. Raises RuntimeError when it fails."""
    start = time.perf_counter()
    process = subprocess.Popen(
        [sys.executable, *words], env=dict(environment), stdout=subprocess.DEVNULL, stderr=subprocess.PIPE
    )
    _, status, used = os.wait4(process.pid, 0)
    wall = time.perf_counter() - start
    process.returncode = os.waitstatus_to_exitcode(status)
    said = process.stderr.read() if process.stderr else b""
    if process.returncode:
        raise RuntimeError(f"{words}: exit {process.returncode}: {said.decode()[-400:]}")
    return wall * 1000, (used.ru_utime + used.ru_stime) * 1000


def median(taken: Sequence[tuple[float, float]]) -> list[float]:
    """The median of each of the two times."""
    return [statistics.median(kind) for kind in zip(*taken, strict=True)]


def main() -> None:
    """Measure and print."""
    rounds = int(sys.argv[1]) if len(sys.argv) > 1 else 15
    times: dict[tuple[str, str], list[tuple[float, float]]] = defaultdict(list)
    with simulator() as environment:
        for number in range(rounds + 1):
            for case, commands in CASES.items():
                for name, words in commands.items():
                    taken = run(words, environment)
                    if number:  # The first round fills the caches.
                        times[case, name].append(taken)
    print(f"{rounds} rounds\n{'':10}{'':10}{'wall':>8}{'CPU':>8}")
    for case, commands in CASES.items():
        medians = {name: median(times[case, name]) for name in commands}
        for name, (wall, cpu) in medians.items():
            print(f"{case:10}{name:10}{wall:8.0f}{cpu:8.0f}")
        if "vasttui" in medians:
            ratios = [ours / theirs for ours, theirs in zip(medians["vasttui"], medians["vastai"], strict=True)]
            print(f"{case:10}{'ratio':10}{ratios[0]:8.2f}{ratios[1]:8.2f}")


if __name__ == "__main__":
    main()
