"""Why a search found nothing: which condition cut how many, and which one to relax. Pure."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from vasttui.api.models import Offer
from vasttui.offers.clauses import Clause
from vasttui.offers.fields import CATALOGUE, FACTORS
from vasttui.offers.matching import Test, row_test
from vasttui.offers.query import HIDDEN, Query
from vasttui.offers.units import bare


@dataclass(frozen=True, slots=True)
class Condition:
    """One condition of a search and what it cuts from a sample of the market.

    Attributes:
        text: the clause as one would write it, `gpu_ram>=24`.
        field: its field's official name.
        hidden: it is one of the defaults that the query does not name.
        cuts: rows of the sample that do not meet it.
        alone: rows of the sample that meet all conditions but this: so many appear when it goes.
        nearest: the value with which the first of those appears (text in the query's units), "" when there is none.
            In the place of the clause's own value it lets that row through.
    """

    text: str
    field: str
    hidden: bool
    cuts: int
    alone: int
    nearest: str = ""


@dataclass(frozen=True, slots=True)
class Relaxation:
    """What a search without its conditions found, and what each condition cuts from that.

    Attributes:
        sample: rows that were looked at.
        conditions: the one to relax first: the one that alone hides the most.
    """

    sample: int
    conditions: tuple[Condition, ...] = ()


def relaxation(query: Query, sample: Iterable[Offer], *, defaults: bool = True) -> Relaxation:
    """Hold each condition against each row of the sample. What a row does not tell counts as met."""
    rows = tuple(sample)
    clauses = query.in_force(defaults=defaults)
    tests = [row_test(clause) for clause in clauses]
    cut: list[list[Offer]] = [[] for _ in clauses]
    alone: list[list[Offer]] = [[] for _ in clauses]
    for row in rows:
        failed = _failed(tests, row)
        for place in failed:
            cut[place].append(row)
        if len(failed) == 1:
            alone[failed[0]].append(row)
    hidden = {id(clause) for clause in HIDDEN}
    conditions = [
        Condition(
            text=clause.token.text,
            field=clause.field,
            hidden=id(clause) in hidden,
            cuts=len(cut[place]),
            alone=len(alone[place]),
            nearest=_nearest(clause, alone[place]),
        )
        for place, clause in enumerate(clauses)
    ]
    conditions.sort(key=lambda condition: (-condition.alone, -condition.cuts))
    return Relaxation(len(rows), tuple(conditions))


def _failed(tests: Sequence[Test], row: Offer) -> list[int]:
    return [place for place, test in enumerate(tests) if test(row) is False]


def _nearest(clause: Clause, rows: Iterable[Offer]) -> str:
    """The value of these rows that is nearest to what the clause wants; of texts the commonest."""
    known = CATALOGUE.get(clause.field)
    values = [known.read(row) for row in rows] if known is not None else []
    values = [value for value in values if value is not None and not isinstance(value, bool)]
    numbers = [float(value) for value in values if isinstance(value, int | float)]
    if not numbers or len(numbers) < len(values):
        texts = Counter(str(value) for value in values)
        return texts.most_common(1)[0][0] if texts and clause.op in ("eq", "in") else ""
    scale = FACTORS.get(clause.field, 1)
    if clause.op in ("gt", "gte"):
        return _rounded(max(numbers) / scale, down=True, beyond=clause.op == "gt")
    if clause.op in ("lt", "lte"):
        return _rounded(min(numbers) / scale, down=False, beyond=clause.op == "lt")
    wanted = bare(str(clause.value))
    if clause.op != "eq" or wanted is None:
        return ""
    return f"{min(numbers, key=lambda number: abs(number - wanted)) / scale:.12g}"


def _rounded(value: float, *, down: bool, beyond: bool) -> str:
    """A bound of few digits that lets the value through; `beyond` it where the bound itself is shut out."""
    whole = value.is_integer()
    step = 1.0 if whole or not value else 10.0 ** (math.floor(math.log10(abs(value))) - 2)
    count = math.floor(value / step) if down else math.ceil(value / step)
    if beyond and math.isclose(count * step, value):
        count += -1 if down else 1
    return f"{count * step:.12g}"
