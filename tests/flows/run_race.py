"""A program that rents a race and can be killed: `python -m tests.flows.run_race STATE URL KEY SSH_KEY`.

It begins a race of three, unless one was begun, and ends when nothing is left to be done for it.
"""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path

from tests.flows.drive_jobs import config_in, hurry
from vasttui.api import Pacer, Timeouts, VastClient
from vasttui.controller import Controller, Link
from vasttui.jobs.rental import RentPlan
from vasttui.journal import Journal
from vasttui.snapshot import Search

PLAN = RentPlan(image="pytorch/pytorch:2.2", disk_gb=20, label="race", race=3)


async def main(folder: Path, url: str, key: str, ssh_key: Path) -> None:
    timeouts = Timeouts(connect=2, read=0.4, rent=3, total=6)

    async def connect() -> Link:
        return Link(client, ssh_key)

    with Journal(folder / "journal.sqlite") as journal:
        async with VastClient(key, url, pacer=Pacer(scale=0), timeouts=timeouts, read_tries=1) as client:
            controller = Controller(config_in(folder), journal, connect)
            async with controller.running():
                await controller.connected()
                if not journal.last_intent():
                    await begin(controller)
                while journal.open_races() or journal.pending_destroys() or journal.unsettled():
                    await controller.next_change()


async def begin(controller: Controller) -> None:
    controller.search(Search(text="num_gpus=1", order="dph_total"))
    while (market := controller.picture().market.value) is None:
        await controller.next_change()
    await controller.rent(market.offers[0], PLAN)


if __name__ == "__main__":
    hurry()
    place, url, key, ssh_key = sys.argv[1:]
    asyncio.run(main(Path(place), url, key, Path(ssh_key)))
