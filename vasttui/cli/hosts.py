"""`vasttui hosts`: the host book."""

from __future__ import annotations

from dataclasses import asdict

import click

from vasttui.cli.output import print_json, print_table, say
from vasttui.cli.wiring import Wiring

HOST = click.argument("host_id", type=click.IntRange(1, 2**63 - 1))


@click.group(invoke_without_command=True)
@click.option("--json", "as_json", is_flag=True, help="One JSON document.")
@click.pass_context
def hosts(ctx: click.Context, as_json: bool) -> None:
    """List the hosts that you allowed or blocked, or change the list.

    \b
    Example:
      vasttui hosts block 78246 'slow disk'
    """
    if ctx.invoked_subcommand is not None:
        return
    with ctx.obj.journal() as journal:
        rows = journal.hosts()
    if as_json:
        print_json([asdict(row) for row in rows])
    else:
        print_table(("HOST", "VERDICT", "NOTE"), ((str(r.host_id), r.verdict or "", r.text) for r in rows))


@hosts.command()
@HOST
@click.argument("text", default="")
@click.pass_obj
def allow(wiring: Wiring, host_id: int, text: str) -> None:
    """Allow a host, also where the config blocks it."""
    with wiring.journal() as journal:
        journal.set_host(host_id, "allow", text or None)
    say(f"host {host_id} is allowed")


@hosts.command()
@HOST
@click.argument("text", default="")
@click.pass_obj
def block(wiring: Wiring, host_id: int, text: str) -> None:
    """Block a host: its offers are cut from every search."""
    with wiring.journal() as journal:
        journal.set_host(host_id, "block", text or None)
    say(f"host {host_id} is blocked")


@hosts.command()
@HOST
@click.argument("text")
@click.pass_obj
def note(wiring: Wiring, host_id: int, text: str) -> None:
    """Write a note on a host; its verdict stays."""
    with wiring.journal() as journal:
        verdict = next((row.verdict for row in journal.hosts() if row.host_id == host_id), None)
        journal.set_host(host_id, verdict, text)
    say(f"host {host_id}: {text}")


@hosts.command()
@HOST
@click.pass_obj
def forget(wiring: Wiring, host_id: int) -> None:
    """Remove a host from the book."""
    with wiring.journal() as journal:
        journal.forget_host(host_id)
    say(f"host {host_id} is forgotten")
