"""Levels that lines name by themselves, and stack traces."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vasttui.logs.levels import Levels, severity
from vasttui.logs.rows import INNER, SAME, SEVERITY_BITS, Severity
from vasttui.logs.spool.segments import ends_of

ERROR, WARNING, INFO, DEBUG, NONE = Severity.ERROR, Severity.WARNING, Severity.INFO, Severity.DEBUG, Severity.NONE


def flags(*lines: str, levels: Levels | None = None) -> list[int]:
    text = ("\n".join(lines) + "\n").encode("utf-8", "surrogateescape")
    return list((levels or Levels()).flags(text, ends_of(text)))


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("ERROR: Container disk size is too small", ERROR),
        ("[error] worker died", ERROR),
        ("2025-01-01 12:00:00,123 - my.logger - ERROR - it broke", ERROR),
        ("2025-01-01 12:00:00 ERROR it broke", ERROR),
        ("2025-01-01 12:00:00.000 1234 ERROR nova.compute [-] it broke", ERROR),
        ("2025-01-01 12:00:00  WARN  disk is slow", WARNING),
        ("\x1b[31mERROR\x1b[0m it broke", ERROR),
        ("\x1b[2m2025-01-01T00:00:00Z\x1b[0m \x1b[32m INFO\x1b[0m \x1b[2mmy::mod\x1b[0m: it works", INFO),
        ("2025-08-25T17:09:16.123456Z  WARN my::mod: slow", WARNING),
        ("2025-08-25T17:09:16.123456Z DEBUG my::mod: x", DEBUG),
        ("INFO:     Application startup complete.", INFO),
        ("INFO 08-25 17:09:16 [loggers.py:123] Engine 000: Avg prompt throughput: 1.2 tokens/s", INFO),
        ("DEBUG:urllib3.connectionpool:Starting new HTTPS connection", DEBUG),
        ("time=12:00 level=warn msg=slow", WARNING),
        ('ts=1 level="error" msg=x', ERROR),
        ('{"level":"error","msg":"x"}', ERROR),
        ('{"severity": "INFO", "message": "an error: none"}', INFO),
        ('{"level":50,"time":1,"msg":"x"}', ERROR),
        ('{"level": 30, "msg": "ERROR"}', INFO),
        ('{"level":40,"msg":"x"}', WARNING),
        ('{"level":20,"msg":"x"}', DEBUG),
        ("E0625 12:00:00.123456   1 server.go:12] it broke", ERROR),
        ("I0625 12:00:00.123456   1 server.go:12] it works", INFO),
        ("W0625 12:00:00.123456   1 server.go:12] slow", WARNING),
        ("error: could not compile `x`", ERROR),
        ("error[E0308]: mismatched types", ERROR),
        ("fatal: destination path 'project' already exists and is not an empty directory.", ERROR),
        ("bash: error: x", ERROR),
        ("npm ERR! code ENOENT", ERROR),
        ("npm WARN deprecated x", WARNING),
        ("/a/b.py:12: UserWarning: The given buffer is not writable", WARNING),
        ("warning: unused variable", WARNING),
        ("Traceback (most recent call last):", ERROR),
        ("torch.OutOfMemoryError: CUDA out of memory. Tried to allocate 750.00 MiB.", ERROR),
        ("[rank0]: torch.OutOfMemoryError: CUDA out of memory.", ERROR),
        ("RuntimeError: CUDA error: out of memory", ERROR),
        ("KeyboardInterrupt", ERROR),
        ("Killed", ERROR),
        ("./run.sh: line 3:  1234 Killed                  python train.py", ERROR),
        ("Segmentation fault (core dumped)", ERROR),
        ("Error response from daemon: manifest unknown", ERROR),
        ("Error: GPU error, unable to start instance.", ERROR),
        ("panic: runtime error: index out of range", ERROR),
        ("thread 'main' panicked at src/main.rs:2:5:", ERROR),
        ('Exception in thread "main" java.lang.IllegalStateException: x', ERROR),
        ("INFO retried after ERROR", INFO),
        ("INFO: retried after ERROR", INFO),
        # Decoys.
        ("0 errors, 3 warnings", NONE),
        ("0 ERROR", NONE),
        ("no errors", NONE),
        ("No error: all well", NONE),
        ("error_rate=0.1", NONE),
        ("loss/error: 0.3", NONE),
        ("error: 0.3", NONE),
        ("val error: 0.125, best error: 0.1", NONE),
        ("ERRORS=0", NONE),
        ("ERROR: 0", NONE),
        ("MeanSquaredError: 0.25", NONE),
        ("LOG_LEVEL=ERROR", NONE),
        ("--log-level=error", NONE),
        ("writing to stderr", NONE),
        ("see /var/log/error.log", NONE),
        ("terror: the film", NONE),
        ("the debug build of info systems traces warnings", NONE),
        ("compression level: 50", NONE),
        (" 84%|████████▍ | 320/380 [1:27:33<14:12, 14.21s/it] {'loss': 0.0602}", NONE),
        ("Killed 3 birds", NONE),
        ("I like 12:00:00 best", NONE),
        ("", NONE),
    ],
)
def test_a_line_alone(line: str, expected: Severity) -> None:
    assert severity(line.encode()) == expected
    assert [flag & SEVERITY_BITS for flag in flags("step 1", line, "step 2")] == [NONE, expected, NONE]


def shown(*lines: str) -> list[str]:
    """One letter a row: the inside of a trace, an Error outside of one, or nothing."""
    letters = {INNER | ERROR: "i", int(ERROR): "e", 0: "-"}
    return [letters[flag & ~SAME] for flag in flags(*lines)]


def test_python_traceback() -> None:
    assert shown(
        "step 1",
        "Traceback (most recent call last):",
        '  File "a.py", line 1, in <module>',
        "    f(info)",
        "    ~^^^^^^",
        "ValueError: bad",
        "step 2",
    ) == ["-", "e", "i", "i", "i", "e", "-"]


def test_chained_python_tracebacks() -> None:
    one = ["Traceback (most recent call last):", '  File "a.py", line 1', "KeyError: 'x'"]
    lines = [*one, "", "During handling of the above exception, another exception occurred:", "", *one, "done"]
    assert shown(*lines) == ["e", "i", "e", "-", "i", "i", "i", "i", "e", "-"]


def test_ranks_before_the_lines_of_a_traceback() -> None:
    lines = ["Traceback (most recent call last):", '  File "a.py", line 1', "    f()", "ValueError: bad"]
    assert shown(*[f"[rank0]: {line}" for line in lines], "[rank0]: on") == ["e", "i", "i", "e", "-"]


def test_java_node_go_and_rust_traces() -> None:
    java = ["java.lang.RuntimeException: x", "\tat a.B.c(B.java:12)", "\tat a.B.d(Native Method)", "\t... 12 more"]
    assert shown(*java, "on") == ["e", "i", "i", "i", "-"]
    node = ["TypeError: x", "    at f (/app/x.js:1:7)", "    at /app/x.js:3:1", "    at async run (/x.js:1:1)"]
    assert shown(*node, "on") == ["e", "i", "i", "i", "-"]
    go = ["panic: x", "", "goroutine 1 [running]:", "main.f(0x1)", "\t/app/main.go:5 +0x1d", "exit status 2"]
    assert shown(*go) == ["e", "-", "i", "i", "i", "-"]
    rust = ["thread 'main' panicked at src/main.rs:2:5:", "stack backtrace:", "   0: rust_begin_unwind", "note: run"]
    assert shown(*rust) == ["e", "i", "i", "-"]


def test_talk_of_being_somewhere_is_no_frame() -> None:
    assert shown("meet me", "    at the station", "  at 12:30") == ["-", "-", "-"]


@given(
    st.lists(
        st.sampled_from(
            [
                "Traceback (most recent call last):",
                "  File x",
                "ValueError: bad",
                "",
                "During handling of the above exception, another exception occurred:",
                "goroutine 1 [running]:",
                "\tat a.b(c)",
                "ERROR x",
                "0 ERROR",
                "INFO: x",
                "\x1b[31mwarn: x",
                "x" * 300 + " ERROR",
                '{"level":30}',
                "E0625 12:00:00.1",
            ]
        )
    ),
    st.data(),
)
def test_batches_do_not_matter(lines: list[str], data: st.DataObject) -> None:
    cut = data.draw(st.integers(0, len(lines)))
    levels = Levels()
    parts = [flag for part in (lines[:cut], lines[cut:]) if part for flag in flags(*part, levels=levels)]
    assert parts == (flags(*lines) if lines else [])


@given(st.lists(st.binary(max_size=60), min_size=1, max_size=20))
def test_any_bytes_get_flags(lines: list[bytes]) -> None:
    text = b"\n".join(line.replace(b"\n", b"") for line in lines) + b"\n"
    assert len(Levels().flags(text, ends_of(text))) == len(lines)


def test_a_level_far_from_the_beginning_of_the_line_does_not_count() -> None:
    assert shown("x" * 5000 + " ERROR: bad", "y") == ["-", "-"]
