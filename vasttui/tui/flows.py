"""From a key on a row to the command: ask first, then do, then say how it went.

Each function starts its own worker and returns at once.
"""

from __future__ import annotations

import asyncio
import signal
from collections.abc import Callable, Coroutine
from typing import TYPE_CHECKING, Any

from textual.app import SuspendNotSupported

from vasttui.api.models import Offer
from vasttui.errors import SshError, UsageError
from vasttui.jobs.spec import LABEL_LIMIT
from vasttui.snapshot import Box
from vasttui.tui.dialogs.confirm import Confirm, Question
from vasttui.tui.dialogs.prompt_text import PromptText
from vasttui.tui.dialogs.questions import (
    destroy_question,
    is_running,
    name_of,
    reboot_question,
    start_question,
    stop_question,
)
from vasttui.tui.format import money

if TYPE_CHECKING:
    from vasttui.tui.app import VastApp
    from vasttui.tui.panes.pane import Pane


def rent(pane: Pane, offer: Offer) -> None:
    """Show the rent form for an offer, and rent when its button is pressed."""
    shell = pane.shell

    async def ask() -> None:
        from vasttui.tui.dialogs.rent import RentDialog

        plan = await shell.push_screen_wait(RentDialog(offer, shell.control))
        if plan is None:
            return
        instance_id = await shell.control.rent(offer, plan)
        if instance_id is None:
            shell.say("The answer was lost. It was not sent again; the next listings tell whether it worked.")
        else:
            shell.say(f"Rented {plan.label or offer.gpu_name or 'it'}: instance {instance_id}")
            shell.show_box(instance_id)

    shell.run_command(ask(), "rent")


def destroy(pane: Pane, box: Box) -> None:
    """Destroy an instance after a question that names what is lost."""
    _confirmed(pane, destroy_question(box, pane.now), lambda: pane.control.destroy(box.id), box)


def stop_or_start(pane: Pane, box: Box) -> None:
    """Stop what runs, start what does not, after a question that says what it costs."""
    if is_running(box) or box.instance.intended_status == "running":
        _confirmed(pane, stop_question(box), lambda: pane.control.stop(box.id), box)
    else:
        _confirmed(pane, start_question(box), lambda: pane.control.start(box.id), box)


def reboot(pane: Pane, box: Box) -> None:
    """Restart the container after a question."""
    _confirmed(pane, reboot_question(box), lambda: pane.control.reboot(box.id), box)


def set_label(pane: Pane, box: Box) -> None:
    """Ask for a label and set it."""
    dialog = PromptText(
        f"Label of instance {box.id}",
        "A name that you will know it by.",
        box.label,
        verb="Set label",
        max_length=LABEL_LIMIT,
    )
    shell = pane.shell

    async def ask() -> None:
        text = await shell.push_screen_wait(dialog)
        if text is not None and text != box.label:
            await shell.control.set_label(box.id, text)

    shell.run_command(ask(), f"label {name_of(box)}")


def dollars(text: str) -> float:
    """A bid as typed, $/h.

    Raises:
        UsageError: not a number above 0.
    """
    try:
        value = float(text.strip().removeprefix("$"))
    except ValueError:
        value = 0.0
    if not 0 < value < 1000:
        raise UsageError(f"a bid in $/h is a number above 0, not {text.strip()[:20]!r}")
    return value


def change_bid(pane: Pane, box: Box) -> None:
    """Ask for another bid and send it."""
    instance, shell = box.instance, pane.shell
    if not instance.is_bid:
        shell.say(f"{name_of(box)} is on-demand: it has no bid.")
        return
    now = instance.dph_base
    least = "" if instance.min_bid is None else f" The least that wins now is {money(instance.min_bid, 3, sign=True)}/h."
    dialog = PromptText(
        f"Bid for {name_of(box)}",
        f"$/h for the GPUs; the disk comes on top.{least}",
        "" if now is None else money(now, 3),
        verb="Bid",
        check=dollars,
        max_length=12,
    )

    async def ask() -> None:
        text = await shell.push_screen_wait(dialog)
        if text is not None and (now is None or text != money(now, 3)):
            await shell.control.change_bid(box.id, dollars(text))

    shell.run_command(ask(), f"bid for {name_of(box)}")


def open_shell(pane: Pane, box: Box) -> None:
    """Give the terminal to ssh; the dashboard goes on behind it and comes back when ssh ends."""
    shell = pane.shell
    shell.run_command(_ssh(shell, box), f"shell on {name_of(box)}")


async def _ssh(shell: VastApp, box: Box) -> None:
    argv = shell.control.ssh_argv(box.id)
    loop = asyncio.get_running_loop()
    try:
        # ssh takes the terminal's signals; ^C in front of its password prompt must not end the dashboard too.
        with shell.suspend(), shell.batch_update():
            loop.add_signal_handler(signal.SIGINT, lambda: None)
            try:
                code = await _run(argv)
            finally:
                loop.remove_signal_handler(signal.SIGINT)
    except SuspendNotSupported as error:
        raise SshError("this terminal cannot be handed to ssh", hint=f"Run it yourself: {' '.join(argv)}") from error
    if code == 255:
        raise SshError(f"ssh to {name_of(box)} ended with an error", hint=f"Try it yourself: {' '.join(argv)}")


async def _run(argv: list[str]) -> int:
    """Run a program on our terminal; end it when we are cancelled."""
    try:
        process = await asyncio.create_subprocess_exec(*argv)
    except OSError as error:
        raise SshError(f"{argv[0]} cannot be run: {error.strerror}", hint="Install an OpenSSH client.") from error
    try:
        return await process.wait()
    finally:
        if process.returncode is None:
            process.terminate()


def _confirmed(
    pane: Pane, question: Question, command: Callable[[], Coroutine[Any, Any, None]], box: Box
) -> None:
    """Ask, and run the command that `command()` makes when the answer is yes."""
    shell = pane.shell

    async def ask() -> None:
        if await shell.push_screen_wait(Confirm(question)):
            await command()

    shell.run_command(ask(), f"{question.verb.lower()} {name_of(box)}")

