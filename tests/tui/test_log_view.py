from __future__ import annotations

import pytest
from textual.app import App, ComposeResult

from vasttui.logs.buffer import LogBuffer
from vasttui.tui.format import clock
from vasttui.tui.themes import load_themes, variable_defaults
from vasttui.tui.widgets import log_lines
from vasttui.tui.widgets.log_view import LogView

NOW = 1_700_000_000.0


class Demo(App[None]):
    def __init__(self, lines: int = 0) -> None:
        super().__init__()
        for theme in load_themes().themes:
            self.register_theme(theme)
        self.theme = "vasttui-dark"
        self.view = LogView(empty="Waiting for the first lines.")
        self.buffer = LogBuffer(limit=1000)
        self.buffer.append([f"line {i:03}" for i in range(lines)], NOW)
        self.states = 0

    def get_theme_variable_defaults(self) -> dict[str, str]:
        return variable_defaults()

    def compose(self) -> ComposeResult:
        yield self.view

    def on_mount(self) -> None:
        self.view.times = False
        self.view.sync(self.buffer)
        self.view.focus()

    def on_log_view_state_changed(self) -> None:
        self.states += 1

    def add(self, *lines: str, live: str = "") -> None:
        if lines:
            self.buffer.append(lines, NOW)
        self.buffer.replace_last(live, NOW)
        self.view.sync(self.buffer)

    def seen(self) -> list[str]:
        return [self.view.render_line(y).text.strip() for y in range(self.view.size.height)]

    def colour(self, y: int) -> str:
        styles = [s.style for s in self.view.render_line(y) if s.text.strip()]
        return styles[0].color.name if styles and styles[0] and styles[0].color else ""


async def test_the_end_is_followed() -> None:
    app = Demo(50)
    async with app.run_test(size=(40, 5)) as pilot:
        assert app.seen() == [f"line {i:03}" for i in range(45, 50)]
        app.add("new one")
        await pilot.pause()
        assert app.seen()[-1] == "new one"
        assert app.view.following


async def test_scrolling_up_stands_still_and_counts_what_comes() -> None:
    app = Demo(50)
    async with app.run_test(size=(40, 5)) as pilot:
        await pilot.press("k", "k")
        assert not app.view.following
        before = app.seen()
        app.add("a", "b", live="half")
        await pilot.pause()
        assert app.view.unseen == 2
        assert app.seen()[:-1] == before[:-1]
        assert app.seen()[-1].endswith("▼ 2 new")
        app.add("c")
        await pilot.pause()
        assert app.seen()[-1].endswith("▼ 3 new")
        await pilot.press("end")
        assert app.seen()[-3:] == ["a", "b", "c"]
        assert (app.view.following, app.view.unseen) == (True, 0)
        assert app.states > 0


async def test_scrolling_down_to_the_end_follows_again() -> None:
    app = Demo(50)
    async with app.run_test(size=(40, 5)) as pilot:
        await pilot.press("pageup")
        assert not app.view.following
        await pilot.press("pagedown")
        assert app.view.following


async def test_standing_still_at_the_end_stays_so() -> None:
    app = Demo(50)
    async with app.run_test(size=(40, 5)) as pilot:
        app.view.toggle_following()
        app.add("a")
        await pilot.pause()
        assert app.seen()[0] == "line 045"
        app.view.toggle_following()
        await pilot.pause()
        assert app.seen()[-1] == "a"


async def test_the_live_line_is_replaced_in_place() -> None:
    app = Demo(2)
    async with app.run_test(size=(40, 5)) as pilot:
        app.add(live="10%")
        app.add(live="20%")
        await pilot.pause()
        assert app.seen()[:4] == ["line 000", "line 001", "20%", ""]
        app.add("done")
        await pilot.pause()
        assert app.seen()[:4] == ["line 000", "line 001", "done", ""]


async def test_each_line_is_shown_once_and_another_log_replaces_all() -> None:
    app = Demo(3)
    async with app.run_test(size=(40, 6)) as pilot:
        app.view.sync(app.buffer)
        app.view.sync(app.buffer)
        assert app.seen()[:4] == ["line 000", "line 001", "line 002", ""]
        app.buffer = LogBuffer()
        app.add("other")
        await pilot.pause()
        assert app.seen()[:2] == ["other", ""]


async def test_long_lines_wrap_at_words_and_the_end_stays_in_sight() -> None:
    app = Demo(30)
    async with app.run_test(size=(22, 5)) as pilot:
        app.add("alpha beta gamma delta epsilon zeta")
        app.view.wrap = True
        await pilot.pause()
        assert app.seen()[2:] == ["line 029", "alpha beta gamma", "delta epsilon zeta"]
        await pilot.resize_terminal(14, 5)
        await pilot.pause()
        assert app.seen() == ["line 028", "line 029", "alpha beta", "gamma delta", "epsilon zeta"]


async def test_wrapped_scrolling_visits_every_row_once() -> None:
    app = Demo()
    async with app.run_test(size=(16, 4)) as pilot:
        app.view.wrap = True
        texts = [f"{i:02} " + "word " * (i % 4) + "\x1b[31mred\x1b[0m" for i in range(25)]
        app.add(*texts)
        await pilot.press("home")
        rows = [app.seen()[0]]
        while not app.view.following:
            await pilot.press("j")
            rows.append(app.seen()[0])
        rows += app.seen()[1:]
        assert " ".join(rows).split() == " ".join(texts).replace("\x1b[31m", "").replace("\x1b[0m", "").split()


async def test_unwrapped_text_moves_sideways_but_its_time_does_not() -> None:
    app = Demo()
    async with app.run_test(size=(30, 4)) as pilot:
        app.view.times = True
        app.add("0123456789" * 5)
        await pilot.press("right")
        assert app.seen()[0] == f"{clock(NOW)}  890123456789012345"
        await pilot.press("left", "left")
        assert app.seen()[0].split()[1].startswith("0123")


async def test_levels_gaps_and_own_colours() -> None:
    app = Demo()
    async with app.run_test(size=(60, 8)) as pilot:
        app.buffer.append(["ERROR no", "WARN hm", "\x1b[31mred\x1b[0m ERROR", "plain"], NOW)
        app.buffer.gap(NOW)
        app.add(live="83%")
        await pilot.pause()
        colors = app.current_theme.variables
        expected = [colors["bad"], colors["look"], "red", "#d3d9e0", colors["look"], colors["accent"]]
        assert [app.colour(y) for y in range(6)] == expected
        assert app.seen()[4] == "── gap: lines missed ──"


async def test_search_marks_goes_and_counts() -> None:
    app = Demo(200)
    async with app.run_test(size=(40, 5)) as pilot:
        app.view.set_search("line .*5$")
        await pilot.pause()
        assert app.view.hit_position == (0, 20)
        assert app.view.previous_hit()
        assert app.view.hit_text() == "line 195"
        assert app.view.previous_hit()
        assert app.view.hit_text() == "line 185"
        assert "line 185" in app.seen()
        assert app.view.hit_position == (19, 20)
        assert app.view.next_hit()
        assert app.view.next_hit()
        assert app.view.hit_text() == "line 005"
        app.add("line 205")
        await pilot.pause()
        assert app.view.hit_position == (1, 21)
        app.view.set_search("")
        assert not app.view.next_hit()


async def test_secrets_and_escapes_do_not_reach_the_screen_or_the_clipboard() -> None:
    app = Demo()
    async with app.run_test(size=(60, 4)) as pilot:
        app.add("HF_TOKEN=hf_abcdefghijklmnopqrst \x1b]0;evil\x07\x1b[2J[b]x[/b]")
        await pilot.pause()
        for text in (app.seen()[0], app.view.last_text(), app.view.text_in_sight()):
            assert "abcdefgh" not in text
            assert "evil" not in text
            assert text.endswith("[b]x[/b]")


async def test_copying_gives_what_is_in_sight() -> None:
    app = Demo(50)
    async with app.run_test(size=(40, 3)) as pilot:
        await pilot.press("home")
        assert app.view.text_in_sight() == "line 000\nline 001\nline 002"
        assert app.view.last_text(2) == "line 048\nline 049"


async def test_an_empty_log_says_so() -> None:
    app = Demo()
    async with app.run_test(size=(40, 3)) as pilot:
        assert app.seen()[0] == "Waiting for the first lines."
        await pilot.press("j", "end", "home", "right")
        assert not app.view.next_hit()
        assert app.view.text_in_sight() == ""


async def test_old_lines_fall_out_and_the_view_does_not_move(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(log_lines, "LIMIT", 80)
    app = Demo(80)
    async with app.run_test(size=(40, 5)) as pilot:
        app.view.scroll_to(y=40, animate=False)
        await pilot.pause()
        before = app.seen()
        for i in range(30):
            app.add(f"more {i}")
        await pilot.pause()
        assert len(app.view.lines) < 95
        assert app.seen()[:-1] == before[:-1]
