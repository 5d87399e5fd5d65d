"""What an empty table of offers says. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from vasttui.offers.fields import CATALOGUE
from vasttui.offers.relax import Condition, Relaxation
from vasttui.snapshot import Snapshot
from vasttui.tui.format import clean, count, cut, plural

MOST: Final = 3
"""Conditions that are named."""

WIDEST: Final = 40
"""Cells of a condition; lists of names can be long."""

HOW: Final = "`x` goes through the conditions and removes one, `e` edits them, `E` shows them as a form."

_PLAIN: Final = "No machine on the market is like this. `e` changes the query, `t` the type, `v` asks for any machine."
_TICKS: Final = re.compile("`")


def nothing_text(snapshot: Snapshot, *, showing_cut: bool, filtered: bool) -> str:
    """What an empty table of offers says: why it is empty and which key helps; keys in backquotes."""
    part = snapshot.market
    if part.value is None:
        if part.error is not None:
            return f"No offers yet: {part.error.message}\n{part.error.hint}"
        return snapshot.starting or "Asking Vast.ai for offers. The first ones come in a moment."
    if filtered:
        return "No offer matches what you typed. `/` changes the filter, `esc` clears it."
    if showing_cut:
        return "The host lists cut nothing. `h` goes back to the offers."
    gone = len(part.value.hosts.cut)
    if gone:
        return f"All {plural(gone, 'offer')} were cut by the host lists. `h` shows them and why."
    relaxation = part.value.relaxation
    if relaxation is None or not any(condition.cuts for condition in relaxation.conditions):
        return _PLAIN
    return "\n".join(_why(relaxation))


def _why(relaxation: Relaxation) -> Iterator[str]:
    sample = plural(relaxation.sample, "offer")
    yield f"No offer meets all conditions. Of {sample} without them:"
    yield ""
    alone = [condition for condition in relaxation.conditions if condition.alone]
    if alone:
        for condition in alone[:MOST]:
            hides = plural(condition.alone, "offer")
            yield f"  {_name(condition)} alone hides {hides}{_nearest(condition)}.{_key(condition)}"
    else:
        worst = sorted(relaxation.conditions, key=lambda condition: -condition.cuts)
        for condition in [one for one in worst if one.cuts][:MOST]:
            yield f"  {_name(condition)} cuts {count(condition.cuts)} of them{_nearest(condition)}.{_key(condition)}"
        yield "  At least two conditions must give way."
    yield ""
    yield HOW


def _name(condition: Condition) -> str:
    name = cut(clean(_TICKS.sub("'", condition.text)), WIDEST)
    return f"{name} (a default)" if condition.hidden else name


def _nearest(condition: Condition) -> str:
    if not condition.nearest:
        return ""
    value = cut(clean(_TICKS.sub("'", condition.nearest)), WIDEST)
    field = CATALOGUE.get(condition.field)
    unit = field.unit if field is not None else ""
    if unit == "$/h":
        return f"; the cheapest costs ${value}/h"
    # A share is asked as 0.98, so its sign would be wrong beside the number.
    return f"; the nearest has {value}{f' {unit}' if unit and unit != '%' else ''}"


def _key(condition: Condition) -> str:
    return "  `v` asks for any machine." if condition.field in ("verified", "datacenter") else ""
