"""From bytes to rows: a typed fast path, and a patient one for rows that break its rules.

Vast.ai's rows hold numbers as strings, floats for integers, -1 for unknown, null for anything. A field that
cannot be read becomes None; a row is skipped, and counted, only when it is no object or has no id.
"""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import cache, lru_cache
from typing import Any, TypeVar, overload

import msgspec
from msgspec import Raw, Struct
from msgspec.structs import fields

from vasttui.api.models import Instance, Offer, Rows, SshKey, Whole

RowT = TypeVar("RowT", bound=Struct)

# Above this size rows are decoded one by one: a little slower, but no single call holds the interpreter long.
_WHOLE_LIMIT = 1_000_000
_SECRET_FIELDS = frozenset(
    {"extra_env", "onstart", "image_args", "image_login", "env", "sid", "args", "args_str"}
)
_SECRET_PARTS = ("token", "passw", "secret", "api_key", "login", "credential")


def parse_json(body: bytes) -> Any:
    """The JSON value in body, as plain Python; tolerates NaN, huge numbers and broken UTF-8.

    Raises:
        ValueError: it is no JSON.
    """
    try:
        return msgspec.json.decode(body)
    except (msgspec.DecodeError, RecursionError):
        pass
    try:
        text = body.decode("utf-8", "replace")
        return json.loads(text, parse_constant=lambda _: None, parse_int=_lenient_int)
    except RecursionError:
        raise ValueError("nested too deeply") from None


def _lenient_int(digits: str) -> int | None:
    return int(digits) if len(digits) <= 30 else None


def decode_offers(body: bytes, *, keep_raw: bool = False) -> Rows[Offer]:
    """The offers of a search reply.

    Raises:
        ValueError: it is no JSON, or holds no list of offers.
    """
    try:
        return _offers_with_bytes(body) if keep_raw else _fast_offers(body)
    except (msgspec.DecodeError, RecursionError):
        return read_rows(rows_of(parse_json(body), "offers"), Offer, keep_raw=keep_raw)


class RawRows(Sequence[Mapping[str, Any]]):
    """The API's own rows as bytes; one is read, and loses its secrets, when it is asked for.

    10,000 offers are 27 MB of bytes, and several times that as dictionaries.
    """

    __slots__ = ("_rows",)

    def __init__(self, rows: Sequence[Raw]) -> None:
        self._rows = rows

    def __len__(self) -> int:
        return len(self._rows)

    @overload
    def __getitem__(self, place: int) -> Mapping[str, Any]: ...

    @overload
    def __getitem__(self, place: slice) -> Sequence[Mapping[str, Any]]: ...

    def __getitem__(self, place: int | slice) -> Mapping[str, Any] | Sequence[Mapping[str, Any]]:
        if isinstance(place, slice):
            return RawRows(self._rows[place])
        return without_secrets(parse_json(bytes(self._rows[place])))


def _offers_with_bytes(body: bytes) -> Rows[Offer]:
    rows = _split.decode(body).offers
    pairs = [(offer, raw) for raw in rows if (offer := _offer(raw)) is not None]
    return Rows(tuple(offer for offer, _ in pairs), len(rows) - len(pairs), RawRows([raw for _, raw in pairs]))


class _WholeReply(Struct):
    offers: list[Offer]


class _SplitReply(Struct):
    offers: list[Raw]


_whole = msgspec.json.Decoder(_WholeReply)
_split = msgspec.json.Decoder(_SplitReply)
_one = msgspec.json.Decoder(Offer)


def _fast_offers(body: bytes) -> Rows[Offer]:
    if len(body) <= _WHOLE_LIMIT:
        try:
            return Rows(tuple(_whole.decode(body).offers))
        except msgspec.ValidationError:
            pass  # one row has an odd field: row by row
    offers = [_offer(raw) for raw in _split.decode(body).offers]
    kept = tuple(offer for offer in offers if offer is not None)
    return Rows(kept, len(offers) - len(kept))


def _offer(raw: Raw) -> Offer | None:
    try:
        return _one.decode(raw)
    except msgspec.ValidationError:
        return read_row(parse_json(bytes(raw)), Offer)


def rows_of(reply: Any, key: str) -> list[Any]:
    """The list under key; Vast.ai also sends it bare, or as JSON text inside a string (ssh_keys of an
    instance).

    Raises:
        ValueError: there is no such list. It is never taken for an empty one.
    """
    found = reply.get(key) if isinstance(reply, dict) else reply
    if isinstance(found, str):
        found = parse_json(found.encode())
    if not isinstance(found, list):
        raise ValueError(f'no list "{key}"')  # noqa: TRY004 - the value is wrong, not a caller's type
    return found


def read_rows(rows: Iterable[Any], row_type: type[RowT], *, keep_raw: bool = False) -> Rows[RowT]:
    """Rows as typed rows, the unusable ones counted."""
    items: list[RowT] = []
    raw: list[Mapping[str, Any]] = []
    skipped = 0
    for row in rows:
        item = read_row(row, row_type)
        if item is None:
            skipped += 1
            continue
        items.append(item)
        if keep_raw:
            raw.append(without_secrets(row))
    return Rows(tuple(items), skipped, tuple(raw))


def read_row(row: Any, row_type: type[RowT]) -> RowT | None:
    """One row, each field read on its own; None when it is no object or has no usable id."""
    if not isinstance(row, dict):
        return None
    if row_type is Instance:
        row = _flat_instance(row)
    elif row_type is SshKey and "key" not in row:
        row = row | {"key": row.get("public_key")}
    known = _readers(row_type)
    values = {name: known[name](row[name]) for name in known.keys() & row.keys()}
    if (values.get("id") or 0) <= 0:
        return None
    return row_type(**values)


def _flat_instance(row: dict[str, Any]) -> dict[str, Any]:
    """The row with the nested price blocks and the port forms made flat."""
    search, instance = (_block(row.get(name)) for name in ("search", "instance"))
    flat = row | {
        "search_total_hour": search.get("discountedTotalPerHour") or search.get("totalHour"),
        "instance_total_hour": instance.get("totalHour"),
        "instance_disk_hour": instance.get("diskHour"),
        "ports": _ports(row.get("ports")),
    }
    if number(flat.get("reliability")) is None:
        flat["reliability"] = row.get("reliability2")
    return flat


def _block(value: Any) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def _ports(value: Any) -> dict[str, tuple[int, ...]]:
    """Docker's map of ports, or a list of {container_port, host_port}; other forms tell no mapping."""
    pairs: list[tuple[str, Any]] = []
    if isinstance(value, dict):
        for name, bindings in value.items():
            listed = bindings if isinstance(bindings, list) else [bindings]
            pairs += [(str(name), _block(binding).get("HostPort")) for binding in listed]
    elif isinstance(value, list):
        entries = map(_block, value)
        pairs += [(f"{entry.get('container_port')}/tcp", entry.get("host_port")) for entry in entries]
    ports: dict[str, tuple[int, ...]] = {}
    for name, host_port in pairs:
        port = integer(host_port)
        if port is not None and 0 < port < 65536 and port not in ports.get(name, ()):
            ports[name] = (*ports.get(name, ()), port)
    return ports


def without_secrets(row: Mapping[str, Any]) -> dict[str, Any]:
    """A row, at any depth without fields that carry secrets; numbers that are no numbers become None."""
    return {str(name): _harmless(value) for name, value in row.items() if not _is_secret(str(name))}


@lru_cache(maxsize=4096)
def _is_secret(name: str) -> bool:
    name = name.lower()
    return name in _SECRET_FIELDS or any(part in name for part in _SECRET_PARTS)


def _harmless(value: Any) -> Any:
    if isinstance(value, dict):
        return without_secrets(value)
    if isinstance(value, list):
        return [_harmless(item) for item in value]
    return None if isinstance(value, float) and not math.isfinite(value) else value


@cache
def _readers(row_type: type[Struct]) -> dict[str, Callable[[Any], Any]]:
    kinds: dict[Any, Callable[[Any], Any]] = {
        int: integer,
        Whole: integer,
        float: number,
        str: text,
        bool: flag,
        bool | int: flag,
        bool | Whole: flag,
    }
    table: dict[str, Callable[[Any], Any]] = {}
    for spec in fields(row_type):
        kind = next((kind for kind in kinds if spec.type == kind | None), None)
        table[spec.name] = integer if spec.name == "id" else kinds[kind] if kind else _as_is
    return table


def _as_is(value: Any) -> Any:
    return value


def number(value: Any) -> float | None:
    """A finite number from a number or its text, else None."""
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return None
    try:
        found = float(value)
    except (ValueError, OverflowError):
        return None
    return found if math.isfinite(found) else None


def integer(value: Any) -> int | None:
    """A whole number from a number or its text, else None."""
    if isinstance(value, int) and not isinstance(value, bool):
        return value if abs(value) < 2**63 else None
    if isinstance(value, str) and value.strip().isdecimal() and len(value) < 19:
        return int(value)  # not by way of float, which would round long ids
    found = number(value)
    return int(found) if found is not None and found.is_integer() and abs(found) < 2**63 else None


def text(value: Any) -> str | None:
    """A text, also from a number, else None."""
    if isinstance(value, str):
        return value
    return str(value) if isinstance(value, int | float) and not isinstance(value, bool) else None


def flag(value: Any) -> bool | None:
    """True or False, also from 0, 1 and their words, else None."""
    if isinstance(value, str):
        return {"true": True, "1": True, "false": False, "0": False}.get(value.strip().lower())
    return bool(value) if isinstance(value, int | float) and value in (0, 1) else None
