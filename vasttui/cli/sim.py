"""`vasttui sim`: a simulated Vast.ai for scripts and tests."""

from __future__ import annotations

import sys
from typing import Any

import click

from vasttui.errors import UsageError
from vasttui.sim.faults import NAMES

FAULTS = f"""\b
Faults, as NAME=ARG[@METHOD:PART]:
  {", ".join(NAMES[:8])},
  {", ".join(NAMES[8:14])},
  {", ".join(NAMES[14:])}
ARG is mostly a count (429=3: the next three times) or, with a point, a chance (429=0.2, always: 1.0);
slow takes seconds, ignore_filter fields (ignore_filter=gpu_ram,dph_total).
@METHOD:PART limits a fault, e.g. 500=1.0@GET:instances;
cdi to wrong_gpu strike boxes when they are rented, e.g. cdi=0.5@*:machine/21034/.
"""


def _words(_context: click.Context, _parameter: click.Parameter, text: str | None) -> tuple[str, ...] | None:
    return None if text is None else tuple(part.strip() for part in text.split(",") if part.strip())


def _host_ids(context: click.Context, parameter: click.Parameter, text: str | None) -> tuple[int, ...]:
    words = _words(context, parameter, text) or ()
    if not all(word.isdecimal() for word in words):
        raise click.BadParameter(f"host ids are whole numbers, as in 51345,78246; not {text!r}")
    return tuple(map(int, words))


@click.command(epilog=FAULTS)
@click.option("--port", type=click.IntRange(0, 65535), default=0, help="Port; 0 picks a free one.")
@click.option("--seed", type=int, default=1, show_default=True, help="Same seed, same market.")
@click.option("--speed", type=click.FloatRange(min=0.01), default=1.0, show_default=True, help="Divides all times.")
@click.option("--offers", type=click.IntRange(0, 100_000), default=400, show_default=True, help="Size of the market.")
@click.option("--instances", type=click.IntRange(0, 1000), default=0, show_default=True, help="Boxes at the start.")
@click.option("--fault", "faults", multiple=True, metavar="NAME=ARG", help="Switch a fault on; see below.")
@click.option("--enforce-rates", is_flag=True, help="Answer 429 below the documented intervals.")
@click.option("--credit", type=float, default=41.20, show_default=True, help="Dollars on the account.")
@click.option("--real-shell", is_flag=True, help="Run what is sent to a box ON THIS COMPUTER, as you; for tests.")
@click.option("--rows-most", type=click.IntRange(0), default=64, show_default=True, help="Offers an answer; 0: all.")
@click.option("--hosts", callback=_host_ids, metavar="ID,ID", help="Hosts with machines on the market.")
@click.option("--price-step", type=click.FloatRange(0), default=0.0, help="$/h: many offers cost exactly the same.")
@click.option("--no-ssh-key", is_flag=True, help="The account has no SSH key registered.")
@click.option("--rights", callback=_words, metavar="GROUP,GROUP", help="The key's permission groups; all by default.")
def sim(faults: tuple[str, ...], rows_most: int, no_ssh_key: bool, **options: Any) -> None:
    """Serve a simulated Vast.ai on 127.0.0.1 until SIGTERM.

    The first line on stdout is JSON: url, api_key, ssh_private_key, pid. GET url/_sim/state tells what it has
    seen and spent; PUT url/_sim/faults and POST url/_sim/boxes/ID/ACTION (outbid, resume, vanish, offline,
    online) make things happen.

    \b
    Example:
      vasttui sim --speed 20 --instances 5 --fault 429=0.2 --fault create_lost=1
    """
    from vasttui.cli.demo import check_installed

    check_installed()
    from vasttui.sim.faults import parse_fault
    from vasttui.sim.server import SimOptions, serve

    try:
        wanted = tuple(parse_fault(text) for text in faults)
    except ValueError as error:
        raise click.UsageError(str(error)) from error
    wished = SimOptions(faults=wanted, rows_most=rows_most or None, ssh_key=not no_ssh_key, **options)
    try:
        serve(wished, out=sys.stdout, until_stdin_closes=False)
    except OSError as error:
        raise UsageError(f"--port {wished.port}: {error.strerror or error}") from error
