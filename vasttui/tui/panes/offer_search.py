"""Changing a search by single keys, and the line that tells what is really asked. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Final

from vasttui.config import Config
from vasttui.errors import UsageError
from vasttui.offers.clauses import scan
from vasttui.offers.fields import ALIASES
from vasttui.offers.query import from_preset, parse
from vasttui.snapshot import Market, Search, Snapshot
from vasttui.tui.format import gigabytes, plural
from vasttui.tui.panes.sheet import Line, Part

TYPES: Final = ("on-demand", "bid", "reserved")
TYPE_WORDS: Final[Mapping[str, str]] = {"bid": "interruptible (bid)"}

TRUST: Final = ("verified", "any", "datacenter")
_TRUST_CLAUSE: Final[Mapping[str, str]] = {"verified": "", "any": "verified=any", "datacenter": "datacenter=true"}


def next_of(choices: Sequence[str], present: str | None) -> str:
    """The choice that follows, round and round; the first when `present` is none of them."""
    if present not in choices:
        return choices[0]
    return choices[(choices.index(present) + 1) % len(choices)]


def next_type(search: Search) -> Search:
    """On-demand, then bid, then reserved."""
    return replace(search, type=next_of(TYPES, search.type))


def trust(text: str) -> str:
    """Which machines a query asks for: "verified", "any" or "datacenter"."""
    filters = parse(text).filters()
    if filters.get("datacenter", {}).get("eq") is True:
        return "datacenter"
    return "verified" if filters.get("verified", {}).get("eq") is True else "any"


def next_trust(search: Search) -> Search:
    """Verified machines, then any, then datacenters; the rest of the query stays as it was written."""
    clause = _TRUST_CLAUSE[next_of(TRUST, trust(search.text))]
    text = without(search.text, {"verified", "datacenter"})
    return replace(search, text=" ".join(filter(None, (text, clause))))


def without(text: str, fields: set[str]) -> str:
    """The query without the clauses on these fields. Raises UsageError for a query that cannot be read."""
    kept = [
        text[token.start : token.end].strip()
        for token in scan(text)
        if ALIASES.get(token.field, token.field) not in fields
    ]
    return " ".join(kept)


def next_preset(search: Search, config: Config) -> Search | None:
    """The search of the config's next preset, None when there is none. Raises UsageError for a bad preset."""
    names = list(config.presets)
    if not names:
        return None
    preset = config.presets[next_of(names, search.preset)]
    return Search(
        text=from_preset(preset, config).text,
        type=preset.type,
        preset=preset.name,
        order=preset.order,
        storage_gb=preset.disk if preset.disk is not None else config.disk_gb,
        limit=preset.limit,
    )


def search_line(snapshot: Snapshot, asked: Search | None = None, prompt: str = "/") -> Line:
    """What is asked, the hidden defaults included, and what was cut from the answer.

    Args:
        snapshot: the picture; its market answers the search it carries.
        asked: the search that was asked last, when its answer has not come yet.
        prompt: what stands before the query.
    """
    market = snapshot.market.value
    search = asked or (market.search if market is not None else None)
    if search is None:
        return (((f"{prompt} ", "mark"), ("asking Vast.ai", "dim")),)
    pending = asked is not None and (market is None or market.search != asked)
    query: Part = ((f"{prompt} ", "mark"), (search.text or "any GPU", "text" if search.text else "dim"))
    return (
        query,
        (("asking", "busy"),) if pending else (),
        _hosts(snapshot),
        _cut(market) if market is not None and not pending else (),
        *_effective(search),
        ((f"preset {search.preset}", "dim"),) if search.preset else (),
    )


def _hosts(snapshot: Snapshot) -> Part:
    allowed, blocked = len(snapshot.book.numbers("allow")), len(snapshot.book.numbers("block"))
    if not allowed and not blocked:
        return ()
    return ((f"hosts {allowed} allowed {blocked} blocked", "dim"),)


def _cut(market: Market) -> Part:
    reasons = [f"{count} {_because(reason)}" for reason, count in sorted(market.hosts.reasons.items())]
    if market.unmatched:
        reasons.append(f"{market.unmatched} not as asked")
    if market.skipped:
        reasons.append(f"{market.skipped} unreadable")
    return ((f"cut: {', '.join(reasons)}", "look"),) if reasons else ()


def _because(reason: str) -> str:
    return reason.removeprefix("host is ").replace("not on the whitelist", "not allowed")


def _effective(search: Search) -> tuple[Part, ...]:
    """The clauses that the query does not name but the request has."""
    try:
        query = parse(search.text)
    except UsageError:
        return ()
    named = {clause.field for clause in query.clauses}
    hidden = [field for field in query.filters() if field not in named]
    words = {"verified": "verified", "external": "not external", "rentable": "rentable"}
    parts: list[Part] = [((TYPE_WORDS.get(search.type, search.type), "dim"),)]
    parts += [((words.get(field, field), "dim"),) for field in hidden]
    parts.append(((f"storage {gigabytes(search.storage_gb)} GB", "dim"),))
    parts += [((warning, "look"),) for warning in query.warnings]
    return tuple(parts)


def nothing_text(snapshot: Snapshot, *, showing_cut: bool, filtered: bool) -> str:
    """What an empty table of offers says: why it is empty and which key helps."""
    part = snapshot.market
    if part.value is None:
        if part.error is not None:
            return f"No offers yet: {part.error.message}\n{part.error.hint}"
        return snapshot.starting or "Asking Vast.ai for offers. The first ones come in a moment."
    if filtered:
        return "No offer matches what you typed. `/` changes the filter, `esc` clears it."
    if showing_cut:
        return "The host lists cut nothing. `h` goes back to the offers."
    cut = len(part.value.hosts.cut)
    if cut:
        return f"All {plural(cut, 'offer')} were cut by the host lists. `h` shows them and why."
    return "No machine on the market is like this. `e` changes the query, `t` the type, `v` asks for any machine."
