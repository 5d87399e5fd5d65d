"""The words worth a colour are found in the lines that GPU jobs print, at a cost that no line can raise."""

from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vasttui.logs.highlight import TOKENS, WINDOW, highlight


def words(text: str) -> list[tuple[str, str]]:
    return [(token, text[start:end]) for start, end, token in highlight(text)]


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        (
            "2026-11-22 07:19:00,123 INFO vllm.engine: step 100/1000 lr=2.8e-05 took 12.3ms",
            "time:2026-11-22 07:19:00,123 info:INFO number:100 number:1000 key:lr number:2.8e-05 duration:12.3ms",
        ),
        (
            "steps:   5%|▊               | 100/2000 [00:57<18:14,  1.74it/s, avr_loss=0.0725]",
            "number:5% number:100 number:2000 duration:00:57 duration:18:14 number:1.74it/s key:avr_loss number:0.0725",
        ),
        ("{'loss': 0.514, 'epoch': 1.31}", "key:'loss' number:0.514 key:'epoch' number:1.31"),
        ('  File "/workspace/train.py", line 12, in main', "path:/workspace/train.py number:12"),
        ("Tried to allocate 750.00 MiB. GPU 0 has 14.57 GiB", "number:750.00 MiB number:0 number:14.57 GiB"),
        ("Hit:1 https://a.b/c?x=y, (http://d.e/f).", "number:1 url:https://a.b/c?x=y url:http://d.e/f"),
        ("s3://bucket/key copied", "url:s3://bucket/key"),
        ("~/onstart.sh: line 1: cd: /workspace: No such", "path:~/onstart.sh number:1 path:/workspace"),
        ("loaded src/model/net.py, and/or ./x/y ../z", "path:src/model/net.py path:./x/y path:../z"),
        ("on 0.0.0.0 port 22. 10.0.0.1:8080 10.0.0.0/8", "ip:0.0.0.0 number:22 ip:10.0.0.1:8080 ip:10.0.0.0/8"),
        ("fe80:0:0:1:2:3:4:5", "ip:fe80:0:0:1:2:3:4:5"),
        (
            "4c7d45f7c63c: 1b4e28ba-2fa1-11d2-883f-0016d3cca427 0xdeadbeef 3f2a1bc",
            "id:4c7d45f7c63c id:1b4e28ba-2fa1-11d2-883f-0016d3cca427 id:0xdeadbeef id:3f2a1bc",
        ),
        ("deadbeef facade defaced are words", ""),
        ("236.52M 2.65MB/s in 89s", "number:236.52M number:2.65MB/s duration:89s"),
        ("1h02m03s 5 seconds", "duration:1h02m03s duration:5 seconds"),
        ("2024-10-22T17:36:06.123456Z 1:02:03", "time:2024-10-22T17:36:06.123456Z time:1:02:03"),
        ("2024/10/22 12/31/2024", "time:2024/10/22 time:12/31/2024"),
        ("RTX 4090D H100 v1.2.3 x86_64 1,234,567 45%", "number:1,234,567 number:45%"),
        ('level=error msg="cannot open"', 'key:level key:msg string:"cannot open"'),
        ("error: bad [WARN] DEBUG CRITICAL NOTICE", "error:error warning:WARN debug:DEBUG error:CRITICAL info:NOTICE"),
        ("an error of the information in warnings", ""),
        ("True None nan null", "constant:True constant:None constant:nan constant:null"),
        ("don't, isn't; the 'quoted text' it's", "string:'quoted text'"),
        ("ssh7.vast.ai port 18800", "number:18800"),
        ("key=•••• https://user:••••@host/p", "key:key url:https://user"),
        ("", ""),
    ],
)  # fmt: skip
def test_words(line: str, expected: str) -> None:
    assert " ".join(f"{token}:{word}" for token, word in words(line)) == expected


@given(st.text(max_size=700) | st.text(alphabet="ab1f0:/.-='\" %x~[]{},_", max_size=700))
def test_marks_are_in_order_and_inside(text: str) -> None:
    marks = highlight(text)
    places = [place for start, end, _ in marks for place in (start, end)]
    assert places == sorted(places)
    assert all(start < end <= min(len(text), WINDOW) for start, end, _ in marks)
    assert {token for _, _, token in marks} <= set(TOKENS)


def _cost(line: str) -> float:
    best = 9.0
    for _ in range(7):
        start = time.process_time()
        for _ in range(20):
            highlight(line)
        best = min(best, time.process_time() - start)
    return best


USUAL = "2026-11-22 07:19:00,123 INFO vllm.engine: step 100/1000 loss=0.513 took 12.3ms on /workspace/data/a.py "


@pytest.mark.parametrize(
    "hostile", ["a/", "0:", "a", "1.", "'", '"a ', "f", "a.b-", "12:", "/", "/a", "a==", "x://", "1,", "abcdef1-", "0x",
                "~/", "a-", ".", "'a", "1h", "1 ", "a:", "-", "11:11:", "x.y/"]
)  # fmt: skip
def test_no_line_costs_much_more_than_a_usual_one(hostile: str) -> None:
    assert _cost((hostile * WINDOW)[:WINDOW]) < 25 * _cost((USUAL * 5)[:WINDOW]) + 0.001


def test_a_long_line_costs_no_more_than_the_window() -> None:
    assert _cost("1 a/b " * 200_000) < 4 * _cost(("1 a/b " * 100)[:WINDOW]) + 0.001
