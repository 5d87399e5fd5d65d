"""`vasttui stop|start|reboot|label|bid|destroy`."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING

import click

from vasttui.cli import complain
from vasttui.cli.output import confirm, say
from vasttui.cli.wiring import Wiring, run
from vasttui.errors import VastError

if TYPE_CHECKING:
    from vasttui.controller import Controller

IDS = click.argument("ids", nargs=-1, required=True, type=click.IntRange(min=1), metavar="ID...")
YES = click.option("--yes", "-y", is_flag=True, help="Do not ask.")
PARTLY = 5


def _each(
    wiring: Wiring, ids: tuple[int, ...], act: Callable[[Controller, int], Awaitable[None]], done: str
) -> None:
    """Do it to each; leave with the error's own code when all failed alike, with 5 when some did."""

    async def main() -> list[VastError]:
        errors: list[VastError] = []
        async with wiring.controller() as controller:
            for instance_id in dict.fromkeys(ids):
                try:
                    await act(controller, instance_id)
                except VastError as error:
                    complain(error)
                    errors.append(error)
                else:
                    say(f"{instance_id} {done}")
        return errors

    wiring.need_writable()
    errors = run(main())
    if errors:
        some = len(errors) < len(dict.fromkeys(ids))
        raise click.exceptions.Exit(PARTLY if some else errors[0].exit_code)


@click.command()
@IDS
@click.pass_obj
def stop(wiring: Wiring, ids: tuple[int, ...]) -> None:
    """Stop instances. Their disks go on billing until they are destroyed.

    \b
    Example:
      vasttui stop 28397367
    """
    _each(wiring, ids, lambda controller, i: controller.stop(i), "stopping; its disk goes on billing")


@click.command()
@IDS
@click.pass_obj
def start(wiring: Wiring, ids: tuple[int, ...]) -> None:
    """Start stopped instances.

    \b
    Example:
      vasttui start 28397367
    """
    _each(wiring, ids, lambda controller, i: controller.start(i), "starting")


@click.command()
@IDS
@click.pass_obj
def reboot(wiring: Wiring, ids: tuple[int, ...]) -> None:
    """Restart the containers of instances; their disks stay.

    \b
    Example:
      vasttui reboot 28397367
    """
    _each(wiring, ids, lambda controller, i: controller.reboot(i), "rebooting")


@click.command()
@click.argument("instance_id", type=click.IntRange(min=1), metavar="ID")
@click.argument("text")
@click.pass_obj
def label(wiring: Wiring, instance_id: int, text: str) -> None:
    """Give an instance a label.

    \b
    Example:
      vasttui label 28397367 upscale-07
    """
    _each(wiring, (instance_id,), lambda controller, i: controller.set_label(i, text), f"is now {text!r}")


@click.command()
@click.argument("instance_id", type=click.IntRange(min=1), metavar="ID")
@click.argument("price", type=click.FloatRange(min=0.001), metavar="$")
@click.pass_obj
def bid(wiring: Wiring, instance_id: int, price: float) -> None:
    """Change the bid of an interruptible instance, in $/h.

    \b
    Example:
      vasttui bid 28397367 0.35
    """
    _each(wiring, (instance_id,), lambda controller, i: controller.change_bid(i, price), f"bids ${price:g}/h")


@click.command()
@IDS
@YES
@click.pass_obj
def destroy(wiring: Wiring, ids: tuple[int, ...], yes: bool) -> None:
    """Destroy instances and everything on their disks; returns when they are seen to be gone.

    \b
    Example:
      vasttui destroy 28397367 28397402 --yes
    """
    wiring.need_writable()
    named = ", ".join(str(i) for i in ids)
    confirm(f"Destroy {named}? Everything on the disk is lost.", yes=yes)

    async def act(controller: Controller, instance_id: int) -> None:
        await controller.first_listing()
        await controller.destroy(instance_id)
        waiting = asyncio.create_task(_still_waiting(instance_id))
        try:
            await controller.until_gone(instance_id)
        finally:
            waiting.cancel()

    _each(wiring, ids, act, "is gone")


async def _still_waiting(instance_id: int) -> None:
    await asyncio.sleep(15)
    say(f"{instance_id}: destroyed, waiting until the listing no longer shows it")
