"""How fast a big market is decoded: 10,000 offers of the simulator, our typed rows against `json.loads`.

    python tests/bench/bench_decode.py [offers]

Medians in milliseconds of the processor's time with the answer in memory, and the memory that the result holds.
Absolute values belong to one machine; compare the ratios.
"""

from __future__ import annotations

import asyncio
import gc
import json
import statistics
import sys
import time
import tracemalloc
import urllib.request
from collections.abc import Callable

from vasttui.api.decode import decode_offers
from vasttui.sim.server import SimOptions, running

ROUNDS = 7


async def answer(offers: int) -> bytes:
    """What a simulator with that many offers says to a search that asks for all."""
    async with running(SimOptions(offers=offers)) as simulator:
        request = urllib.request.Request(
            f"{simulator.url}/api/v0/bundles/",
            data=json.dumps({"type": "on-demand", "limit": offers}).encode(),
            headers={"Authorization": f"Bearer {simulator.api_key}", "Content-Type": "application/json"},
        )
        return await asyncio.to_thread(lambda: urllib.request.urlopen(request).read())


def milliseconds(decode: Callable[[bytes], object], body: bytes) -> float:
    """Median time of a decode."""
    times = []
    for _ in range(ROUNDS):
        gc.collect()
        start = time.process_time()
        kept = decode(body)
        times.append(time.process_time() - start)
        del kept
    return statistics.median(times) * 1000


def megabytes(decode: Callable[[bytes], object], body: bytes) -> float:
    """Memory of the result."""
    tracemalloc.start()
    kept = decode(body)
    size, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    del kept
    return size / 1e6


def main() -> None:
    """Measure and print."""
    body = asyncio.run(answer(int(sys.argv[1]) if len(sys.argv) > 1 else 10_000))
    rows = len(decode_offers(body).items)
    print(f"{rows} offers, {len(body) / 1e6:.1f} MB\n{'':12}{'vasttui':>10}{'json':>10}{'ratio':>8}")
    for name, measure in (("decode, ms", milliseconds), ("memory, MB", megabytes)):
        ours, plain = measure(decode_offers, body), measure(json.loads, body)
        print(f"{name:12}{ours:10.1f}{plain:10.1f}{ours / plain:8.2f}")


if __name__ == "__main__":
    main()
