"""`vasttui hosts`: the host book."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from vasttui.cli.output import print_json, print_table, say
from vasttui.cli.wiring import Wiring

if TYPE_CHECKING:
    from vasttui.controller.hosts import HostBook
    from vasttui.journal.records import HostNote, Whose
    from vasttui.offers.history import History
    from vasttui.offers.hosts import Page

HOST = click.argument("host_id", metavar="ID", type=click.IntRange(1, 2**53))
TEXT = click.argument("text", default="")
MACHINE = click.option("--machine", "whose", flag_value="machine", default="host", help="ID is a machine's.")
UNTIL = click.option("--until", metavar="TIME", default="", help="When it ends: 7d, 12h, 2026-12-03; else never.")
HEADS = ("HOST", "VERDICT", "BY", "UNTIL", "FAV", "SCORE", "RENTALS", "NOTE")


@click.group(invoke_without_command=True)
@click.option("--json", "as_json", is_flag=True, help="One JSON document.")
@click.pass_context
def hosts(ctx: click.Context, as_json: bool) -> None:
    """List what is written of hosts and machines and what your rentals taught, or change it.

    \b
    Example:
      vasttui hosts block 78246 'slow disk' --until 7d
    """
    if ctx.invoked_subcommand is not None:
        return
    from vasttui.controller.hosts import HostBook
    from vasttui.offers.history import everything, histories

    with ctx.obj.journal() as journal:
        rows = everything(HostBook(ctx.obj.config, journal).book, histories(journal.rental_records()))
    if as_json:
        print_json([_row(page, history) for page, history in rows])
    else:
        print_table(HEADS, (_cells(page, history) for page, history in rows), right=frozenset({5}))


def _row(page: Page, history: History) -> dict[str, Any]:
    learned = None
    if history.rentals:
        learned = {
            "rentals": history.rentals, "boots": history.boots, "boot_median": history.boot_median,
            "failures": dict(history.failures), "interruptions": history.interruptions,
            "promised_down": history.promised_down, "measured_down": history.measured_down,
            "spent": history.spent, "last": history.last, "score": history.score,
        }  # fmt: skip
    return {
        "host_id": page.id if page.whose == "host" else None,
        "machine_id": page.id if page.whose == "machine" else None, "verdict": page.verdict,
        "origin": page.origin if page.verdict else None, "until": page.until, "favourite": page.favourite,
        "note": page.note, "fault": page.fault, "at": page.at or None, "history": learned,
    }  # fmt: skip


def _cells(page: Page, history: History) -> tuple[str, ...]:
    import time

    from vasttui.offers.until import day_text

    score = history.score
    return (
        str(page.id) if page.whose == "host" else f"machine {page.id}",
        page.verdict or "",
        page.origin if page.verdict else "",
        "" if page.until is None else day_text(page.until, time.time()),
        "*" if page.favourite else "",
        "" if score is None else f"{100 * score:.0f}%",
        history.words,
        page.text,
    )


def _changed(wiring: Wiring, change: Callable[[HostBook], None]) -> HostBook:
    """The book after a change. Raises UsageError and StorageError."""
    from vasttui.controller.hosts import HostBook

    with wiring.journal() as journal:
        book = HostBook(wiring.config, journal)
        change(book)
        return book


def _set(wiring: Wiring, host_id: int, verdict: str, text: str, whose: Whose, until: str) -> None:
    import time

    from vasttui.offers.hosts import presets_against
    from vasttui.offers.until import day_text, read_until

    end = read_until(until, time.time())
    _changed(wiring, lambda book: book.set(host_id, verdict, text, whose=whose, until=end))
    word = "allowed" if verdict == "allow" else "blocked"
    say(f"{whose} {host_id} is {word}" + ("" if end is None else f" until {day_text(end, time.time())}"))
    against = presets_against(wiring.config.presets.values(), whose, host_id) if verdict == "allow" else ()
    for name in against:
        say(f"preset {name} blocks it all the same")


@hosts.command()
@HOST
@TEXT
@MACHINE
@UNTIL
@click.pass_obj
def allow(wiring: Wiring, host_id: int, text: str, whose: Whose, until: str) -> None:
    """Allow a host, also where the config's own lists cut it; TEXT becomes its note.

    \b
    Example:
      vasttui hosts allow 51345 'fast disk, never failed' --until 30d
    """
    _set(wiring, host_id, "allow", text, whose, until)


@hosts.command()
@HOST
@TEXT
@MACHINE
@UNTIL
@click.pass_obj
def block(wiring: Wiring, host_id: int, text: str, whose: Whose, until: str) -> None:
    """Block a host: its offers are cut from every search; TEXT is the reason.

    \b
    Example:
      vasttui hosts block 4711 'GPU falls off the bus' --machine --until 30d
    """
    _set(wiring, host_id, "block", text, whose, until)


@hosts.command()
@HOST
@click.argument("text")
@MACHINE
@click.pass_obj
def note(wiring: Wiring, host_id: int, text: str, whose: Whose) -> None:
    """Write a note on a host; its verdict stays. An empty TEXT takes the note off.

    \b
    Example:
      vasttui hosts note 51345 'slow on Sundays'
    """
    book = _changed(wiring, lambda book: book.note(host_id, text, whose=whose)).book
    page = book.page(whose, host_id)
    say(f"{whose} {host_id}: {page.note}" if page is not None and page.note else f"{whose} {host_id} has no note")


@hosts.command()
@HOST
@MACHINE
@click.option("--off", is_flag=True, help="It is no longer one.")
@click.pass_obj
def favourite(wiring: Wiring, host_id: int, whose: Whose, off: bool) -> None:
    """Make a host a favourite; its offers are marked.

    \b
    Example:
      vasttui hosts favourite 51345
    """
    _changed(wiring, lambda book: book.favour(host_id, not off, whose=whose))
    say(f"{whose} {host_id} is {'no longer' if off else 'now'} a favourite")


@hosts.command()
@HOST
@MACHINE
@click.pass_obj
def forget(wiring: Wiring, host_id: int, whose: Whose) -> None:
    """Remove a host from the book; what your rentals there taught stays.

    \b
    Example:
      vasttui hosts forget 4711 --machine
    """
    from vasttui.controller.hosts import HostBook

    with wiring.journal() as journal:
        host_book = HostBook(wiring.config, journal)
        known, book = host_book.forget(host_id, whose=whose), host_book.book
    say(f"{whose} {host_id} is forgotten" if known else f"{whose} {host_id}: nothing was written of it")
    if (page := book.page(whose, host_id)) is not None:
        say(f"the config says {page.verdict!r} of it all the same")


@hosts.command()
@click.argument("file", default="-")
@click.pass_obj
def export(wiring: Wiring, file: str) -> None:
    """Write the book to FILE as YAML, or to stdout: what you said, not the config's lists.

    \b
    Example:
      vasttui hosts export hosts.yaml
    """
    from vasttui.errors import UsageError
    from vasttui.offers.book_file import write_book

    with wiring.journal() as journal:
        text = write_book(journal.hosts())
    if file == "-":
        click.echo(text, nl=False)
        return
    try:
        Path(file).write_text(text, encoding="utf-8")
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise UsageError(f"{file}: cannot be written: {reason}") from error
    say(f"{file}: written")


@hosts.command("import")
@click.argument("file")
@click.pass_obj
def import_(wiring: Wiring, file: str) -> None:
    """Take in what FILE says; what it does not name stays. Says what changed.

    \b
    Example:
      vasttui hosts import hosts.yaml
    """
    from vasttui.config.document import read_text
    from vasttui.controller.hosts import HostBook
    from vasttui.offers.book_file import read_book

    entries = read_book(read_text(Path(file)), Path(file))
    with wiring.journal() as journal:
        changes = HostBook(wiring.config, journal).merge(entries)
    for before, after in changes:
        say(f"{after.whose} {after.host_id}: {', '.join(_differences(before, after))}")
    say(f"{len(changes)} changed, {len(entries) - len(changes)} were so already")


def _differences(before: HostNote | None, after: HostNote) -> list[str]:
    """What is new, in words."""
    import time

    from vasttui.offers.until import day_text

    words = {"allow": "allowed", "block": "blocked", None: "no verdict"}
    found = []
    was_so = (None, None) if before is None else (before.verdict, before.until)
    if was_so != (after.verdict, after.until):
        until = "" if after.until is None else f" until {day_text(after.until, time.time())}"
        was = "" if before is None or before.verdict == after.verdict else f" (was: {words[before.verdict]})"
        found.append(f"{words[after.verdict]}{until}{was}")
    if after.note != (before.note if before is not None else ""):
        found.append(f"note: {after.note}")
    if after.favourite != (before.favourite if before is not None else False):
        found.append("favourite" if after.favourite else "no favourite")
    return found
