"""What can be said of a host or a machine: asked where it needs words, done, and told in a toast."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from vasttui.errors import VastError
from vasttui.offers.hosts import Page, presets_against
from vasttui.offers.until import day_text
from vasttui.tui.dialogs.host_block import NOTE_LIMIT, Block, HostBlock
from vasttui.tui.dialogs.prompt_text import PromptText

if TYPE_CHECKING:
    from vasttui.tui.app import VastApp


def name_of(page: Page) -> str:
    """`Host 78246`, `Machine 4711`."""
    return f"{page.whose.capitalize()} {page.id}"


def allow(shell: VastApp, page: Page) -> None:
    """Allow it, or take it off the list of the allowed ones."""
    if page.verdict == "allow" and page.origin == "book":
        _withdraw(shell, page)
        return
    lifted = " The config's block no longer counts." if page.verdict == "block" else ""
    presets = presets_against(shell.control.config.presets.values(), page.whose, page.id)
    against = f" Blocked all the same by preset {', '.join(presets)}." if presets else ""
    told = f"{name_of(page)} is allowed: it is marked.{lifted}{against} a again takes it back."
    _do(shell, page, lambda: shell.control.set_host(page.id, "allow", whose=page.whose), told)


def block(shell: VastApp, page: Page) -> None:
    """Ask for a reason and an end and block it, or take the block back."""
    if page.verdict == "block" and page.origin == "book":
        _withdraw(shell, page)
        return
    dialog = HostBlock(page.whose, page.id, page.note, shell.control.clock)

    def answered(answer: Block | None) -> None:
        if answer is not None:
            _do(shell, page, lambda: _set_block(shell, page, answer), _blocked(shell, page, answer))

    shell.push_screen(dialog, answered)


def _set_block(shell: VastApp, page: Page, answer: Block) -> None:
    shell.control.set_host(page.id, "block", answer.reason, whose=page.whose, until=answer.until)
    if page.note and not answer.reason:
        shell.control.note_host(page.id, "", whose=page.whose)


def _blocked(shell: VastApp, page: Page, answer: Block) -> str:
    end = "" if answer.until is None else f" until {day_text(answer.until, shell.control.clock())}"
    reason = f": {answer.reason}" if answer.reason else ""
    return f"{name_of(page)} is blocked{end}{reason}. Its offers are cut; h shows them, and why."


def _withdraw(shell: VastApp, page: Page) -> None:
    told = f"{name_of(page)} is no longer {'blocked' if page.verdict == 'block' else 'allowed'} by you;"
    told += " what the config says of it holds."
    _do(shell, page, lambda: shell.control.set_host(page.id, None, whose=page.whose), told)


def favour(shell: VastApp, page: Page) -> None:
    """Make it a favourite, or no longer."""
    told = f"{name_of(page)} is {'no longer' if page.favourite else 'now'} a favourite."
    _do(shell, page, lambda: shell.control.favour_host(page.id, not page.favourite, whose=page.whose), told)


def note(shell: VastApp, page: Page) -> None:
    """Ask for a note and write it; an empty one is taken off."""
    sentence = f"It is shown with the offers of {page.whose} {page.id}; its verdict stays."
    dialog = PromptText(f"Note on {page.whose} {page.id}", sentence, page.note, verb="Write", max_length=NOTE_LIMIT)

    def answered(text: str | None) -> None:
        if text is not None and text != page.note:
            told = f"{name_of(page)}: {text}" if text else f"{name_of(page)} has no note any more."
            _do(shell, page, lambda: shell.control.note_host(page.id, text, whose=page.whose), told)

    shell.push_screen(dialog, answered)


def forget(shell: VastApp, page: Page) -> None:
    """Remove what is written of it."""
    told = f"{name_of(page)} is forgotten: no verdict, no note. What its rentals taught stays."
    _do(shell, page, lambda: shell.control.forget_host(page.id, whose=page.whose), told)


def _do(shell: VastApp, page: Page, act: Callable[[], None], told: str) -> None:
    try:
        act()
    except VastError as error:
        shell.report(error, name_of(page).lower())
    else:
        shell.say(told)
