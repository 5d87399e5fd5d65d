"""A JSON line reads like a log line, whichever logger wrote it, and stays harmless."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vasttui.logs.clean import clean_line
from vasttui.logs.jsonlines import MAX_LENGTH, readable


@pytest.mark.parametrize(
    ("line", "text"),
    [
        (  # cog
            '{"logger": "cog.server.probes", "timestamp": "2024-10-22T17:36:06Z", "severity": "INFO", "message": "a"}',
            "2024-10-22T17:36:06Z INFO cog.server.probes: a",
        ),
        (  # structlog
            '{"event": "epoch done", "level": "warning", "timestamp": "2024-10-22 17:36:06", "epoch": 3}',
            "2024-10-22 17:36:06 WARNING epoch done epoch=3",
        ),
        (  # pino, bunyan
            '{"level":30,"time":1732259940123,"pid":12,"hostname":"box","msg":"listening on :80"}',
            "2024-11-22 07:19:00.123Z INFO listening on :80 pid=12 hostname=box",
        ),
        (  # zap
            '{"level":"error","ts":1732259940.5,"caller":"a/b.go:12","msg":"failed","error":"no such file"}',
            '2024-11-22 07:19:00.500Z ERROR failed caller=a/b.go:12 error="no such file"',
        ),
        ('{"level":"debug","time":"2024-11-22T07:19:00Z","message":"x"}', "2024-11-22T07:19:00Z DEBUG x"),  # zerolog
        (  # python-json-logger
            '{"asctime": "2024-11-22 07:19:00,123", "name": "trainer", "levelname": "INFO", "message": "step"}',
            "2024-11-22 07:19:00,123 INFO trainer: step",
        ),
        ('{"severity":"DEFAULT","textPayload":"a b"}', 'DEFAULT textPayload="a b"'),
        ('{"short_message":"x","level":3}', "ERROR x"),  # GELF
        ('{"loss": NaN, "step": 12, "ok": true, "none": null}', "loss=NaN step=12 ok=true none=null"),
        ('{"a": {"b": [1, 2, {"c": "d"}]}, "empty": ""}', 'a={"b":[1,2,{"c":"d"}]} empty=""'),
        ('{"msg":"one\\n  two\\r\\nthree\\u2028four"}', "one ⏎ two ⏎ three ⏎ four"),
        ('{"level":true,"time":5,"msg":17}', "level=true time=5 msg=17"),
        ('{"level":"a long text, no level","msg":"x"}', 'x level="a long text, no level"'),
        ('  {"msg":"blanks around"}  ', "blanks around"),
    ],
)
def test_lines_of_the_usual_loggers(line: str, text: str) -> None:
    assert readable(line) == text


@pytest.mark.parametrize(
    "line",
    [
        "",
        "{}",
        "plain text",
        "[1, 2]",
        "{'loss': 0.5}",
        '{"half": 1',
        '{"a": 1} {"b": 2}',
        "{" * 10_000 + "}" * 10_000,
        '{"a":' * 10_000 + "1" + "}" * 10_000,
        '{"a":' + "[" * 10_000 + "]" * 10_000 + "}",
        '{"a":' + "9" * 5000 + "}",
        '{"a":"' + "x" * MAX_LENGTH + '"}',
        '{"a":"' + "x" * 2_000_000 + '"}',
    ],
)
def test_what_is_left_as_it_is(line: str) -> None:
    assert readable(line) is None


def test_long_values_and_many_fields_are_cut() -> None:
    text = readable(json.dumps({"msg": "m" * 5000} | {f"k{n}": "v" * 400 for n in range(70)}))
    assert text is not None
    assert len(text) < 2100 + 60 * 310
    assert text.endswith("… 10 more fields")


@pytest.mark.parametrize(
    "hostile", ["\x1b]0;title", "\x1bPx", "\x9d52;c;", "\x08" * 5, "x\ry", "\x1b[2J", "\x1b[31mred"]
)
def test_a_hostile_value_hides_no_other_field(hostile: str) -> None:
    text = readable(json.dumps({"level": "info", "msg": hostile, "key": hostile, "last": "there"}))
    assert text is not None
    line = clean_line(text)
    assert line.text.startswith("INFO ")
    assert line.text.endswith(" last=there")
    assert all(end <= len(line.text) - len(" last=there") for _, end, _ in line.spans)


_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=10),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=6,
)
_KEYS = st.sampled_from(["time", "ts", "level", "msg", "event", "logger", "name", "x"]) | st.text(max_size=4)


@given(st.dictionaries(_KEYS, _JSON, min_size=1, max_size=6))
def test_any_object_becomes_one_line(fields: dict[str, object]) -> None:
    text = readable(json.dumps(fields))
    assert text is not None
    assert len(text.splitlines()) <= 1
    clean_line(text)
