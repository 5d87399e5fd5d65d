"""`vasttui search`: offers, the official CLI's grammar, host lists applied."""

from __future__ import annotations

import time
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import click

from vasttui.cli.amounts import Amount
from vasttui.cli.caret import pointed
from vasttui.cli.output import print_json, say
from vasttui.cli.wiring import Wiring, run
from vasttui.errors import UsageError

if TYPE_CHECKING:
    from vasttui.journal import Journal
    from vasttui.offers.market import Market, Search
    from vasttui.offers.relax import Relaxation

TYPES = ("on-demand", "bid", "reserved", "interruptible", "ondemand")


@dataclass(frozen=True, slots=True)
class Answer:
    """What a search brought, and why it brought nothing."""

    market: Market
    relaxation: Relaxation | None = None


@click.command()
@click.argument("query", nargs=-1)
@click.option("--preset", "-p", help="Start from this preset of the config.")
@click.option("--type", "kind", type=click.Choice(TYPES), metavar="TYPE", help="on-demand, bid or reserved.")
@click.option("--order", "-o", help="Columns, each with - for descending, e.g. dph,score-.")
@click.option("--limit", type=click.IntRange(min=1), help="Rows at most; above 64 by several requests.")
@click.option("--storage", type=Amount(min=0), metavar="GB", help="Disk that prices include.")
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
    """Search offers. QUERY is the official CLI's grammar, with units and regions besides.

    \b
    Example:
      vasttui search 'gpu_name=RTX_4090 num_gpus=1 dph<0.5' --order dph --limit 10
    """
    wanted = _search(wiring, query, preset, {"type": kind, "order": order, "limit": limit, "storage_gb": storage})
    try:
        if show_query:
            _show(wanted, defaults=not no_default)
            return
        _check(wanted)
    except UsageError as error:
        raise pointed(error, wanted.text) from error
    answer = run(_fetch(wiring, wanted, defaults=not no_default, all_hosts=all_hosts, priced=not as_json))
    if as_json:
        print_json([answer.market.raw[offer.id] for offer in answer.market.offers])
    elif answer.market.offers:
        from vasttui.cli.offer_lines import print_offers

        print_offers(answer.market)
        _say_disk(wanted, wiring.config.disk_gb)
    _remark(answer)


def _search(wiring: Wiring, query: tuple[str, ...], preset: str | None, given: dict[str, Any]) -> Search:
    from vasttui.controller.market import starting_search
    from vasttui.offers.market import Search
    from vasttui.offers.query import DEFAULT_STORAGE

    start = starting_search(wiring.config, preset)
    if query and preset is None:
        # A query of one's own stands alone: the general settings must not narrow or change it in silence.
        start = Search(storage_gb=DEFAULT_STORAGE)
    text = " ".join(part for part in (start.text, *query) if part)
    return replace(start, text=text, **{key: value for key, value in given.items() if value is not None})


def _show(wanted: Search, *, defaults: bool) -> None:
    """Print the body that the official CLI would send too, also where all it does is warn."""
    from vasttui.controller.market import query_warnings, request_body

    body = request_body(wanted, defaults=defaults)
    for warning in query_warnings(wanted):
        say(f"warning: {warning}")
    print_json(body)


def _check(wanted: Search) -> None:
    """Raise UsageError for a query that does not say what it seems to, before anything is sent."""
    from vasttui.controller.market import request_body
    from vasttui.offers.query import parse_strictly

    parse_strictly(wanted.text)
    request_body(wanted)


async def _fetch(wiring: Wiring, wanted: Search, *, defaults: bool, all_hosts: bool, priced: bool) -> Answer:
    """Search; with `priced` also look up, and remember, what such offers cost."""
    from vasttui.controller.hosts import HostBook
    from vasttui.controller.market import explain_nothing, fetch_market, is_empty
    from vasttui.offers.hosts import HostFilter

    with wiring.state() as state:
        hosts = HostFilter() if all_hosts else HostBook(state.config, state.journal).filter(wanted)
        preferred = state.config.preferred_gpus
        async with wiring.client() as client:
            market = await fetch_market(client, wanted, hosts, preferred=preferred, defaults=defaults, keep_raw=True)
            if is_empty(market):
                return Answer(market, await explain_nothing(client, wanted, defaults=defaults))
        return Answer(await _with_prices(market, state.journal) if priced else market)


async def _with_prices(market: Market, journal: Journal) -> Market:
    from vasttui.controller.events import EventLog
    from vasttui.controller.prices import PriceBook, lesson_of

    lesson = lesson_of(market, time.time())
    book = PriceBook(journal, EventLog(time.time, lambda: None))
    known = book.learn(lesson)
    return replace(market, prices=await book.keep(lesson) or known)


def _say_disk(wanted: Search, rented: float) -> None:
    """Tell which disk the prices include, where a rental would have another one."""
    if wanted.preset is None and wanted.storage_gb != rented:
        say(f"prices include {wanted.storage_gb:g} GB of disk; you rent {rented:g} GB: --storage {rented:g}")


def _remark(answer: Answer) -> None:
    """Tell what the rows do not: what was cut and ignored, what is missing, why there is nothing."""
    market = answer.market
    if market.hosts.cut:
        reasons = ", ".join(f"{count} × {reason}" for reason, count in market.hosts.reasons.items())
        say(f"cut by the host lists: {len(market.hosts.cut)} ({reasons}); --all-hosts shows them")
    for clause, count in market.ignored.items():
        say(f"Vast.ai ignored {clause}: {count} rows that do not meet it were dropped here")
    if market.skipped:
        say(f"{market.skipped} rows could not be read")
    if market.more and market.search.limit is None:
        these = f"these {len(market.offers)}" if market.offers else "what was looked through"
        say(f"there are more offers than {these}: ask with --limit")
    if answer.relaxation is not None:
        _say_why(answer.relaxation)


def _say_why(why: Relaxation) -> None:
    """Tell which conditions leave nothing, the one to relax first before the others."""
    say(f"no offer meets the query; of {why.sample} offers without its conditions:")
    for condition in why.conditions:
        if condition.cuts:
            hidden = " (a hidden default)" if condition.hidden else ""
            alone = f", {condition.alone} by itself" if condition.alone else ""
            near = f"; the nearest has {condition.nearest}" if condition.nearest else ""
            say(f"  {condition.text}{hidden} cuts {condition.cuts}{alone}{near}")
