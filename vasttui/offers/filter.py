"""The filter that works while one types: words, `!words` and typed clauses over rows that are here."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property

from vasttui.api.models import Offer
from vasttui.errors import QueryError
from vasttui.offers.clauses import Token, read_clause, scan_clause
from vasttui.offers.faults import complain
from vasttui.offers.fields import field_named
from vasttui.offers.matching import Test, row_test
from vasttui.offers.remarks import misfits, unknown_field


@dataclass(frozen=True, slots=True)
class LiveFilter:
    """A compiled filter; call it with a row. All parts must hold.

    Attributes:
        words: in lower case; each must occur in the row's text.
        not_words: none of them may.
        tests: clauses; a row that does not know the field does not meet them.
    """

    words: tuple[str, ...] = ()
    not_words: tuple[str, ...] = ()
    tests: tuple[Test, ...] = ()

    def __call__(self, offer: Offer) -> bool:
        """Whether the row passes."""
        return self.passes(offer, haystack(offer))

    def passes(self, offer: Offer, text: str) -> bool:
        """The same with the row's `haystack` at hand."""
        return (
            all(word in text for word in self.words)
            and not any(word in text for word in self.not_words)
            and all(test(offer) for test in self.tests)
        )


def compile_filter(text: str) -> LiveFilter:
    """Compile what was typed: `4090 sweden !datacenter dph<0.4 gpu_ram>=24 geolocation in [SE,NO]`.

    Raises:
        QueryError: a clause is wrong or not complete yet; names its place.
    """
    words: list[str] = []
    not_words: list[str] = []
    tests: list[Test] = []
    text, place = text.replace("\t", " ").replace("\n", " "), 0
    while place < len(text):
        if text[place] == " ":
            place += 1
            continue
        token = scan_clause(text, place)
        if token is not None and _is_clause(token, text):
            tests += _tests(token)
            place = token.end
            continue
        word = text[place:].split(" ", 1)[0]
        place += len(word)
        if len(word) > 1 and word.startswith("!"):
            not_words.append(_word(word[1:]))
        elif word != "!":
            words.append(_word(word))
    return LiveFilter(tuple(words), tuple(not_words), tuple(tests))


def _is_clause(token: Token, text: str) -> bool:
    if token.op == "!" and text[token.start + len(token.field)] == " ":
        return False  # `sweden !datacenter` is a word and the inverse of another
    # `gpu in sweden` is three words, `geolocation in SE` a clause.
    return bool(token.op) and (field_named(token.field) is not None or not token.op[0].isalpha())


def _tests(token: Token) -> list[Test]:
    try:
        unknown = unknown_field(token)
        if unknown:
            raise unknown
        if token.op == "!":
            complain(token, "unknown operator '!'", hint="Not equal is !=", part="op")
        clause = read_clause(token)
        for misfit in misfits(clause):
            raise misfit
    except QueryError as error:
        message = error.message.replace("query,", "filter,", 1)
        raise QueryError(message, start=error.start, end=error.end, hint=error.hint) from None
    return [] if clause.anything else [row_test(clause)]


def _word(text: str) -> str:
    return text.strip('"').replace("_", " ").lower()


def haystack(offer: Offer) -> str:
    """The row as the text in which words are looked for, in lower case."""
    parts = (
        f"{offer.num_gpus or '?'}x {offer.gpu_name or ''}".replace("_", " "),
        offer.geolocation,
        f"host {offer.host_id}" if offer.host_id is not None else None,
        f"machine {offer.machine_id}" if offer.machine_id is not None else None,
        f"offer {offer.id}",
        offer.cpu_name,
        offer.verification,
        "datacenter" if offer.hosting_type == 1 else None,
    )
    return " | ".join(part for part in parts if part).lower()


class OfferIndex:
    """Rows with their texts made once, at the first word, so that a keystroke only compares."""

    def __init__(self, offers: Iterable[Offer]) -> None:
        self.offers = tuple(offers)

    @cached_property
    def _texts(self) -> tuple[str, ...]:
        return tuple(haystack(offer) for offer in self.offers)

    def select(self, wanted: LiveFilter) -> tuple[Offer, ...]:
        """The rows that pass, in their order."""
        if wanted == LiveFilter():
            return self.offers
        rows = list(zip(self._texts, self.offers, strict=True))
        for word in wanted.words:
            rows = [row for row in rows if word in row[0]]
        for word in wanted.not_words:
            rows = [row for row in rows if word not in row[0]]
        for test in wanted.tests:
            rows = [row for row in rows if test(row[1])]
        return tuple([offer for _, offer in rows])
