"""`vasttui stop|start|reboot|label|bid|destroy`."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING

import click

from vasttui.cli import complain
from vasttui.cli.amounts import Amount
from vasttui.cli.output import confirm, say
from vasttui.cli.wiring import Wiring, run
from vasttui.errors import KeyRefused, NotFound, Rejected, VastError

if TYPE_CHECKING:
    from vasttui.controller import Controller

IDS = click.argument("ids", nargs=-1, required=True, type=click.IntRange(min=1), metavar="ID...")
YES = click.option("--yes", "-y", is_flag=True, help="Do not ask.")
PARTLY = 5


def _each(
    wiring: Wiring, ids: tuple[int, ...], act: Callable[[Controller, int], Awaitable[None]], done: str
) -> None:
    """Do it to each; leave as `_leave` says."""

    async def main() -> list[VastError]:
        errors: list[VastError] = []
        async with wiring.controller() as controller:
            await _try_each(ids, errors, lambda i: act(controller, i), done)
        return errors

    wiring.need_writable()
    _leave(ids, run(main()))


async def _try_each(
    ids: tuple[int, ...], errors: list[VastError], act: Callable[[int], Awaitable[None]], done: str = ""
) -> tuple[int, ...]:
    """Do it to each and say so; a failure is told, added to `errors` and stops none of the others.

    Returns:
        Those with which it went well.
    """
    good = []
    for instance_id in dict.fromkeys(ids):
        try:
            await act(instance_id)
        except KeyRefused:
            raise  # It goes for all of them.
        except VastError as error:
            complain(error)
            errors.append(error)
        else:
            good.append(instance_id)
            if done:
                say(f"{instance_id} {done}")
    return tuple(good)


def _leave(ids: tuple[int, ...], errors: list[VastError]) -> None:
    """Leave with the error's own code when all failed, with 5 when some did."""
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
@click.argument("price", type=Amount(min=0.001), metavar="$")
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

    _leave(ids, run(_destroy_all(wiring, ids)))


async def _destroy_all(wiring: Wiring, ids: tuple[int, ...]) -> list[VastError]:
    """Send all, then wait for all, so that the last does not go on billing while the first is waited for."""
    errors: list[VastError] = []
    async with wiring.controller() as controller:
        await controller.first_listing()
        sent = await _try_each(ids, errors, lambda i: _destroy(controller, i))
        waiting = asyncio.create_task(_still_waiting(sent))
        try:
            await _try_each(sent, errors, lambda i: _until_gone(controller, i), "is gone")
        finally:
            waiting.cancel()
    return errors


async def _destroy(controller: Controller, instance_id: int) -> None:
    if controller.picture().box(instance_id) is None:
        raise NotFound(f"there is no instance {instance_id}", hint="vasttui instances lists them.")
    await controller.destroy(instance_id)


async def _until_gone(controller: Controller, instance_id: int) -> None:
    from vasttui.controller.waiting import settled

    doubt = f"{instance_id}: its destroy was sent, no listing confirms it"
    await settled(controller, controller.until_gone(instance_id), doubt)
    if controller.picture().box(instance_id) is not None:
        raise Rejected(f"{instance_id} is still listed: Vast.ai refused to destroy it", hint="It goes on billing.")


async def _still_waiting(ids: tuple[int, ...]) -> None:
    await asyncio.sleep(15)
    say(f"{', '.join(map(str, ids))}: destroyed, waiting until the listing no longer shows it")
