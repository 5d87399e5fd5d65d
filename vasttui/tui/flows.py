"""From the rent key on an offer to the new instance: ask first, then do, then say how it went."""

from __future__ import annotations

from typing import TYPE_CHECKING

from vasttui.api.models import Offer

if TYPE_CHECKING:
    from vasttui.tui.app import VastApp


def rent(shell: VastApp, offer: Offer) -> None:
    """Show the rent form, rent when its button is pressed, and go to the new instance. Returns at once."""
    shell.run_command(_rent(shell, offer), f"rent offer {offer.id}")


async def _rent(shell: VastApp, offer: Offer) -> None:
    from vasttui.tui.dialogs.rent import RentDialog

    plan = await shell.push_screen_wait(RentDialog(offer, shell.control))
    if plan is None:
        return
    instance_id = await shell.control.rent(offer, plan)
    if instance_id is None:
        shell.say("The answer was lost. It was not sent again; the next listings tell whether it worked.")
        return
    name = plan.label or offer.gpu_name or "it"
    shell.show_box(instance_id)
    if plan.race > 1:
        shell.say(f"Rented {name} up to {plan.race} times: the first that is ready stays, the others are destroyed.")
        await _tell_winner(shell, offer, name)
        return
    rented = await shell.control.settled(offer.id) if plan.fallback else None
    if rented is not None and rented.offer_id != offer.id:
        shell.say(f"Offer {offer.id} was gone. Rented {name} on offer {rented.offer_id}: instance {instance_id}")
    else:
        shell.say(f"Rented {name}: instance {instance_id}")


async def _tell_winner(shell: VastApp, offer: Offer, name: str) -> None:
    winner = await shell.control.settled(offer.id)
    if winner is None:
        shell.say(f"The race for {name} is over: none of them is left.")
    else:
        shell.say(f"The race for {name} is over: instance {winner.instance_id} stays.")


def new_batch(shell: VastApp) -> None:
    """Show the form for a batch, start it when its button is pressed, and go to its jobs. Returns at once."""
    shell.run_command(_new_batch(shell), "new batch")


async def _new_batch(shell: VastApp) -> None:
    from pathlib import Path

    from vasttui.tui.dialogs.batch import BatchDialog

    plan = await shell.push_screen_wait(BatchDialog(shell.control, Path.cwd()))
    if plan is None:
        return
    batch_id = await shell.control.start_batch(plan)
    shell.say(f"Batch {batch_id}, {plan.spec.name}: its jobs are queued.")
    shell.show_batch(batch_id)
