"""From an answer to a result; ValueError where it holds something else than was asked for."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any, TypeVar

from msgspec import Struct

from vasttui.api.charges import Charge
from vasttui.api.decode import decode_offers, integer, parse_json, read_row, read_rows, rows_of
from vasttui.api.models import Account, Instance, Offer, Rental, Rows, Secret, SshKey
from vasttui.api.transport import Answer

Found = TypeVar("Found")
RowT = TypeVar("RowT", bound=Struct)
Reader = Callable[[Answer], Awaitable[Found]]

# Decoding more than this takes longer than a frame, so it leaves the event loop's thread.
_THREAD_FROM = 500_000


def offers(keep_raw: bool) -> Reader[Rows[Offer]]:
    """Reads a search."""

    async def read(answer: Answer) -> Rows[Offer]:
        if len(answer.body) < _THREAD_FROM:
            return decode_offers(answer.body, keep_raw=keep_raw)
        return await asyncio.to_thread(decode_offers, answer.body, keep_raw=keep_raw)

    return read


def rows(key: str, row_type: type[RowT]) -> Reader[Rows[RowT]]:
    """Reads a list under a key."""

    async def read(answer: Answer) -> Rows[RowT]:
        return read_rows(rows_of(parse_json(answer.body), key), row_type)

    return read


def instance_page(keep_raw: bool) -> Reader[tuple[Rows[Instance], str | None]]:
    """Reads one page of instances and the token of the next one, None at the end."""

    async def read(answer: Answer) -> tuple[Rows[Instance], str | None]:
        reply = _object(answer)
        return read_rows(rows_of(reply, "instances"), Instance, keep_raw=keep_raw), _next_token(reply)

    return read


def _next_token(reply: dict[str, Any]) -> str | None:
    token = reply.get("next_token")
    if token is not None and not isinstance(token, str):
        raise ValueError('"next_token" is no text')
    return token or None


async def charge_page(answer: Answer) -> tuple[Rows[Charge], str | None]:
    """Reads one page of charges and the token of the next one; rows of anything but instances are left out."""
    reply = _object(answer)
    listed = [row for row in rows_of(reply, "results") if not isinstance(row, dict) or row.get("type") == "instance"]
    page = read_rows([_with_instance(row) for row in listed], Charge)
    return page, _next_token(reply)


def _with_instance(row: Any) -> Any:
    """The row with the instance's number, which stands at the end of a source such as "instance-123"."""
    kind, _, number = str(row.get("source")).rpartition("-") if isinstance(row, dict) else ("", "", "")
    return row | {"id": number} if kind == "instance" else None


async def one_instance(answer: Answer) -> Instance | None:
    """Reads one instance; None only for an explicit null, which is how Vast.ai shows a destroyed one."""
    reply = _object(answer)
    if "instances" not in reply:
        raise ValueError('no "instances"')
    found = reply["instances"]
    return None if found is None else _required(read_row(found, Instance))


async def rental(answer: Answer) -> Rental:
    """Reads the answer to a rent."""
    reply = _object(answer)
    instance_id = integer(reply.get("new_contract"))
    if instance_id is None or instance_id <= 0:
        raise ValueError("no id of the new instance")
    key = reply.get("instance_api_key")
    return Rental(instance_id, Secret(key) if isinstance(key, str) and key else None)


async def log_address(answer: Answer) -> str:
    """Reads where a log will be: under the documented name, or one that several clients were sent."""
    reply = _object(answer)
    found = reply.get("result_url") or reply.get("temp_download_url")
    if not isinstance(found, str):
        raise ValueError("no address of the log")  # noqa: TRY004 - the value is wrong, not a caller's type
    return found


async def account(answer: Answer) -> Account:
    """Reads the account."""
    return _required(read_row(_object(answer), Account))


async def ssh_key(answer: Answer) -> SshKey:
    """Reads a key that was made: an object of its own, or the reply itself."""
    reply = _object(answer)
    return _required(read_row(reply["key"] if isinstance(reply.get("key"), dict) else reply, SshKey))


async def nothing(answer: Answer) -> None:
    """Reads nothing: that it was no refusal is all there is."""


def _object(answer: Answer) -> dict[str, Any]:
    reply = parse_json(answer.body)
    if not isinstance(reply, dict):
        raise ValueError("no JSON object")  # noqa: TRY004 - the value is wrong, not a caller's type
    return reply


def _required(found: RowT | None) -> RowT:
    if found is None:
        raise ValueError("no row with an id")
    return found
