"""`vasttui rent`: one offer, once."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from vasttui.cli.amounts import Amount
from vasttui.cli.output import confirm, print_json, say
from vasttui.cli.wiring import Wiring, run
from vasttui.errors import Ambiguous, UsageError

if TYPE_CHECKING:
    from vasttui.api.models import Offer
    from vasttui.controller import Controller
    from vasttui.controller.rentals import Rented
    from vasttui.jobs.rental import RentPlan
    from vasttui.journal import Journal
    from vasttui.snapshot import Box, Level

WAIT_LIMIT = 1800.0
"""Seconds that `--wait` waits for SSH at most."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """The command's options; None is "not given"."""

    offer_id: int | None
    preset: str | None
    changes: Mapping[str, Any]
    max_price: float | None
    wait: bool
    dry_run: bool
    yes: bool
    as_json: bool


@click.command()
@click.argument("offer_id", required=False, type=click.IntRange(min=1))
@click.option("--preset", "-p", help="Preset that says what to search and what to rent.")
@click.option("--image", help="Docker image.")
@click.option("--template", metavar="HASH", help="Template to start from.")
@click.option("--disk", type=Amount(min=8), metavar="GB", help="Disk, fixed for the instance's life.")
@click.option("--env", "env", multiple=True, metavar="K=V", help="Environment of the container.")
@click.option("--port", "ports", multiple=True, metavar="P", help="Port to map, e.g. 8080:8080.")
@click.option("--onstart", metavar="CMD|@FILE", help="Start command; its output is also kept for `vasttui logs`.")
@click.option("--label", help="Label.")
@click.option("--bid", type=Amount(min=0.001), metavar="$", help="Interruptible, at this bid in $/h.")
@click.option("--runtype", help="How the container is reached; default is SSH, direct.")
@click.option("--lease", metavar="TIME", help="End it by itself after that time, e.g. 4h, whatever happens to us.")
@click.option("--lease-end", type=click.Choice(["destroy", "stop"]), help="How it ends then; destroy if not given.")
@click.option("--fallback/--no-fallback", default=None, help="Offer gone: the next equal one, up to --max-price.")
@click.option("--race", type=click.IntRange(1, 4), metavar="N", help="Rent N equal offers, keep the first ready one.")
@click.option("--max-price", type=Amount(min=0), metavar="$", help="Ceiling in $/h for this rental.")
@click.option("--wait", is_flag=True, help="Return when SSH is ready.")
@click.option("--dry-run", is_flag=True, help="Print what would be sent; spend nothing.")
@click.option("--yes", "-y", is_flag=True, help="Do not ask.")
@click.option("--json", "as_json", is_flag=True, help="One JSON document.")
@click.pass_obj
def rent(
    wiring: Wiring,
    offer_id: int | None,
    preset: str | None,
    image: str | None,
    template: str | None,
    disk: float | None,
    env: tuple[str, ...],
    ports: tuple[str, ...],
    onstart: str | None,
    label: str | None,
    bid: float | None,
    runtype: str | None,
    lease: str | None,
    lease_end: str | None,
    fallback: bool | None,
    race: int | None,
    max_price: float | None,
    wait: bool,
    dry_run: bool,
    yes: bool,
    as_json: bool,
) -> None:
    """Rent OFFER_ID, or the best offer of the preset.

    \b
    Example:
      vasttui rent 9000117 --image pytorch/pytorch --disk 40 --label train-a --wait
      vasttui rent --preset cheap --lease 4h --max-price 0.40 --fallback
    """
    given = {
        "image": image,
        "template": template,
        "disk_gb": disk,
        "env": _environment(env) if env else None,
        "ports": tuple(map(_port, ports)) or None,
        "onstart": _command(onstart) if onstart is not None else None,
        "label": label,
        "bid": bid,
        "runtype": runtype,
        "lease": _lease(lease) if lease is not None else None,
        "lease_end": lease_end,
        "fallback": fallback,
        "race": race,
    }
    changes = {key: value for key, value in given.items() if value is not None}
    if not dry_run:
        wiring.need_writable()
    run(_main(wiring, Wanted(offer_id, preset, changes, max_price, wait, dry_run, yes, as_json)))


def _lease(text: str) -> float | None:
    from vasttui.config.kinds import BadValueError, Duration

    try:
        return Duration(300, 30 * 86_400).parse(text)
    except BadValueError as error:
        raise click.BadParameter(f"{text[:40]!r}: expected {error}", param_hint="--lease") from error


def _environment(pairs: tuple[str, ...]) -> dict[str, str]:
    found = {}
    for pair in pairs:
        name, equals, value = pair.partition("=")
        if not equals or not name.isascii() or not name.isidentifier():
            raise click.BadParameter(f"{pair.partition('=')[0]!r}: expected NAME=value", param_hint="--env")
        found[name] = value
    return found


def _port(text: str) -> str:
    from vasttui.config.keys import PORT
    from vasttui.config.kinds import BadValueError

    try:
        return PORT.parse(text)
    except BadValueError as error:
        raise click.BadParameter(f"{text[:40]!r}: expected {error}", param_hint="--port") from error


def _command(text: str) -> str:
    if not text.startswith("@"):
        return text
    try:
        return Path(text[1:]).read_text(encoding="utf-8")
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or "it is not UTF-8 text"
        raise click.BadParameter(f"{text[1:]}: {reason}", param_hint="--onstart") from error


async def _main(wiring: Wiring, wanted: Wanted) -> None:
    from vasttui.cli.rent_choice import choose
    from vasttui.cli.rent_plan import print_plan

    async with wiring.driving() as (controller, journal):
        choice = await choose(controller, wanted)
        offer, plan = choice.offer, choice.plan
        _check_lease(plan)
        await print_plan(controller, choice)
        controller.check_rent(offer, plan)
        if wanted.dry_run:
            print_json(_request(offer, controller.armed(plan)))
            return
        asked = controller.latest(offer)
        confirm(_question(asked, plan), yes=wanted.yes)
        if not wanted.yes:
            await look_again(controller, asked, plan)
        await _rent(controller, journal, offer, plan, wanted)


def _check_lease(plan: RentPlan) -> None:
    """Raise UsageError for a lease that the instance could not keep."""
    from vasttui.jobs.rental import unarmed_reason

    if plan.lease is not None and (reason := unarmed_reason(plan)):
        raise UsageError(f"--lease: {reason}", hint="Choose another run type, or watch over it yourself.")


async def look_again(controller: Controller, offer: Offer, plan: RentPlan) -> None:
    """The question may have stood for long: raise UsageError when the answer was to another price."""
    from vasttui.jobs.money_checks import MOVED
    from vasttui.offers.price import hourly

    await controller.inspect(offer)
    asked, now = (hourly(row, plan.disk_gb, plan.bid) for row in (offer, controller.latest(offer)))
    if asked is not None and now is not None and now > MOVED * asked:
        moved = f"offer {offer.id}: ${now:.3f}/h now, the question was about ${asked:.3f}/h"
        raise UsageError(moved, hint="Nothing was rented. Give the command again.")


def _question(offer: Offer, plan: RentPlan) -> str:
    from vasttui.offers.price import hourly

    price = hourly(offer, plan.disk_gb, plan.bid)
    shown = "an unknown price" if price is None else f"${price:.3f}/h, ${price * 24:.2f} a day"
    gpus = f"{offer.num_gpus or '?'}×{offer.gpu_name or '?'}"
    end = f", to end by itself after {plan.lease / 3600:g} h" if plan.lease is not None else ""
    race = f", and {plan.race - 1} more like it until the first is ready" if plan.race > 1 else ""
    return f"Rent {gpus} of host {offer.host_id} with {plan.disk_gb:g} GB for {shown}{race}{end}?"


def _request(offer: Offer, plan: RentPlan) -> dict[str, Any]:
    from vasttui.jobs.estimate import shown_request

    return {
        "offer_id": offer.id,
        "dph_total": offer.dph_total,
        "lease": plan.lease,
        "fallback": plan.fallback,
        "race": plan.race,
        "request": shown_request(plan),
    }


async def _rent(controller: Controller, journal: Journal, offer: Offer, plan: RentPlan, wanted: Wanted) -> None:
    from vasttui.snapshot import Level

    began = len(controller.picture().events)
    try:
        rented = await _rented(controller, offer, plan)
    except asyncio.CancelledError:
        say(_left_behind(offer, plan))
        raise
    say(f"rented: instance {rented.instance_id}")
    said: dict[str, Any] = {
        "instance_id": rented.instance_id,
        "offer_id": rented.offer_id,
        "label": rented.label,
        "dph_total": intent.dph if (intent := journal.intent(rented.label)) is not None else None,
        "intent": rented.intent,
    }
    try:
        if wanted.wait:
            said |= await _ready(controller, rented.instance_id)
    finally:
        _tell(controller, began, Level.BAD, rented.instance_id)
    if wanted.as_json:
        print_json(said)
    else:
        click.echo(str(rented.instance_id))


def _left_behind(offer: Offer, plan: RentPlan) -> str:
    """What an interruption of a rental leaves open."""
    if plan.race > 1:
        return "interrupted: all that was rented for the race bills on until vasttui runs again and ends all but one"
    return f"interrupted: offer {offer.id} may be rented all the same; `vasttui instances` tells"


def _tell(controller: Controller, began: int, level: Level, instance_id: int | None = None) -> None:
    """Tell the events of a level since the number `began`; with an instance, those that are about it."""
    for event in controller.picture().events[began:]:
        if event.level is level and instance_id in (None, event.instance_id):
            say(event.text)


async def _rented(controller: Controller, offer: Offer, plan: RentPlan) -> Rented:
    """The rental that stays: of a race its winner, of an offer that is gone what was taken in its place."""
    from vasttui.controller.waiting import settled
    from vasttui.snapshot import Level

    say(f"renting offer {offer.id}")
    before = len(controller.picture().events)
    try:
        instance_id = await controller.rent(offer, plan)
    finally:
        _tell(controller, before, Level.LOOK)
    if instance_id is None:
        say("the answer was lost; looking for the label in the listing, for two minutes and more")
    if plan.race > 1:
        say("waiting until the race is decided; all but one are destroyed")
    doubt = f"offer {offer.id}: whether it was rented is not known"
    rented = await settled(controller, controller.settled(offer.id), doubt)
    if rented is None and plan.race > 1:
        raise Ambiguous("the race is over and none of its instances is left", hint="`vasttui instances` tells.")
    if plan.race > 1:
        await settled(controller, controller.losers_gone(offer.id), "the others of the race were told to end")
    if rented is None:
        raise Ambiguous("nothing was rented: the answer was lost and no instance bears the label", hint="Try again.")
    return rented


async def _ready(controller: Controller, instance_id: int) -> dict[str, str | None]:
    from vasttui.controller.waiting import until_ready

    say("waiting for SSH; ^C ends the waiting, the instance goes on")
    box = await until_ready(controller, instance_id, WAIT_LIMIT, _say_phase)
    address = box.instance.ssh_direct or box.instance.ssh_proxy
    return {"phase": box.phase.value, "ssh": f"ssh://root@{address[0]}:{address[1]}" if address else None}


def _say_phase(box: Box) -> None:
    say(f"{box.id} {box.phase.value} {box.status}".rstrip())
