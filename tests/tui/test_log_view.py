from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import replace
from random import Random

import pytest
from textual.app import App, ComposeResult
from textual.events import MouseScrollDown, MouseScrollUp

from tests.tui.log_rows import NOW, ComputedRows, ListedRows
from vasttui.logs.filters import Filter
from vasttui.logs.patterns import Pattern
from vasttui.logs.rows import Kind, LogRows, Severity
from vasttui.tui.format import cells, clock
from vasttui.tui.themes import load_themes, variable_defaults
from vasttui.tui.widgets.log.view import LogView, Times


class Demo(App[None]):
    def __init__(self, rows: LogRows, *, times: Times = Times.OFF, ascii_mode: bool = False) -> None:
        super().__init__()
        for theme in load_themes().themes:
            self.register_theme(theme)
        self.theme = "vasttui-dark"
        self.ascii_mode = ascii_mode
        self.now = NOW
        self.view = LogView(empty="Waiting for the first lines.", clock=lambda: self.now)
        self.view.times = times
        self.rows = rows
        self.states = 0

    def get_theme_variable_defaults(self) -> dict[str, str]:
        return variable_defaults()

    def compose(self) -> ComposeResult:
        yield self.view

    def on_mount(self) -> None:
        self.view.show(self.rows, "a log")
        self.view.focus()

    def on_log_view_state_changed(self) -> None:
        self.states += 1

    def add(self, *texts: str, live: str = "", kind: Kind = Kind.LINE) -> None:
        assert isinstance(self.rows, ListedRows)
        self.rows.add(*texts, live=live, kind=kind)
        self.view.advance()

    def seen(self) -> list[str]:
        """What stands in the rows, without the scrollbar."""
        return [self.view.render_line(y).text[:-1].strip() for y in range(self.view.size.height)]

    def rail(self) -> str:
        return "".join(self.view.render_line(y).text[-1] for y in range(self.view.size.height))

    def colour(self, y: int, word: str = "") -> str:
        for segment in self.view.render_line(y):
            if segment.text.strip() and word in segment.text:
                return segment.style.color.name if segment.style and segment.style.color else ""
        return ""

    def ground(self, y: int, word: str) -> object:
        return next(s.style.bgcolor for s in self.view.render_line(y) if word in s.text and s.style)


def lines(count: int) -> ListedRows:
    return ListedRows(*(f"line {i:03}" for i in range(count)))


def pattern(text: str) -> Pattern:
    found = Pattern.parse(text)
    assert found is not None
    return found


def wheel(view: LogView, kind: type[MouseScrollUp | MouseScrollDown]) -> MouseScrollUp | MouseScrollDown:
    return kind(view, 5, 1, 0, 0, 0, False, False, False)


async def until(condition: Callable[[], object]) -> None:
    """Wait for something that comes between other work."""
    for _ in range(1_000_000):
        if condition():
            return
        await asyncio.sleep(0)
    raise AssertionError("it did not come")


# Following


async def test_the_end_is_followed() -> None:
    app = Demo(lines(50))
    async with app.run_test(size=(40, 5)) as pilot:
        assert app.seen() == [f"line {i:03}" for i in range(45, 50)]
        app.add("new one")
        await pilot.pause()
        assert app.seen()[-1] == "new one"
        assert (app.view.following, app.view.cursor, app.view.place) == (True, None, None)


async def test_moving_up_stands_still_and_counts_what_comes() -> None:
    app = Demo(lines(50))
    async with app.run_test(size=(40, 5)) as pilot:
        await pilot.press("k", "k")
        assert (app.view.following, app.view.cursor) == (False, 47)
        before = app.seen()
        app.add("a", "b", live="half")
        assert app.view.unseen == 2
        assert app.seen()[:-1] == before[:-1]
        assert app.seen()[-1].endswith("↓ 2 new")
        app.add("c")
        assert app.seen()[-1].endswith("↓ 3 new")
        states = app.states
        await pilot.press("end")
        assert app.seen()[-3:] == ["a", "b", "c"]
        assert (app.view.following, app.view.unseen, app.view.cursor) == (True, 0, None)
        assert app.states > states


async def test_lines_that_are_hidden_are_not_counted_as_new() -> None:
    app = Demo(lines(50))
    async with app.run_test(size=(40, 5)) as pilot:
        app.view.threshold = Severity.WARNING
        app.view.set_filter(Filter.parse("!boring"))
        app.add("WARNING a", "WARNING b")
        await pilot.press("k")
        app.add("x", "WARNING boring", "ERROR bad")
        await until(lambda: app.view.filtering is None)
        assert (app.view.following, app.view.unseen) == (False, 1)


async def test_scrolling_down_to_the_end_follows_again() -> None:
    app = Demo(lines(50))
    async with app.run_test(size=(40, 5)) as pilot:
        for up, down in (("pageup", "pagedown"), ("up", "down")):
            await pilot.press(up)
            assert not app.view.following
            await pilot.press(down, down)
            assert app.view.following


async def test_the_wheel_scrolls_and_leaves_the_cursor() -> None:
    app = Demo(lines(50))
    async with app.run_test(size=(40, 5)) as pilot:
        await pilot.press("up")
        app.view.post_message(wheel(app.view, MouseScrollUp))
        await pilot.pause()
        assert app.seen()[0] == "line 042"
        assert app.view.cursor == 48
        app.view.post_message(wheel(app.view, MouseScrollDown))
        await pilot.pause()
        assert app.view.following


async def test_standing_still_at_the_end_stays_so() -> None:
    app = Demo(lines(50))
    async with app.run_test(size=(40, 5)) as pilot:
        app.view.toggle_following()
        app.add("a")
        assert app.seen()[0] == "line 045"
        app.view.toggle_following()
        await pilot.pause()
        assert app.seen()[-1] == "a"


async def test_the_live_line_is_replaced_in_place() -> None:
    app = Demo(lines(2))
    async with app.run_test(size=(40, 5)):
        app.add(live="10%")
        app.add(live="20%")
        assert app.seen()[:4] == ["line 000", "line 001", "20%", ""]
        app.add("done")
        assert app.seen()[:4] == ["line 000", "line 001", "done", ""]


async def test_another_log_begins_anew_and_the_same_only_goes_on() -> None:
    app = Demo(lines(30))
    async with app.run_test(size=(40, 4)) as pilot:
        await pilot.press("home")
        app.view.marks = [3]
        app.view.show(app.rows, "a log")
        assert (app.view.cursor, sorted(app.view.marks)) == (0, [3])
        app.view.show(ListedRows("other"), "another")
        assert app.seen()[:2] == ["other", ""]
        assert (app.view.following, app.view.cursor, app.view.marks) == (True, None, frozenset())
        app.view.show(None)
        assert app.seen()[0] == "Waiting for the first lines."


async def test_nothing_is_painted_again_when_nothing_changed(monkeypatch: pytest.MonkeyPatch) -> None:
    app = Demo(lines(30))
    async with app.run_test(size=(40, 4)) as pilot:
        await pilot.pause()
        refreshed: list[object] = []
        monkeypatch.setattr(app.view, "refresh", lambda *regions, **_: refreshed.append(regions))
        app.view.advance()
        app.view.changed()
        await pilot.pause()
        assert refreshed == []
        app.view.cursor = 27
        await pilot.pause()
        assert [len(regions) for regions in refreshed if isinstance(regions, tuple)] == [1]


# Places


async def test_the_cursor_walks_over_all_lines_and_the_view_goes_along() -> None:
    app = Demo(lines(20))
    async with app.run_test(size=(40, 5)) as pilot:
        await pilot.press("home")
        for seq in range(1, 20):
            await pilot.press("j")
            assert app.view.cursor == seq
            assert f"line {seq:03}" in app.seen()
        await pilot.press("j")
        assert app.view.following
        for seq in range(18, -1, -1):
            await pilot.press("k")
            assert app.view.cursor == seq
            assert f"line {seq:03}" in app.seen()


async def test_a_page_keeps_the_cursor_where_it_is_on_the_screen() -> None:
    app = Demo(lines(100))
    async with app.run_test(size=(40, 11)) as pilot:
        await pilot.press("home", "j", "j", "pagedown")
        assert (app.seen()[0], app.view.cursor) == ("line 010", 12)
        await pilot.press("pageup", "pageup")
        assert (app.seen()[0], app.view.cursor) == ("line 000", 0)


async def test_a_click_puts_the_cursor_and_one_on_the_count_follows() -> None:
    app = Demo(lines(100))
    async with app.run_test(size=(40, 11)) as pilot:
        await pilot.click(app.view, offset=(5, 3))
        assert (app.view.cursor, app.view.following) == (92, False)
        app.add("x")
        await pilot.click(app.view, offset=(37, 10))
        assert app.view.following


async def test_the_scrollbar_is_dragged() -> None:
    app = Demo(ComputedRows(1_000_000))
    async with app.run_test(size=(60, 21)) as pilot:
        await pilot.mouse_down(app.view, offset=(59, 0))
        assert app.seen()[0].startswith("step 0 ")
        await pilot.hover(app.view, offset=(59, 10))
        assert app.view.place is not None
        assert abs(app.view.place - 476_190) < 100
        await pilot.hover(app.view, offset=(59, 20))
        await pilot.mouse_up(app.view, offset=(59, 20))
        assert app.view.following
        await pilot.hover(app.view, offset=(59, 2))
        assert app.view.following


async def test_old_rows_fall_out_and_the_view_does_not_move() -> None:
    app = Demo(lines(80))
    async with app.run_test(size=(60, 5)) as pilot:
        app.view.marks = [5, 75]
        app.view.go_to(40)
        await pilot.pause()
        before = app.seen()
        assert isinstance(app.rows, ListedRows)
        app.rows.drop(30)
        app.add("more")
        assert app.seen()[:-1] == before[:-1]
        app.rows.drop(30)
        app.view.advance()
        assert app.seen()[:2] == ["── 60 older rows dropped (size limit) ──", "line 060"]
        assert (app.view.cursor, sorted(app.view.marks)) == (59, [75])
        await pilot.press("home", "j", "k")
        assert (app.view.place, app.view.cursor) == (60, 59)


async def test_the_place_comes_back() -> None:
    app = Demo(lines(100))
    async with app.run_test(size=(40, 5)):
        app.view.go_to(40)
        place = app.view.place
        app.view.restore_place(None)
        assert app.view.place is None
        app.view.restore_place(place)
        assert app.view.place == place
        assert not app.view.following


async def test_going_to_a_time() -> None:
    app = Demo(lines(100))
    async with app.run_test(size=(40, 7)):
        assert app.view.go_to_time(NOW + 30)
        assert app.view.cursor == 30
        assert app.seen()[2] == "line 030"
        assert not app.view.go_to_time(NOW + 1000)


async def test_a_place_can_be_gone_to_before_there_is_a_screen() -> None:
    app = Demo(lines(100))
    app.view.show(app.rows, "a log")
    assert app.view.go_to(40)
    async with app.run_test(size=(40, 5)) as pilot:
        await pilot.pause()
        assert (app.seen()[0], app.view.cursor, app.view.following) == ("line 040", 40, False)


async def test_errors_and_marks_are_gone_to_in_turn() -> None:
    app = Demo(ListedRows("a", "ERROR one", "ERROR one", "b", "ERROR two", "c", "d", "e"))
    async with app.run_test(size=(40, 3)) as pilot:
        places = []
        while app.view.previous_error():
            places.append(app.view.cursor)
        assert places == [4, 1]
        assert app.view.next_error()
        assert app.view.cursor == 4
        assert not app.view.next_error()
        assert app.view.toggle_mark()
        await pilot.press("home")
        app.view.toggle_mark()
        assert app.view.marks == {0, 4}
        assert [(app.view.next_mark(), app.view.cursor) for _ in range(4)] == [(True, 4), (True, 0)] * 2
        assert app.view.render_line(0).text.startswith("▪a")
        app.view.toggle_mark()
        assert app.view.marks == {4}


# Folds, levels, filter


TRACE = ("Traceback (most recent call last):", '  File "a.py"', "    boom()", "ERROR boom", "after", "after", "after")


async def test_repeats_and_traces_fold_and_open() -> None:
    app = Demo(ListedRows(*TRACE))
    async with app.run_test(size=(60, 9)) as pilot:
        folded = ["Traceback (most recent call last):  ⋯ 2 lines", "ERROR boom", "after  × 3"]
        assert app.seen()[:4] == [*folded, ""]
        assert not app.view.toggle_fold()
        await pilot.press("home")
        assert app.view.toggle_fold()
        assert app.seen()[:5] == [*(text.strip() for text in TRACE[:4]), "after  × 3"]
        await pilot.press("j", "j")
        assert app.view.toggle_fold()
        assert app.seen()[:4] == [*folded, ""]
        assert app.view.cursor == 0
        app.view.fold = False
        assert app.seen()[:8] == [*(text.strip() for text in TRACE), ""]
        app.view.fold = True
        app.add("after", live="after")
        assert app.seen()[:5] == [*folded[:2], "after  × 4", "after", ""]
        assert app.view.go_to(2)
        assert app.view.cursor == 2
        assert app.seen()[2] == "boom()"


async def test_a_threshold_hides_what_is_quieter_and_keeps_traces_and_marks() -> None:
    app = Demo(ListedRows("INFO a", "ERROR b", "  inner", "DEBUG c", "plain", "WARNING d"))
    async with app.run_test(size=(40, 8)):
        app.add("gap: lines missed", kind=Kind.GAP, live="DEBUG live")
        app.view.fold = False
        app.view.threshold = Severity.ERROR
        assert app.seen()[:4] == ["ERROR b", "inner", "── gap: lines missed ──", ""]
        app.view.threshold = Severity.INFO
        assert "DEBUG c" not in app.seen()
        assert app.seen()[3] == "plain"


async def test_a_filter_shows_what_matches_and_says_so_when_nothing_does() -> None:
    app = Demo(lines(60))
    async with app.run_test(size=(40, 5)):
        app.view.set_filter(Filter.parse("/[05]$/ & !00"))
        await until(lambda: app.view.filtering is None)
        assert app.seen() == [f"line {i:03}" for i in (35, 40, 45, 50, 55)]
        app.add("line 060", "line 061", live="x 5")
        await until(lambda: app.seen()[-2:] == ["line 060", "x 5"])
        app.view.set_filter(Filter.parse("nowhere"))
        await until(lambda: app.view.filtering is None)
        assert app.seen()[0] == "No line matches."
        app.view.set_filter(None)
        assert app.seen()[-1] == "x 5"


async def test_a_filter_of_a_million_rows_shows_at_once_what_is_near_and_goes_on() -> None:
    app = Demo(ComputedRows(1_000_000))
    async with app.run_test(size=(60, 5)) as pilot:
        app.view.set_filter(Filter.parse("CUDA"))
        assert any("ERROR step 999999" in text for text in app.seen())
        assert app.view.filtering is not None
        await until(lambda: len(app.view.frame.cells) == 5)
        app.view.restore_place(500_000)
        await until(lambda: len(app.view.frame.cells) == 5)
        assert app.seen()[0].startswith("ERROR step 500999")
        assert app.view.filtering is not None
        await pilot.press("pageup")
        await until(lambda: app.view.frame.known_above)
        assert app.seen()[0].startswith("ERROR step 49")


# Search


async def test_search_marks_goes_and_counts() -> None:
    app = Demo(lines(200))
    async with app.run_test(size=(40, 5)) as pilot:
        app.view.set_search(pattern("/line .*5$/"))
        await until(lambda: not app.view.hits.scanning)
        assert (app.view.hits.at, app.view.hits.total) == (0, 20)
        assert app.view.previous_hit()
        assert app.view.line_text() == "line 195"
        assert app.view.previous_hit()
        assert app.view.line_text() == "line 185"
        assert "line 185" in app.seen()
        assert app.view.hits.at == 19
        assert app.view.next_hit()
        assert app.view.next_hit()
        assert app.view.line_text() == "line 005"
        app.add("line 205")
        await until(lambda: not app.view.hits.scanning)
        assert (app.view.hits.at, app.view.hits.total) == (1, 21)
        await pilot.press("end")
        app.view.set_search(pattern("205"))
        app.view.previous_hit()
        assert app.ground(4, "205") != app.ground(4, "line")
        app.view.set_search(None)
        assert not app.view.next_hit()


async def test_a_far_hit_among_a_million_rows_is_gone_to_when_it_is_found() -> None:
    app = Demo(ComputedRows(1_000_000))
    async with app.run_test(size=(60, 5)) as pilot:
        app.view.set_search(pattern("step 900999"))
        assert app.view.previous_hit()
        await until(lambda: app.view.cursor is not None)
        assert app.view.cursor == 900_999
        assert app.view.hits.scanning
        app.view.set_search(pattern("step 100999"))
        assert app.view.previous_hit()
        await pilot.press("end")
        assert app.view.following


async def test_a_hit_in_a_fold_opens_it() -> None:
    app = Demo(ListedRows(*TRACE))
    async with app.run_test(size=(60, 9)):
        app.view.set_search(pattern("boom()"))
        await until(lambda: not app.view.hits.scanning)
        assert app.view.next_hit()
        assert app.view.line_text() == "    boom()"
        assert "boom()" in app.seen()


# Wrapping and sideways


async def test_long_lines_wrap_at_words_and_the_end_stays_in_sight() -> None:
    app = Demo(lines(30))
    async with app.run_test(size=(22, 5)) as pilot:
        app.add("alpha beta gamma delta epsilon zeta")
        app.view.wrap = True
        assert app.seen()[2:] == ["line 029", "alpha beta gamma", "delta epsilon zeta"]
        await pilot.resize_terminal(15, 5)
        await pilot.pause()
        assert app.seen() == ["line 028", "line 029", "alpha beta", "gamma delta", "epsilon zeta"]


async def test_wrapped_scrolling_visits_every_row_once() -> None:
    app = Demo(ListedRows(*(f"{i:02} " + "word " * (i % 4) + "\x1b[31mred\x1b[0m" for i in range(25))))
    async with app.run_test(size=(18, 4)) as pilot:
        app.view.wrap = True
        await pilot.press("home")
        rows = [app.seen()[0]]
        while not app.view.following:
            app.view.scroll_rows(1)
            rows.append(app.seen()[0])
        rows += app.seen()[1:]
        assert " ".join(rows).split() == [
            word for i in range(25) for word in (f"{i:02}", *["word"] * (i % 4), "red")
        ]


async def test_a_line_higher_than_the_screen_is_read_row_by_row() -> None:
    app = Demo(ListedRows("first", "word " * 40, "last"))
    async with app.run_test(size=(18, 4)) as pilot:
        app.view.wrap = True
        await pilot.press("home")
        seen = []
        for _ in range(60):
            await pilot.press("j")
            seen.append(tuple(app.seen()))
            if app.view.following:
                break
        assert app.view.following
        assert any(row == ("word word",) * 4 or set(row) <= {"word word", "word word word"} for row in seen)


async def test_unwrapped_text_moves_sideways_but_its_time_does_not() -> None:
    app = Demo(ListedRows("0123456789" * 5), times=Times.CLOCK)
    async with app.run_test(size=(31, 4)) as pilot:
        assert app.seen()[0] == f"{clock(NOW)}  012345678901234567›"
        await pilot.press("right")
        assert app.seen()[0] == f"{clock(NOW)}  890123456789012345›"
        await pilot.press(*["l"] * 9)
        assert app.seen()[0] == f"{clock(NOW)}  23456789"
        await pilot.press(*["h"] * 9)
        assert app.seen()[0].endswith("012345678901234567›")


async def test_wide_and_combining_characters_keep_the_width() -> None:
    app = Demo(ListedRows("日本語" * 20, "é\u0301" * 60, "a👍🏽b" * 20, "가" * 40))
    async with app.run_test(size=(31, 8)) as pilot:
        for wrap in (False, True):
            app.view.wrap = wrap
            for _ in range(3):
                assert all(app.view.render_line(y).cell_length == 31 for y in range(8))
                assert all(cells(app.view.render_line(y).text) == 31 for y in range(8))
                await pilot.press("right")


# Looks


async def test_times_are_told_in_three_ways() -> None:
    app = Demo(lines(1), times=Times.CLOCK)
    async with app.run_test(size=(40, 2)):
        assert app.seen()[0] == f"{clock(NOW)}  line 000"
        app.view.times = Times.UTC
        assert app.seen()[0] == "22:13:20Z  line 000"
        app.view.times = Times.RELATIVE
        app.now = NOW + 185
        app.view.changed()
        assert app.seen()[0] == "3m ago  line 000"


async def test_levels_gaps_and_own_colours() -> None:
    app = Demo(ListedRows("ERROR no", "WARNING hm", "\x1b[31mred\x1b[0m ERROR", "plain"))
    async with app.run_test(size=(60, 8)):
        app.add("gap: lines missed", kind=Kind.GAP, live="83%")
        colors = app.current_theme.variables
        expected = [colors["bad"], colors["look"], "red", "#d3d9e0", colors["look"], colors["accent"]]
        assert [app.colour(y) for y in range(6)] == expected
        assert app.seen()[4] == "── gap: lines missed ──"


async def test_words_of_plain_lines_are_coloured() -> None:
    app = Demo(ListedRows("read /data/x.bin in 12.5s"))
    async with app.run_test(size=(60, 2)):
        assert app.colour(0, "/data/x.bin") == app.current_theme.variables["accent"]
        assert app.colour(0, "12.5s") == app.current_theme.variables["busy"]


async def test_json_is_readable_or_raw() -> None:
    raw = '{"level": "info", "message": "step done", "loss": 0.5}'
    app = Demo(ListedRows(raw))
    async with app.run_test(size=(80, 2)):
        assert app.seen()[0].endswith("step done loss=0.5")
        assert app.view.last_text() == app.seen()[0]
        app.view.raw_json = True
        assert app.seen()[0] == raw


async def test_several_origins_have_names_and_colours() -> None:
    rows = ListedRows()
    rows.add("one", origin=7)
    rows.add("two", origin=9)
    app = Demo(rows)
    async with app.run_test(size=(60, 3)):
        app.view.set_names({7: "upscale", 9: "\x1b[31mlora"})
        assert app.seen()[:2] == ["upscale  one", "lora     two"]
        assert app.colour(0, "upscale") != app.colour(1, "lora")


async def test_the_scrollbar_shows_errors_hits_marks_and_where_one_is() -> None:
    texts = [f"line {i}" for i in range(100)]
    texts[35] = "ERROR x"
    texts[55] = "WARNING y"
    texts[75] = "needle"
    app = Demo(ListedRows(*texts))
    async with app.run_test(size=(40, 10)) as pilot:
        app.view.marks = {15}
        app.view.set_search(pattern("needle"))
        await until(lambda: not app.view.hits.scanning)
        assert app.rail() == " ▪ ━ ─ • █"
        await pilot.press("home")
        assert app.rail() == "█▪ ━ ─ •  "


async def test_ascii_mode_draws_ascii_only() -> None:
    lines = ["ERROR " + "x" * 99, "Authorization: Bearer abc123def456ghi789", "y" * 3000, *map(str, range(8))]
    app = Demo(ListedRows(*TRACE, *lines), ascii_mode=True)
    async with app.run_test(size=(50, 9)) as pilot:
        app.add("gap: lines missed", kind=Kind.GAP)
        await pilot.press("home", "m")
        app.view.toggle_mark()
        app.add("x")
        assert "".join([*app.seen(), app.rail()]).isascii()


@pytest.mark.parametrize("theme", [theme.name for theme in load_themes().themes])
async def test_every_theme_has_all_its_colours(theme: str) -> None:
    app = Demo(ListedRows(*TRACE, "read /data/x.bin in 12.5s", "ERROR no", "WARNING hm"))
    async with app.run_test(size=(50, 9)) as pilot:
        app.theme = theme
        await pilot.pause()
        assert app.colour(4) != app.colour(4, "/data") != app.colour(5)


# Hostile text and copying


async def test_secrets_and_escapes_do_not_reach_the_screen_or_the_clipboard() -> None:
    app = Demo(ListedRows("HF_TOKEN=hf_aB3dEfGhIjKlMnOpQrSt \x1b]0;evil\x07\x1b[2J[b]x[/b]"))
    async with app.run_test(size=(60, 4)):
        view = app.view
        for text in (app.seen()[0], view.last_text(), view.text_in_sight(), "".join(view.iter_text()).strip()):
            assert "aB3dEfGh" not in text
            assert "evil" not in text
            assert text.endswith("[b]x[/b]")


async def test_secrets_are_shown_for_a_moment() -> None:
    app = Demo(ListedRows("HF_TOKEN=hf_aB3dEfGhIjKlMnOpQrSt"))
    async with app.run_test(size=(60, 4)):
        app.view.unmask(0.01)
        assert "aB3dEfGh" in app.seen()[0]
        await until(lambda: not app.view.unmasked)
        assert "aB3dEfGh" not in app.seen()[0]


async def test_no_control_character_is_ever_drawn() -> None:
    texts = [f"a{chr(code)}b\x1b[3{code % 8}mc" for code in (*range(32), *range(0x7F, 0xA0), 0x202E, 0x200B, 0xD800)]
    app = Demo(ListedRows(*texts))
    async with app.run_test(size=(20, 90)):
        app.view.set_names({0: "x\x1b]0;evil\x07"})
        drawn = [app.view.render_line(y) for y in range(90)]
        assert all(strip.text.isprintable() for strip in drawn)
        assert all(not segment.control for strip in drawn for segment in strip)


async def test_copying_gives_what_is_shown() -> None:
    app = Demo(lines(50))
    async with app.run_test(size=(40, 3)) as pilot:
        app.add("same", "same", live="half")
        await pilot.press("home")
        assert app.view.text_in_sight() == "line 000\nline 001\nline 002"
        assert app.view.line_text() == "line 000"
        assert app.view.last_text(4) == "line 049\nsame\nsame\nhalf"
        app.view.set_filter(Filter.parse("9"))
        assert app.view.last_text(2) == "line 039\nline 049"
        assert "".join(app.view.iter_text()) == app.view.last_text() + "\n"
        assert app.view.last_text().splitlines() == [f"line {i:03}" for i in (9, 19, 29, 39, 49)]


async def test_a_line_is_shown_cut_and_copied_whole_with_whose_it_is() -> None:
    rows = ListedRows()
    rows.add("x" * 100_000, origin=7)
    app = Demo(rows)
    async with app.run_test(size=(40, 3)):
        app.view.set_names({7: "train-a"})
        assert len(app.view.painter.text(rows.kept[0])) < 3000
        assert app.view.last_text() == "".join(app.view.iter_text()).strip() == f"train-a  {'x' * 100_000}"


async def test_an_empty_log_says_so() -> None:
    app = Demo(ListedRows())
    async with app.run_test(size=(40, 3)) as pilot:
        assert app.seen()[0] == "Waiting for the first lines."
        await pilot.press("j", "k", "end", "home", "right", "pageup", "pagedown")
        await pilot.click(app.view, offset=(3, 1))
        assert not app.view.next_hit()
        assert not app.view.next_error()
        assert not app.view.next_mark()
        assert not app.view.toggle_fold()
        assert not app.view.go_to(3)
        assert not app.view.go_to_time(NOW)
        assert app.view.text_in_sight() == ""
        app.add("first")
        app.view.restore_place(None)
        assert app.seen()[0] == "first"


# Size


async def test_a_million_rows_are_read_only_where_one_looks() -> None:
    rows = ComputedRows(1_000_000)
    app = Demo(rows)
    async with app.run_test(size=(80, 24)) as pilot:
        for key in ("home", "end", "pageup", "pagedown", "up", "home"):
            rows.asked = 0
            await pilot.press(key)
            assert rows.asked < 2000, key
        rows.asked = 0
        assert app.view.next_error()
        assert app.view.cursor == 999
        assert rows.asked < 2000


@pytest.mark.parametrize("size", [(1, 1), (2, 1), (5, 2), (12, 3)])
async def test_the_smallest_screens_draw_something(size: tuple[int, int]) -> None:
    app = Demo(ListedRows(*TRACE, "日本語" * 9), times=Times.CLOCK)
    async with app.run_test(size=size) as pilot:
        app.view.set_names({0: "a name"})
        for wrap in (False, True):
            app.view.wrap = wrap
            await pilot.press("home", "j", "j", "pagedown", "k", "pageup", "end", "k", "right")
            app.add("x", live="y")
            assert all(app.view.render_line(y).cell_length == size[0] for y in range(size[1]))


@pytest.mark.parametrize("seed", range(4))
async def test_whatever_is_done_the_screen_stays_whole(seed: int) -> None:
    chosen = Random(seed)
    app = Demo(ListedRows(*TRACE))
    async with app.run_test(size=(40, 7)) as pilot:
        view, rows = app.view, app.rows
        assert isinstance(rows, ListedRows)
        words = (*TRACE, "WARNING long " + "word " * 30, "日本語 " * 12, "x")
        deeds: tuple[Callable[[], object], ...] = (
            lambda: rows.add(*chosen.choices(words, k=9), live=chosen.choice(("", "half", "ERROR half"))),
            lambda: rows.drop(chosen.randrange(12)),
            lambda: view.move_cursor(chosen.choice((-1, 1))),
            lambda: view.move_page(chosen.choice((-1, 1))),
            lambda: view.scroll_rows(chosen.randrange(-9, 9)),
            view.to_start,
            view.action_bottom,
            view.toggle_fold,
            view.toggle_mark,
            view.next_mark,
            view.next_error,
            view.previous_error,
            view.next_hit,
            view.previous_hit,
            lambda: view.go_to(chosen.randrange(rows.next_seq)),
            lambda: setattr(view, "wrap", chosen.random() < 0.5),
            lambda: setattr(view, "fold", chosen.random() < 0.5),
            lambda: setattr(view, "threshold", chosen.choice(tuple(Severity))),
            lambda: view.set_filter(chosen.choice((None, Filter.parse("after"), Filter.parse("!word")))),
            lambda: view.set_search(chosen.choice((None, pattern("boom"), pattern("word")))),
        )
        for _ in range(400):
            chosen.choice(deeds)()
            view.advance()
            if chosen.random() < 0.1:
                await pilot.pause()
            assert all(view.render_line(y).cell_length == 40 for y in range(7))
            cells = view.frame.cells
            assert list(cells) == sorted(set(cells))
            assert all(view.sieve.start <= place.seq <= rows.next_seq for place in cells)
            last, known = view.sieve.before(rows.next_seq + 1, 1)
            if view.following and known:
                assert [place.seq for place in cells[-1:]] == last
                assert view.cursor is None
            elif view.frame.at_end and not view.following and known:
                assert cells[-1:] == () or cells[-1].seq == last[0]


async def test_text_is_selected_with_the_mouse_without_times_and_wraps() -> None:
    rows = ListedRows("alpha beta gamma delta", "one \x1b[31mtwo\x1b[0m", "日本語 three", "last")
    app = Demo(rows, times=Times.CLOCK)
    async with app.run_test(size=(28, 8)) as pilot:
        app.view.wrap = True
        await pilot.pause()
        assert app.seen()[:3] == [f"{clock(NOW)}  alpha beta gamma", "delta", f"{clock(NOW + 1)}  one two"]
        await pilot.mouse_down(app.view, offset=(17, 0))
        await pilot.hover(app.view, offset=(15, 3))
        await pilot.mouse_up(app.view, offset=(15, 3))
        await pilot.pause()
        assert app.screen.get_selected_text() == "beta gamma delta\none two\n日本語"
        assert app.ground(0, "beta") != app.ground(0, "alpha")
        app.add(*"abcdefghij")
        await pilot.pause()
        assert app.screen.get_selected_text() == "beta gamma delta\none two\n日本語"
        await pilot.click(app.view, offset=(20, 2))
        assert app.screen.get_selected_text() is None


async def test_another_level_does_not_filter_anew() -> None:
    rows = ComputedRows(20_000)
    app = Demo(rows)
    async with app.run_test(size=(40, 5)):
        app.view.set_filter(Filter.parse("step"))
        await until(lambda: app.view.filtering is None)
        rows.asked = 0
        app.view.threshold = Severity.ERROR
        assert app.view.filtering is None
        assert app.seen()[-1].startswith("ERROR step 19999")
        assert rows.asked < 1000


async def test_what_is_said_instead_of_lines_wraps() -> None:
    app = Demo(ListedRows())
    async with app.run_test(size=(20, 5)) as pilot:
        await pilot.pause()
        assert app.seen()[:3] == ["Waiting for the", "first lines.", ""]


async def test_where_a_day_begins_the_day_stands_in_place_of_the_time() -> None:
    # Five lines, 12 hours apart; the last one is of today.
    rows = ListedRows(*"abcde")
    rows.kept = [replace(line, received=NOW + (number - 4) * 43_200) for number, line in enumerate(rows.kept)]
    app = Demo(rows, times=Times.UTC)
    async with app.run_test(size=(40, 8)) as pilot:
        await pilot.pause()
        told = [row.split()[:-1] for row in app.seen() if row]
        assert told == [["12", "Nov"], ["13", "Nov"], ["22:13:20Z"], ["14", "Nov"], ["22:13:20Z"]]
        app.view.times = Times.RELATIVE
        await pilot.pause()
        assert not any("Nov" in row for row in app.seen())


async def test_lines_that_pass_the_filter_are_counted_without_gaps_and_notes() -> None:
    rows = ListedRows("loss 1", "other", "loss 2", "loss 2")
    rows.add("lines were missed", kind=Kind.GAP)
    app = Demo(rows)
    async with app.run_test(size=(40, 8)):
        app.view.set_filter(Filter.parse("loss"))
        await until(lambda: app.view.passing == 3)
        app.add("loss 3", "nothing")
        await until(lambda: app.view.passing == 4)
        rows.drop(3)
        app.view.advance()
        await until(lambda: app.view.passing == 2)
        app.view.set_filter(None)
        assert app.view.passing == 0


async def test_long_lines_are_taken_one_by_one() -> None:
    app = Demo(ListedRows(*("x" * 60_000 for _ in range(3)), "short"))
    async with app.run_test(size=(40, 8)):
        assert [len(piece) for piece in app.view.iter_text()] == [60_001, 60_001, 60_001, 6]
