"""What may stand at the cursor of a query: fields, operators, values seen on the market. Pure."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Final, Literal

from vasttui.api.models import Offer
from vasttui.offers.clauses import BLANKS, OPERATORS
from vasttui.offers.cursor import At, Place, place_at
from vasttui.offers.fields import ALIASES, CATALOGUE, SYNONYMS, Field, field_named
from vasttui.offers.gpus import GPU_MODELS
from vasttui.offers.regions import COUNTRIES, REGION_NAMES, REGIONS, country_of

CandidateKind = Literal["field", "operator", "value"]

MOST: Final = 100
"""Candidates at most: nobody reads more."""


@dataclass(frozen=True, slots=True)
class Candidate:
    """One thing that may be put in place of the range.

    Attributes:
        text: what is inserted.
        help: one line about it.
    """

    text: str
    kind: CandidateKind
    help: str = ""


@dataclass(frozen=True, slots=True)
class Completions:
    """What may replace the characters start..end of the text, the best first."""

    start: int
    end: int
    candidates: tuple[Candidate, ...] = ()

    def apply(self, text: str, candidate: Candidate) -> tuple[str, int]:
        """The text with the candidate in place, and where the cursor goes."""
        return text[: self.start] + candidate.text + text[self.end :], self.start + len(candidate.text)


@dataclass(frozen=True, slots=True)
class Values:
    """What rows hold in fields that have few values: name -> how many rows have which, the commonest first."""

    seen: Mapping[str, Mapping[str, int]] = field(default_factory=dict)


_COUNTED: Final = (
    "gpu_name", "gpu_arch", "cpu_name", "cpu_arch", "verification", "mobo_name", "disk_name", "os_version",
    "ubuntu_version", "resource_type", "driver_version", "num_gpus", "cuda_max_good", "compute_cap", "pci_gen",
)  # fmt: skip
_ASKED_TOO: Final = ("region", "ask_contract_id")
_UNFIT: Final = re.compile(r'[\[\]",=<>!]')
_HELP: Final = {
    "=": "equal", "!=": "not equal", ">=": "at least", "<=": "at most", ">": "more than", "<": "less than",
    " in ": "one of a list", " notin ": "none of a list",
}  # fmt: skip
_FITTING: Final[Mapping[str, tuple[str, ...]]] = {
    "number": (">=", "<=", "=", ">", "<", "!=", " in ", " notin "),
    "time": (">=", "<=", ">", "<"),
    "version": (">=", "<=", "=", ">", "<", "!="),
    "text": ("=", " in ", " notin ", "!="),
    "place": (" in ", "=", " notin ", "!="),
    "flag": ("=", "!="),
}


def values_of(offers: Iterable[Offer]) -> Values:
    """The values that these rows hold, and how often."""
    rows = tuple(offers)
    counts = {name: _counted(CATALOGUE[name], rows) for name in _COUNTED}
    counts["geolocation"] = dict(Counter(filter(None, (country_of(row.geolocation) for row in rows))).most_common())
    return Values(counts)


def _counted(spec: Field, rows: tuple[Offer, ...]) -> dict[str, int]:
    examples = {spec.read(row): row for row in rows}
    counter: Counter[str] = Counter()
    for value, count in Counter(map(spec.read, rows)).items():
        counter[spec.show(examples[value])] += count  # some rows write H100_SXM, others H100 SXM
    fit = [(text, count) for text, count in counter.most_common() if text and not _UNFIT.search(text)]
    if spec.kind == "number":
        fit.sort(key=lambda item: float(item[0]))
    return dict(fit)


def complete(text: str, cursor: int, values: Values | None = None, *, every: bool = False) -> Completions:
    """What may stand at the cursor.

    Args:
        text: the query or filter as it is typed.
        cursor: place of the cursor, 0 to len(text).
        values: what the market holds, for values.
        every: offer every field of a row, as for a filter of rows that are here, not only those that Vast.ai is asked.
    """
    place = place_at(text.translate(BLANKS), cursor)
    if place.at is At.NOTHING:
        return Completions(cursor, cursor)
    if place.at is At.FIELD:
        found = _fields(every=every)
    elif place.at is At.OPERATOR:
        found = _operators(place)
    else:
        found = _values(place, values or Values())
    return Completions(place.start, place.end, tuple(_ranked(found, text[place.start : cursor])[:MOST]))


def _fields(*, every: bool) -> list[Candidate]:
    wanted = [spec for spec in CATALOGUE.values() if every or spec.asked or spec.name in _ASKED_TOO]
    wanted.sort(key=lambda spec: not spec.asked)
    return [Candidate(name, "field", spec.help) for spec in wanted for name in (*spec.aliases, spec.name)]


def _operators(place: Place) -> list[Candidate]:
    spec = field_named(place.field)
    fitting = _FITTING[spec.kind] if spec is not None else tuple(_HELP)
    # The blank before a word may stand there already.
    return [Candidate(sign.lstrip() if place.spaced else sign, "operator", _HELP[sign]) for sign in fitting]


def _values(place: Place, values: Values) -> list[Candidate]:
    name = ALIASES.get(place.field, place.field)
    spec = CATALOGUE.get(name)
    if spec is None:
        return []
    found = _known_values(spec, values)
    if spec.kind == "flag":
        found = [Candidate("true", "value", spec.help), Candidate("false", "value", "the opposite")]
    if OPERATORS.get(place.op) == "eq" and not place.quote and not place.listed:
        found.append(Candidate("any", "value", "no matter; lifts the default too"))
    if place.quote:
        return [Candidate(one.text.replace("_", " "), one.kind, one.help) for one in found]
    return found


def _known_values(spec: Field, values: Values) -> list[Candidate]:
    seen = dict(values.seen.get(spec.name, {}))
    if spec.name == "gpu_name":
        seen |= {model: 0 for model in GPU_MODELS if model not in seen}
    if spec.name == "geolocation":
        seen |= {code: 0 for code in COUNTRIES if code not in seen}
        return [Candidate(code, "value", _rows(COUNTRIES.get(code, ""), count)) for code, count in seen.items()]
    if spec.name == "region":
        codes = [Candidate(key, "value", REGION_NAMES.get(key, f"{len(REGIONS[key])} countries")) for key in REGIONS]
        return codes + [Candidate(name, "value", f"the same as {key}") for key, name in REGION_NAMES.items()]
    return [Candidate("_".join(text.split()), "value", _rows("", count)) for text, count in seen.items()]


def _rows(name: str, count: int) -> str:
    offers = f"{count} offer{'' if count == 1 else 's'} here" if count else ""
    return ", ".join(filter(None, (name, offers)))


def _ranked(found: Iterable[Candidate], typed: str) -> list[Candidate]:
    """Those that begin with what was typed, then those that contain it, then those that have its letters in order."""
    wanted = _folded(typed)
    if not wanted:
        return list(found)
    meant = SYNONYMS.get(wanted, "")
    ranks = [(_rank(candidate, wanted, meant), candidate) for candidate in found]
    return [candidate for rank, candidate in sorted(ranks, key=lambda pair: pair[0]) if rank < NO_MATCH]


NO_MATCH: Final = 9


def _rank(candidate: Candidate, wanted: str, meant: str) -> int:
    have = _folded(candidate.text)
    if have == wanted:
        return 0
    if candidate.kind == "field" and candidate.text == meant:
        return 1
    if have.startswith(wanted):
        return 2
    if wanted in have:
        return 3
    if candidate.kind == "value" and _folded(candidate.help).startswith(wanted):
        return 4  # `swe` means SE, Sweden
    return 5 if len(wanted) > 1 and _in_order(wanted, have) else NO_MATCH


def _folded(text: str) -> str:
    return text.strip().lower().replace(" ", "_").replace("-", "_")


def _in_order(letters: str, text: str) -> bool:
    rest = iter(text)
    return all(letter in rest for letter in letters)
