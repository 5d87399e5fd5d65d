"""`vasttui search`: offers, the official CLI's grammar, host lists applied."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import click

from vasttui.cli.output import print_json, print_table, say
from vasttui.cli.wiring import Wiring, run

if TYPE_CHECKING:
    from vasttui.api.models import Offer
    from vasttui.snapshot import Search

HEADS = ("ID", "GPU", "N", "VRAM GB", "$/h", "DLP/$", "REL %", "Mb/s down", "DISK GB", "CUDA", "WHERE", "HOST")
RIGHT = frozenset({0, 2, 3, 4, 5, 6, 7, 8, 9, 11})


@click.command()
@click.argument("query", nargs=-1)
@click.option("--preset", "-p", help="Start from this preset of the config.")
@click.option("--type", "kind", type=click.Choice(["on-demand", "bid", "reserved"]), help="Kind of rental.")
@click.option("--order", "-o", help="Columns, each with - for descending, e.g. dph,score-.")
@click.option("--limit", type=click.IntRange(min=1), help="Rows at most.")
@click.option("--storage", type=click.FloatRange(min=0), help="Disk in GB that prices include.")
@click.option("--no-default", is_flag=True, help="Without the official CLI's hidden verified, external, rentable.")
@click.option("--all-hosts", is_flag=True, help="Ignore the host lists.")
@click.option("--json", "as_json", is_flag=True, help="The API's rows as one JSON document.")
@click.option("--show-query", is_flag=True, help="Print the request body and send nothing.")
@click.pass_obj
def search(
    wiring: Wiring,
    query: tuple[str, ...],
    preset: str | None,
    kind: str | None,
    order: str | None,
    limit: int | None,
    storage: float | None,
    no_default: bool,
    all_hosts: bool,
    as_json: bool,
    show_query: bool,
) -> None:
    """Search offers. QUERY is the official CLI's grammar.

    \b
    Example:
      vasttui search 'gpu_name=RTX_4090 num_gpus=1 dph<0.5' --order dph --limit 10
    """
    wanted = _search(wiring, query, preset, kind, order, limit, storage)
    from vasttui.controller.market import query_warnings, request_body

    body = request_body(wanted, defaults=not no_default)
    for warning in query_warnings(wanted):
        say(f"warning: {warning}")
    if show_query:
        print_json(body)
        return
    offers, rows, cut = run(_fetch(wiring, wanted, no_default, all_hosts, limit))
    if as_json:
        print_json(rows)
    else:
        print_table(HEADS, map(_cells, offers), right=RIGHT)
    if cut:
        say(f"cut by the host lists: {cut}")


def _search(
    wiring: Wiring,
    query: tuple[str, ...],
    preset: str | None,
    kind: str | None,
    order: str | None,
    limit: int | None,
    storage: float | None,
) -> Search:
    from vasttui.controller.market import starting_search
    from vasttui.snapshot import Search

    start = starting_search(wiring.config, preset)
    if query and preset is None:
        # A query of one's own stands alone: the general settings must not narrow it in silence.
        start = Search(storage_gb=start.storage_gb)
    given: dict[str, Any] = {"type": kind, "order": order, "limit": limit, "storage_gb": storage}
    text = " ".join(part for part in (start.text, *query) if part)
    return replace(start, text=text, **{key: value for key, value in given.items() if value is not None})


async def _fetch(
    wiring: Wiring, wanted: Search, no_default: bool, all_hosts: bool, limit: int | None
) -> tuple[list[Offer], list[Any], int]:
    from vasttui.controller import fetch_market
    from vasttui.controller.hosts import HostBook
    from vasttui.journal import Journal
    from vasttui.offers.hosts import HostFilter

    hosts = HostFilter(frozenset(), frozenset())
    if not all_hosts:
        with Journal(wiring.config.paths.state_dir / "journal.sqlite") as journal:
            hosts = HostBook(wiring.config, journal).filter(wanted)
    async with wiring.client() as client:
        market = await fetch_market(
            client,
            wanted,
            hosts,
            preferred=wiring.config.preferred_gpus,
            defaults=not no_default,
            keep_raw=True,
        )
    offers = list(market.offers[:limit])
    return offers, [market.raw[offer.id] for offer in offers], len(market.hosts.cut)


def _cells(offer: Offer) -> tuple[str, ...]:
    def number(value: float | None, decimals: int, scale: float = 1.0) -> str:
        return "" if value is None else f"{value * scale:.{decimals}f}"

    return (
        str(offer.id),
        offer.gpu_name or "?",
        number(offer.num_gpus, 0),
        number(offer.gpu_ram, 0, 1 / 1024),
        number(offer.dph_total, 4),
        number(offer.dlperf_per_dphtotal, 0),
        number(offer.reliability, 1, 100),
        number(offer.inet_down, 0),
        number(offer.disk_space, 0),
        number(offer.cuda_max_good, 1),
        offer.geolocation or "",
        number(offer.host_id, 0),
    )
