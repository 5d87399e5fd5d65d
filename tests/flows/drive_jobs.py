"""A program that drives jobs and can be killed: `python -m tests.flows.drive_jobs STATE URL KEY SSH_KEY [JOB INPUT…]`.

With a job file it queues a batch, unless there is one already; it ends when all batches are closed. DRIVE_LEASE and
DRIVE_GRACE, seconds, stand instead of the job's own.
"""

from __future__ import annotations

import asyncio
import os
import sys
from dataclasses import replace
from pathlib import Path

from vasttui.api import Pacer, Timeouts, VastClient
from vasttui.config import Config, Pace, Paths
from vasttui.controller import Controller, Link, poll, rentals
from vasttui.controller.jobs import driving, offers, runner, switches, work
from vasttui.jobs.spec import BatchRequest
from vasttui.journal import Journal

QUICK = Pace(instances=0.1, instances_idle=0.1, offers=0.3, account=0.2, logs=0.1, logs_idle=0.2, ssh=0.1)


QUICKLY: dict[str, dict[str, object]] = {
    poll.__name__: {"BACKOFF": (0.05, 0.1)},
    rentals.__name__: {"SETTLE_AFTER": 2.0},
    driving.__name__: {"TURN_EVERY": 0.1, "LEAST": 0.02, "CHARGES_AFTER": 0.3},
    offers.__name__: {"FRESH": 1.0, "AGAIN": 0.2},
    runner.__name__: {"URGENT": 1.0},
    switches.__name__: {"BEAT_EVERY": 1.0, "SOON": 0.4},
    work.__name__: {"AGAIN": 0.3},
}
"""What is counted in minutes on the real service, at the speed of the simulator: module, name, value."""


def hurry() -> None:
    """Count like that in this program."""
    for module, values in QUICKLY.items():
        for name, value in values.items():
            setattr(sys.modules[module], name, value)


def config_in(folder: Path) -> Config:
    """Settings whose state is kept in a folder."""
    places = ("config_dir", "state_dir", "cache_dir", "themes_dir")
    return Config(
        paths=Paths(config_file=folder / "none.yaml", **dict.fromkeys(places, folder)), pace=QUICK, min_vram_gb=0
    )


async def main(folder: Path, url: str, key: str, ssh_key: Path, job: str, inputs: tuple[str, ...]) -> None:
    timeouts = Timeouts(connect=2, read=0.4, rent=3, total=6)

    async def connect() -> Link:
        return Link(client, ssh_key)

    config = config_in(folder)
    with Journal(folder / "journal.sqlite") as journal:
        async with VastClient(key, url, pacer=Pacer(scale=0), timeouts=timeouts, read_tries=1) as client:
            controller = Controller(config, journal, connect)
            async with controller.running():
                controller.drive_jobs()
                await controller.connected()
                if job and not journal.batches():
                    plan = await controller.plan_batch(BatchRequest(path=Path(job), inputs=inputs))
                    lease, grace = (float(os.environ.get(name, "3600")) for name in ("DRIVE_LEASE", "DRIVE_GRACE"))
                    await controller.start_batch(replace(plan, spec=replace(plan.spec, lease=lease, grace=grace)))
                while not all(batch.closed for batch in journal.batches()):
                    await controller.next_change()


if __name__ == "__main__":
    hurry()
    place, url, key, ssh_key, *rest = sys.argv[1:]
    asyncio.run(main(Path(place), url, key, Path(ssh_key), rest[0] if rest else "", tuple(rest[1:])))
