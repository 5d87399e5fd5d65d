"""What a script tells by marks and a user by patterns, whose lines count, why a figure falls, and metrics over time."""

from __future__ import annotations

import math
import re
import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from vasttui.errors import UsageError
from vasttui.jobs import signs
from vasttui.jobs.progress import Progress, ProgressReader
from vasttui.jobs.series import MAX_NAMES, MAX_POINTS, Series

BAR = "{0:3d}%|██ | {0}/100 [00:{0:02d}<01:40,  1.00it/s]"
BIG = "{0:3d}%|██ | {1}/100000 [10:00<10:00,  1.00it/s]"


def reader_of(*lines: str, patterns: tuple[str, ...] = (), run_id: str = "") -> ProgressReader:
    reader = ProgressReader(lambda: 100.0, patterns, run_id)
    for line in lines:
        reader.feed(line)
    return reader


def after(*lines: str, patterns: tuple[str, ...] = (), run_id: str = "") -> Progress:
    seen = reader_of(*lines, patterns=patterns, run_id=run_id).current
    assert seen is not None
    return seen


# Marks


def test_one_line_of_a_script_gives_all() -> None:
    seen = after('::vasttui progress=42 step=420 total=1000 phase="train it" loss=0.31')
    assert (seen.fraction, seen.done, seen.total, seen.unit, seen.phase) == (0.42, 420, 1000, "step", "train it")
    assert (seen.metrics, seen.kind, seen.scope) == ((("loss", "0.31"),), "mark", "job")


@pytest.mark.parametrize(
    ("words", "fraction", "done", "unit", "eta"),
    [
        ("progress=42", 0.42, None, "%", None),
        ("progress=42%", 0.42, None, "%", None),
        ("progress=0", 0.0, None, "%", None),
        ("progress=100", 1.0, None, "%", None),
        ("step=1 total=4", 0.25, 1, "step", None),
        ("step=1 total=4 unit=tile rate=0.5", 0.25, 1, "tile", 6),
        ("step=7", None, 7, "step", None),
        ("progress=10 eta=90", 0.1, None, "%", 90),
        ("progress=10 eta=1m30s", 0.1, None, "%", 90),
        ("progress=10 eta=1:30", 0.1, None, "%", 90),
    ],
)
def test_the_words_of_a_mark(words: str, fraction: float, done: float, unit: str, eta: float) -> None:
    seen = after(f"::vasttui {words}")
    assert (seen.fraction, seen.done, seen.unit, seen.eta) == (fraction, done, unit, eta)


@pytest.mark.parametrize("words", ["progress=-1", "progress=250", "progress=nan", "step=x total=3", "total=3", "id=a"])
def test_a_mark_without_a_figure_is_no_progress(words: str) -> None:
    assert reader_of(f"::vasttui {words}").current is None


def test_a_mark_outranks_every_bar_once_it_was_seen() -> None:
    bars = (BIG.format(50, 50000), "Epoch 3/10", "step 900/1000", "model.bin: 99%|█| 9.9G/10G [01:00<00:01, 160MB/s]")
    mark = "::vasttui progress=3"
    for lines in ((*bars, mark), (mark, *bars), (mark, *bars * 300)):
        assert after(*lines).fraction == 0.03


def test_a_phase_holds_until_another_is_told_and_does_not_take_the_figure() -> None:
    lines = ("::vasttui progress=10 phase=extract", "::vasttui progress=20")
    assert after(*lines).phase == "extract"
    seen = after(*lines, "::vasttui phase=upscale")
    assert (seen.phase, seen.fraction) == ("upscale", 0.2)


def test_what_was_set_up_before_names_no_bar_of_the_work() -> None:
    apt = "Reading package lists... Done"
    assert after(apt, BAR.format(3)).phase == "installing packages"
    work = "[Real-ESRGAN] Processing frame 3/100"
    assert after(apt, work, "✅ Completed 100 frames in 20.0s (5.00 fps)").phase != "installing packages"


def test_rate_and_eta_of_marks_are_differences() -> None:
    now = [0.0]
    reader = ProgressReader(lambda: now[0])
    for step in range(10):
        now[0] = step * 10.0
        reader.feed(f"::vasttui progress={step}")
    assert reader.current is not None
    assert reader.current.rate == pytest.approx(0.1)
    assert reader.current.eta == pytest.approx(910)
    assert reader.current.seen_at == 90.0


def test_a_mark_that_is_not_finished_is_not_read() -> None:
    reader = ProgressReader(lambda: 0.0)
    assert not reader.feed("::vasttui progress=4", live=True)
    assert reader.feed("::vasttui progress=42")
    assert reader.current is not None
    assert reader.current.fraction == 0.42


@pytest.mark.parametrize("form", ["step {}/1000", "progress: {}%", "tile {} of 1000", "[x] frame {}/1000"])
def test_a_count_that_is_redrawn_is_told_when_the_next_one_shows_that_it_was_whole(form: str) -> None:
    reader = ProgressReader(lambda: 0.0)
    seen = []
    for text in (form.format(9), form.format(10)[:-1], form.format(10), form.format(20), form.format(30)):
        reader.feed(text, live=True)
        seen.append(reader.current and reader.current.fraction)
    whole = [after(form.format(count)).fraction for count in (10, 20, 30)]
    assert seen[-1] == whole[1]
    assert set(seen) <= {None, after(form.format(9)).fraction, *whole[:2]}
    reader.feed(form.format(30))
    assert reader.current is not None
    assert reader.current.fraction == whole[2]


# Runs

START, DONE = "::vasttui start id={}", "::vasttui done id={} code=0"


def test_a_run_begins_with_nothing_of_the_one_before() -> None:
    before = (START.format("a.1"), "::vasttui progress=90 loss=1", DONE.format("a.1"), START.format("b.1"))
    assert reader_of(*before).current is None
    assert not reader_of(*before).series
    seen = after(*before, BAR.format(5))
    assert (seen.fraction, seen.note) == (0.05, "")


def test_what_comes_after_the_end_says_nothing() -> None:
    reader = reader_of(START.format("a.1"), "::vasttui progress=90 loss=1", DONE.format("a.1"))
    before = reader.current, reader.series
    for line in ("::vasttui progress=10 loss=9", "loss=3", BAR.format(1), DONE.format("b.1")[:12]):
        reader.feed(line)
    assert (reader.current, reader.series) == before
    assert before[1] == {"loss": (1.0,)}


def test_lines_of_another_run_say_nothing_of_the_one_that_is_looked_for() -> None:
    old = (START.format("old.1"), BAR.format(70), "::vasttui progress=80", DONE.format("old.1"))
    assert reader_of(*old, run_id="new.1").current is None
    assert reader_of(BAR.format(70), DONE.format("old.1"), run_id="new.1").current is None
    assert reader_of(*old, BAR.format(90), run_id="new.1").current is None
    new = (START.format("new.1"), BAR.format(20))
    assert after(*old, *new, run_id="new.1").fraction == 0.2
    assert after(*old, *new, "::vasttui progress=99 id=old.1", DONE.format("new.1"), run_id="new.1").fraction == 0.2
    assert after(BAR.format(20), run_id="new.1").fraction == 0.2, "its start has left the log"


def test_the_same_run_that_begins_again_says_so() -> None:
    lines = (START.format("a.1"), BAR.format(70), START.format("a.1"), BAR.format(10))
    assert after(*lines).note == "the run began again"
    assert after(*lines, BAR.format(69)).note == "the run began again"
    assert after(*lines, BAR.format(70)).note == ""


# Patterns of the user's own


@pytest.mark.parametrize(
    ("pattern", "line", "wanted"),
    [
        (r"<<(?P<percent>[\d.]+)>>", "<<12.5>> <<25>>", (0.25, None, None, "")),
        (r"(?P<done>\d+) von (?P<total>\d+)", "Bild 3 von 12", (0.25, 3, 12, "")),
        (r"(?P<phase>\w+): (?P<percent>\d+) Prozent", "render: 5 Prozent", (0.05, None, None, "render")),
        (r"(?P<done>\d+)@(?P<rate>[\d.]+)/s (?P<eta>\S+)", "30@2.5/s 1:30", (None, 30, None, "")),
        (r"^done=(?P<done>[\d,.]+[kM]?)", "done=1,234", (None, 1234, None, "")),
    ],
)
def test_a_pattern_finds_what_it_names(pattern: str, line: str, wanted: tuple[object, ...]) -> None:
    seen = after(line, patterns=(pattern,))
    assert (seen.fraction, seen.done, seen.total, seen.phase) == wanted
    assert seen.kind == "own"
    assert reader_of(line).current is None, "a line that nothing else understands"


def test_rate_and_eta_of_a_pattern() -> None:
    seen = after("30@2.5/s 1:30", patterns=(r"(?P<done>\d+)@(?P<rate>[\d.]+)/s (?P<eta>\S+)",))
    assert (seen.rate, seen.eta) == (2.5, 90)


def test_a_pattern_outranks_guesses_and_a_mark_outranks_it() -> None:
    own = (r"tiles=(?P<done>\d+)/(?P<total>\d+)",)
    lines = (BIG.format(50, 50000), "tiles=1/4", BIG.format(60, 60000), "x tiles=2/4")
    assert after(*lines, patterns=own).fraction == 0.5
    assert after(*lines, "::vasttui progress=7", "tiles=3/4", patterns=own).fraction == 0.07


def test_a_pattern_that_names_the_phase_only_names_it() -> None:
    seen = after("== Pass upscale", BAR.format(5), patterns=("== Pass (?P<phase>.+)",))
    assert (seen.phase, seen.fraction) == ("upscale", 0.05)


@pytest.mark.parametrize("pattern", ["(", "no groups", r"(?P<other>\d+)", "", "a" * 2000])
def test_a_pattern_that_cannot_tell_progress_is_refused(pattern: str) -> None:
    with pytest.raises(UsageError):
        ProgressReader(patterns=(pattern,))


def test_a_pattern_that_runs_wild_is_given_up() -> None:
    reader = ProgressReader(patterns=(r"(?P<done>(\d+)+)+x$",))
    start = time.process_time()
    for _ in range(100):
        reader.feed("1" * 4000)
    assert time.process_time() - start < 2.0
    assert reader.current is None


@pytest.mark.parametrize("line", ["<<250>>", "<<-3>>", "<<nan>>", "<<" + "9" * 500 + ">>"])
def test_what_is_no_share_is_none(line: str) -> None:
    assert reader_of(line, patterns=("<<(?P<percent>.+)>>",)).current is None


# Why a figure fell

DOWNLOAD = "model.bin: 100%|█| 10G/10G [01:00<00:00, 160MB/s]"
EPOCH = "Epoch {}: {:3d}%|█| {}/100 [00:10<00:10, 9.0it/s]"
LAYER = "{}: Downloading [==>  ]  {}MB/100MB"


@pytest.mark.parametrize(
    ("lines", "note"),
    [
        ((BAR.format(50), BAR.format(60)), ""),
        ((BAR.format(50), BAR.format(10)), "restarted"),
        ((BAR.format(50), BAR.format(10), BAR.format(49)), "restarted"),
        ((BAR.format(50), BAR.format(10), BAR.format(50)), ""),
        ((DOWNLOAD, BAR.format(3)), "the work began"),
        ((BAR.format(50), BIG.format(10, 10000)), "another bar took over"),
        ((BAR.format(50), "::vasttui progress=3 phase=train"), "another bar took over: train"),
        ((EPOCH.format(0, 100, 100), EPOCH.format(1, 5, 5)), "Epoch 1 began"),
        (("Epoch 1/4", "100%|█| 200/200 [01:40<00:00, 2.0it/s]", "Epoch 2/4", " 50%|█| 100/200 [00:50<00:50, 2.0it/s]"),
         "counts all epochs now"),
        (("Epoch 3/4", EPOCH.format(3, 50, 50), "Epoch 1/4", EPOCH.format(1, 50, 50)), "the epochs began anew"),
        (("Epoch 3/4", EPOCH.format(3, 50, 50), "Epoch 3/8", EPOCH.format(3, 50, 50)), "more epochs than were known"),
        ((LAYER.format("a" * 12, 90), LAYER.format("b" * 12, 10)), "more to do than was known"),
        (("::vasttui progress=50", "::vasttui progress=5"), "restarted"),
        (("::vasttui step=50 total=100", "::vasttui step=51 total=1000"), "more to do than was known"),
        (("  Duration: 00:01:00.00, start", "frame=9 fps=9 q=1 size=1kB time=00:00:40.00 bitrate=1 speed=2x",
          "frame=9 fps=9 q=1 size=1kB time=00:00:01.00 bitrate=1 speed=2x"), "restarted"),
    ],
)  # fmt: skip
def test_a_figure_that_fell_says_why(lines: tuple[str, ...], note: str) -> None:
    assert after(*lines).note == note


def test_a_line_of_another_writer_that_is_a_little_late_does_not_set_the_figure_back() -> None:
    seen = after("[rife] pair 100/144 done", "[rife] pair 101/144 done", "[rife] pair 99/144 done")
    assert (seen.done, seen.note) == (101, "")


LINES = st.sampled_from(
    [BAR.format(n) for n in (0, 3, 50, 97, 100)]
    + [BIG.format(n, n * 1000) for n in (0, 10, 90)]
    + [EPOCH.format(e, n, n) for e in (0, 1, 3) for n in (5, 60, 100)]
    + [f"Epoch {n}/{of}" for n in (1, 2, 4) for of in (4, 8)]
    + [LAYER.format(name * 12, n) for name in "abc" for n in (10, 90)]
    + [f"::vasttui progress={n}" for n in (0, 50, 99)]
    + [START.format("a.1"), START.format("b.1"), DOWNLOAD, "tile 1/1", "validation 5/10", "progress: 30%"]
)


@settings(deadline=None)
@given(st.lists(LINES, max_size=40))
def test_a_figure_never_falls_without_a_reason(lines: list[str]) -> None:
    reader, top, run = ProgressReader(lambda: 0.0), 0.0, ""
    for line in lines:
        reader.feed(line)
        if line.startswith("::vasttui start"):
            # The figure of another run is another's.
            top, run = (top if line == run else 0.0), line
        if reader.current is not None and reader.current.fraction is not None:
            assert reader.current.fraction >= top - 0.005 or reader.current.note
            top = max(top, reader.current.fraction)
            assert reader.current.fraction < top or not reader.current.note


# Bars within bars


def test_the_outer_of_two_tqdm_bars_counts_what_is_over() -> None:
    outer = "Epochs:  30%|███ | 3/10 [05:00<11:40, 100.00s/it]"
    inner = "steps:  50%|█ | 50/100 [00:50<00:50,  1.00it/s]"
    alone = after(outer)
    assert (alone.fraction, alone.done, alone.total, alone.phase) == (0.3, 3, 10, "epoch 4/10")
    lines = (outer, inner.replace("50", "99"), "Epochs:  40%|████ | 4/10 [06:40<10:00, 100.00s/it]", inner)
    seen = after(*lines)
    assert (seen.scope, seen.phase) == ("job", "epoch 5/10")
    assert seen.fraction == pytest.approx(0.45)


def test_rounds_alone_have_a_rate_and_an_eta_by_difference() -> None:
    now = [0.0]
    reader = ProgressReader(lambda: now[0])
    for epoch in range(1, 6):
        now[0] = epoch * 60.0
        reader.feed(f"Epoch {epoch}/10 loss: 0.{epoch}")
    assert reader.current is not None
    assert reader.current.rate == pytest.approx(1 / 60)
    assert reader.current.eta == pytest.approx(360)
    assert (reader.current.fraction, reader.current.seen_at) == (0.4, 300.0)
    assert reader.series["loss"] == (0.1, 0.2, 0.3, 0.4, 0.5)


def test_validation_does_not_push_the_epochs_aside() -> None:
    seen = after("Epoch 3/10", "Validation: 100%|█| 50/50 [00:10<00:00, 5.0it/s]")
    assert (seen.scope, seen.fraction, seen.phase) == ("job", 0.2, "epoch 3/10")


def test_the_last_line_of_lightning_tells_that_all_epochs_are_over() -> None:
    seen = after(EPOCH.format(9, 100, 100), "`Trainer.fit` stopped: `max_epochs=10` reached.")
    assert (seen.fraction, seen.phase, seen.scope) == (1.0, "epoch 10/10", "job")


def test_items_of_a_download_are_counted_together() -> None:
    seen = after("[download] Downloading item 2 of 5", "[download]  50.0% of 10.00MiB at 1.00MiB/s ETA 00:05")
    assert (seen.fraction, seen.phase, seen.scope) == (0.3, "item 2/5", "side")


def test_the_header_of_a_table_names_its_cells() -> None:
    seen = after(
        "      Epoch    GPU_mem   box_loss   cls_loss   dfl_loss  Instances       Size",
        "  1/100      2.06G      1.564     0.8106       0.85        162        640: 100%|█| 9/9 [00:01<00:00, 9.0it/s]",
    )
    assert dict(seen.metrics) == {
        "GPU_mem": "2.06G", "box_loss": "1.564", "cls_loss": "0.8106", "dfl_loss": "0.85", "Instances": "162",
    }  # fmt: skip


# Metrics over time


def test_metrics_of_the_job_are_kept_and_those_of_a_detour_are_not() -> None:
    reader = reader_of(
        "steps:  1%|█| 1/100 [00:01<01:00, 1.0it/s, loss=0.9]",
        "steps:  1%|█| 1/100 [00:01<01:00, 1.0it/s, loss=0.9]",
        "Validation: 50%|█| 1/2 [00:01<00:01, 1.0it/s, loss=7]",
        "steps:  2%|█| 2/100 [00:02<01:00, 1.0it/s, loss=nan]",
        "{'loss': 0.5, 'learning_rate': 1e-05}",
        "frame=  100 fps=25.0 q=20.0 Lsize=    200kB time=00:00:04.00 bitrate= 409.6kbits/s speed=1.00x",
    )
    assert reader.series == {"loss": (0.9, 0.5), "learning_rate": (1e-05,)}


@given(st.lists(st.floats(), max_size=1500))
def test_a_series_is_bounded_in_order_and_ends_with_the_newest(values: list[float]) -> None:
    series = Series()
    for value in values:
        series.add((("loss", repr(value)),))
    finite = [value for value in values if math.isfinite(value)]
    points = series.values.get("loss", ())
    assert len(points) <= MAX_POINTS
    assert list(points) == finite if len(finite) < MAX_POINTS else len(points) >= MAX_POINTS // 2
    if finite:
        assert (points[0], points[-1]) == (finite[0], finite[-1])
    rest = iter(finite)
    assert all(point in rest for point in points), "they keep their order"


def test_a_series_of_many_names_is_bounded() -> None:
    series = Series()
    for number in range(1000):
        series.add(((f"m{number}", "1"), ("n" * 500, "1"), ("text", "lightning"), ("huge", "9" * 5000), ("x", "inf")))
    assert len(series.values) == MAX_NAMES


# Signs


@settings(deadline=None)
@given(st.sampled_from(signs._ALL), st.data())
def test_the_quick_look_overlooks_no_sign(sign: tuple[str, str, re.Pattern[str]], data: st.DataObject) -> None:
    assert signs._may_be(data.draw(st.from_regex(sign[2])))
