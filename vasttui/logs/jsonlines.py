"""JSON lines as a person would write them: time, level, logger and message first, then the other fields."""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime
from typing import Any

MAX_LENGTH = 65_536
"""A longer line stays as it is: reading it would cost more than it is worth."""

_MAX_FIELDS = 60
_MAX_VALUE = 300
_MAX_MESSAGE = 2000

_TIME = ("timestamp", "time", "ts", "@timestamp", "asctime", "datetime", "@t", "eventTime", "date")
_LEVEL = ("level", "severity", "levelname", "lvl", "log.level", "loglevel", "level_name", "@l")
_LOGGER = ("logger", "logger_name", "log.logger", "name", "component")
_MESSAGE = ("message", "msg", "event", "@m", "short_message", "text")

_PINO = {10: "TRACE", 20: "DEBUG", 30: "INFO", 40: "WARN", 50: "ERROR", 60: "FATAL"}
_SYSLOG = ("EMERG", "ALERT", "CRITICAL", "ERROR", "WARNING", "NOTICE", "INFO", "DEBUG")
_LEVEL_WORD = re.compile(r"[A-Za-z]{1,12}")

_BREAKS = re.compile(r"\s*[\n\r\x0b\x0c\x1c-\x1e\x85\u2028\u2029]+\s*")
# A control string would swallow the fields behind it, a backspace the letter before: only colours may stay.
_CONTROLS = re.compile(r"\x1b(?!\[[0-9;:]{0,64}m)|[\x00-\x08\x0e-\x1a\x7f-\x9f]")
_BARE = re.compile(r"""[^\s"'=,{}\[\]]+""")


def readable(text: str) -> str | None:
    """A raw line that is one JSON object, rewritten as `time LEVEL logger: message key=value ...`.

    None when the line is not a JSON object, has no fields, or is too long or too deep. The values are still hostile:
    the result goes through `clean_line`.
    """
    body = text.strip() if len(text) <= MAX_LENGTH else ""
    if not (body.startswith("{") and body.endswith("}")):
        return None
    try:
        fields = json.loads(body)
        return _line(fields) if fields else None
    except (ValueError, RecursionError):
        return None


def _line(fields: dict[str, Any]) -> str:
    time = _take(fields, _TIME, _clock)
    level = _take(fields, _LEVEL, _level)
    logger = _take(fields, _LOGGER, _name)
    message = _take(fields, _MESSAGE, _message)
    head = [time, level, f"{logger}:" if logger and message else logger, message]
    tail = [f"{_value(name)}={_value(value)}" for name, value in list(fields.items())[:_MAX_FIELDS]]
    if len(fields) > _MAX_FIELDS:
        tail.append(f"… {len(fields) - _MAX_FIELDS} more fields")
    return " ".join(part for part in head + tail if part)


def _take(fields: dict[str, Any], names: tuple[str, ...], read: Any) -> str:
    """The first of the named fields that reads as what is wanted, taken out of the fields; else ""."""
    for name in names:
        if name in fields and (text := read(fields[name])):
            del fields[name]
            return str(text)
    return ""


def _clock(value: object) -> str:
    if isinstance(value, str):
        return _harmless(value) if 8 <= len(value) <= 40 and value[:1].isdigit() else ""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return ""
    seconds = float(value)
    for unit in (1e9, 1e6, 1e3):
        if seconds >= 1e8 * unit:
            seconds /= unit
            break
    if not 1e8 <= seconds <= 1e11:
        return ""
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%d %H:%M:%S.%f")[:-3] + "Z"


def _level(value: object) -> str:
    if isinstance(value, str):
        return value.upper() if _LEVEL_WORD.fullmatch(value) else ""
    if isinstance(value, bool) or not isinstance(value, int):
        return ""
    return _SYSLOG[value] if 0 <= value < len(_SYSLOG) else _PINO.get(value, "")


def _name(value: object) -> str:
    return _harmless(value) if isinstance(value, str) and 0 < len(value) <= 80 and " " not in value else ""


def _message(value: object) -> str:
    return _harmless(_shortened(value.strip(), _MAX_MESSAGE)) if isinstance(value, str) else ""


def _value(value: object) -> str:
    if not isinstance(value, str):
        compact = json.dumps(value, ensure_ascii=False, separators=(",", ":"))
        return _harmless(_shortened(compact, _MAX_VALUE))
    text = _harmless(_shortened(value, _MAX_VALUE))
    return text if _BARE.fullmatch(text) else f'"{text}"'


def _shortened(text: str, limit: int) -> str:
    return text if len(text) <= limit else text[:limit] + "…"


def _harmless(text: str) -> str:
    if text.isprintable():
        return text
    text = _CONTROLS.sub("", _BREAKS.sub(" ⏎ ", text))
    return text + "\x1b[0m" if "\x1b" in text else text
