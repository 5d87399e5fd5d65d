"""A query as a list of terms that can be taken out and put in; the rest of the text stays as it was written. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from vasttui.offers.clauses import ANYTHING, OPERATORS, Token, scan
from vasttui.offers.fields import ALIASES
from vasttui.offers.query import HIDDEN, parse

_SIGNS = {"eq": "=", "neq": "!=", "gt": ">", "gte": ">=", "lt": "<", "lte": "<=", "in": " in ", "notin": " notin "}


@dataclass(frozen=True, slots=True)
class Term:
    """One condition of a query, for a chip or a row of a form.

    Attributes:
        text: as it was written, `gpu_ram>=24GB`.
        field: official name; "region" for a region.
        op: the API's name: eq neq gt gte lt lte in notin.
        value: as it was written, without quotes, blanks for underscores and brackets.
        hidden: a default that the query does not name; it has no place in the text.
        void: a later term replaces it or lifts it.
        start / end: its place in the text, -1 for a hidden one.
    """

    text: str
    field: str
    op: str
    value: str = ""
    hidden: bool = False
    void: bool = False
    start: int = -1
    end: int = -1


def terms(text: str, *, defaults: bool = True) -> tuple[Term, ...]:
    """The terms of a query: the hidden defaults that are in force, then what is written, in its order.

    Raises:
        QueryError: the text is no query.
    """
    query = parse(text)
    force = {id(clause) for clause in query.in_force(defaults=defaults)}
    hidden = [_term(clause.token, hidden=True) for clause in HIDDEN if defaults and id(clause) in force]
    written = [
        _term(clause.token, void=not clause.anything and id(clause) not in force) for clause in query.clauses
    ]
    return (*hidden, *written)


def _term(token: Token, *, hidden: bool = False, void: bool = False) -> Term:
    blank = " " if token.op[:1].isalpha() else ""
    value = token.value.strip(",[]").replace('"', "").replace("_", " ")
    return Term(
        text=f"{token.field}{blank}{token.op}{blank}{token.value}",
        field=_name(token),
        op=OPERATORS[token.op],
        value=value,
        hidden=hidden,
        void=void,
        start=-1 if hidden else token.start,
        end=-1 if hidden else token.end,
    )


def without_term(text: str, term: Term) -> str:
    """The query without a term that `terms` found in it; a hidden default goes by naming its field with `any`."""
    if not term.hidden:
        return _joined(text[: term.start], text[term.end :])
    # In front, where it lifts the default and nothing that is written.
    return _joined(f"{term.field}=any", text)


def with_clause(text: str, field: str, op: str, value: str | Sequence[str] | None) -> str:
    """The query with this clause in place of those of its field and operator; the rest stays as it was written.

    Args:
        text: the query.
        field: a field's name or alias.
        op: the API's name: eq neq gt gte lt lte in notin.
        value: in the query's notation but without quotes, "RTX 4090" or "24GB"; several for a list; None, "" or
            no item to take the clause out.

    Raises:
        QueryError: the text is no query.
    """
    name = ALIASES.get(field, field)
    tokens = list(scan(text))
    same = [token for token in tokens if _name(token) == name and OPERATORS.get(token.op) == op]
    items = [value] if isinstance(value, str) else list(value or ())
    items = [item.replace('"', "").strip() for item in items]
    items = [item for item in items if item]
    if not items:
        return _cut(text, same)
    spelled = f"{same[-1].field if same else field}{_SIGNS[op]}{_value(items, op)}"
    if not same or any(_lifts(token, name) for token in tokens if token.start > same[-1].start):
        return _joined(_cut(text, same), spelled)
    last = same[-1]
    changed = text[: last.start] + spelled + text[last.end :]
    return _cut(changed, same[:-1])


def _name(token: Token) -> str:
    return ALIASES.get(token.field, token.field)


def _lifts(token: Token, name: str) -> bool:
    """Whether a token takes away what stands before it on that field; regions and countries end in one list."""
    if _name(token) == name:
        return token.value in ANYTHING
    return {_name(token), name} == {"region", "geolocation"}


def _value(items: list[str], op: str) -> str:
    if op in ("in", "notin"):
        return f"[{','.join(_quoted(item.replace(',', ' ')) for item in items)}]"
    return _quoted(items[0])


def _quoted(item: str) -> str:
    """As the grammar takes it: an underscore means a blank, so quotes are needed only beside commas and brackets."""
    if any(char in item for char in ",[]"):
        return f'"{item}"'
    return "_".join(item.split())


def _cut(text: str, tokens: Sequence[Token]) -> str:
    for token in reversed(tokens):
        text = _joined(text[: token.start], text[token.end :])
    return text


def _joined(left: str, right: str) -> str:
    return " ".join(part for part in (left.rstrip(), right.lstrip()) if part)
