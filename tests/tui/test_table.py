from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass, replace

import pytest
from rich.style import Style
from textual.app import App, ComposeResult
from textual.message import Message

from vasttui.tui.format import money
from vasttui.tui.themes import load_themes, variable_defaults
from vasttui.tui.widgets.table import Column, Sort, Table
from vasttui.tui.widgets.table_layout import Layout


@dataclass(frozen=True)
class Box:
    id: int
    name: str
    price: float | None


COLUMNS: list[Column[Box]] = [
    Column(key="name", title="NAME", width=10, cell=lambda b: b.name, sort_key=lambda b: b.name),
    Column(
        key="price",
        title="$/h",
        width=6,
        align="right",
        style="money",
        cell=lambda b: money(b.price, 3, missing="?"),
        sort_key=lambda b: b.price,
        glow=True,
    ),
    Column(key="host", title="HOST", width=8, cell=lambda b: str(b.id), priority=3),
]


class Demo(App[None]):
    def __init__(self, rows: Sequence[Box], *, sort: Sort | None = None, glow: bool = False) -> None:
        super().__init__()
        for theme in load_themes().themes:
            self.register_theme(theme)
        self.theme = "vasttui-dark"
        self.table = Table(
            COLUMNS, key=lambda b: b.id, sort=sort, markable=True, glow=glow, empty="Nothing. `r` rents."
        )
        self.first = rows
        self.heard: list[Message] = []

    def get_theme_variable_defaults(self) -> dict[str, str]:
        return variable_defaults()

    def compose(self) -> ComposeResult:
        yield self.table

    def on_mount(self) -> None:
        self.table.set_rows(self.first)
        self.table.focus()

    def on_table_selected(self, event: Message) -> None:
        self.heard.append(event)

    def on_table_highlighted(self, event: Message) -> None:
        self.heard.append(event)

    def on_table_sort_changed(self, event: Message) -> None:
        self.heard.append(event)

    def line(self, y: int) -> str:
        return self.table.render_line(y).text.rstrip()

    def names(self) -> list[str]:
        return [box.name for box in self.table.rows]


def boxes(count: int) -> list[Box]:
    return [Box(i, f"box-{i:03}", i / 1000) for i in range(count)]


async def test_headings_numbers_at_the_right_and_an_empty_value() -> None:
    app = Demo([Box(1, "a", 0.5), Box(2, "b", None)])
    async with app.run_test(size=(60, 6)):
        assert app.line(0) == " NAME           $/h  HOST"
        assert app.line(1) == " a            0.500  1"
        assert app.line(2) == " b                ?  2"


async def test_a_narrow_table_drops_a_whole_column() -> None:
    app = Demo([Box(1, "a", 0.5)])
    async with app.run_test(size=(24, 6)):
        assert app.line(1) == " a            0.500"
        assert app.table.hidden_columns == ("HOST",)


async def test_hostile_text_stays_text() -> None:
    app = Demo([Box(1, "\x1b[2J[red]x\n\u202e", 1.0)])
    async with app.run_test(size=(60, 6)):
        assert app.line(1).startswith(" [red]x ")


async def test_a_refresh_moves_nothing() -> None:
    app = Demo(boxes(300))
    async with app.run_test(size=(60, 20)) as pilot:
        for _ in range(40):
            await pilot.press("j")
        offset, key = app.table.scroll_offset.y, app.table.cursor_key
        assert offset > 0
        fresh = [replace(b, price=9.0) for b in app.table.rows]
        random.Random(1).shuffle(fresh)
        app.table.sort_by(Sort("name"))
        await pilot.pause()
        app.heard.clear()
        app.table.set_rows(fresh)
        await pilot.pause()
        assert (app.table.scroll_offset.y, app.table.cursor_key) == (offset, key)
        assert app.heard == []


async def test_rows_that_come_above_keep_the_cursors_row_in_sight() -> None:
    app = Demo(boxes(100), sort=Sort("name"))
    async with app.run_test(size=(60, 12)) as pilot:
        await pilot.press("end")
        key = app.table.cursor_key
        screen_row = app.table.cursor - app.table.scroll_offset.y
        app.table.set_rows([*boxes(100), *(Box(1000 + i, f"a-{i}", 0.0) for i in range(50))])
        await pilot.pause()
        assert app.table.cursor_key == key
        assert app.table.cursor - app.table.scroll_offset.y == screen_row


async def test_the_cursor_goes_on_to_the_next_row_when_its_row_goes() -> None:
    app = Demo(boxes(5))
    async with app.run_test(size=(60, 12)) as pilot:
        await pilot.press("j", "j")
        app.table.set_rows([b for b in boxes(5) if b.id != 2])
        assert app.table.cursor == 2
        assert app.table.cursor_row == Box(3, "box-003", 0.003)
        app.table.set_rows([])
        await pilot.pause()
        assert app.table.cursor_key is None
        assert [getattr(event, "key", 0) for event in app.heard][-1] is None


async def test_keys_move_the_cursor() -> None:
    app = Demo(boxes(100))
    async with app.run_test(size=(60, 11)) as pilot:
        places = []
        for key in ("j", "down", "k", "up", "up", "pagedown", "pagedown", "pageup", "G", "g", "end", "home"):
            await pilot.press(key)
            places.append(app.table.cursor)
            assert app.table.scroll_offset.y <= app.table.cursor < app.table.scroll_offset.y + 10
        assert places == [1, 2, 1, 0, 0, 10, 20, 10, 99, 0, 99, 0]


async def test_sorting_by_keys_and_by_a_heading() -> None:
    app = Demo([Box(1, "b", None), Box(2, "c", 0.2), Box(3, "a", 0.9)])
    async with app.run_test(size=(60, 8)) as pilot:
        await pilot.press("full_stop")
        assert app.names() == ["a", "b", "c"]
        assert app.line(0) == " NAME▲          $/h  HOST"
        assert app.table.sort_label == "sorted by NAME ▲"
        await pilot.press("O")
        assert app.names() == ["c", "b", "a"]
        await pilot.click(Table, offset=(16, 0))
        assert app.names() == ["c", "a", "b"]
        assert app.line(0) == " NAME          ▲$/h  HOST"
        await pilot.click(Table, offset=(16, 0))
        assert app.names() == ["a", "c", "b"]
        await pilot.click(Table, offset=(24, 0))
        assert app.table.sort == Sort("price", descending=True)
        await pilot.press("shift+left", "O")
        assert app.table.sort == Sort("name")


async def test_a_click_picks_and_a_second_one_opens() -> None:
    app = Demo(boxes(50))
    async with app.run_test(size=(60, 11)) as pilot:
        await pilot.click(Table, offset=(3, 4))
        assert app.table.cursor_key == 3
        app.heard.clear()
        await pilot.click(Table, offset=(3, 5), times=2)
        assert isinstance(app.heard[-1], Table.Selected)
        assert app.heard[-1].key == 4
        await pilot.press("enter")
        assert [type(e) for e in app.heard].count(Table.Selected) == 2


async def test_an_empty_table_says_which_key_fills_it() -> None:
    app = Demo([])
    async with app.run_test(size=(60, 8)) as pilot:
        assert app.line(2) == " Nothing. r rents."
        app.table.set_empty("Asking Vast.ai.")
        assert app.line(2) == " Asking Vast.ai."
        await pilot.press("j", "enter", "space", "G", "O")
        assert app.table.cursor_key is None


async def test_marks_stay_with_their_rows() -> None:
    app = Demo(boxes(5))
    async with app.run_test(size=(60, 8)) as pilot:
        await pilot.press("space", "space")
        assert app.table.marks == {0, 1}
        assert app.line(1).startswith("▪box-000")
        app.table.set_rows(boxes(5)[1:])
        assert app.table.marks == {1}


def ground(app: Demo, y: int) -> str:
    style = list(app.table.render_line(y))[-1].style or Style()
    return style.bgcolor.name if style.bgcolor else ""


@pytest.mark.parametrize("theme", [theme.name for theme in load_themes().themes])
async def test_every_theme_can_be_the_first_one(theme: str) -> None:
    app = Demo(boxes(5))
    app.theme = theme
    async with app.run_test(size=(60, 8)):
        assert app.line(1).startswith(" box-000")


async def test_sixteen_colours_swap_the_cursors_row() -> None:
    app = Demo(boxes(5))
    async with app.run_test(size=(60, 8)) as pilot:
        app.theme = "terminal"
        await pilot.pause()
        styles = [segment.style or Style() for segment in app.table.render_line(1)]
        assert all(style.reverse for style in styles[1:])


@pytest.mark.parametrize("theme", ["vasttui-dark", "vasttui-light", "high-contrast", "colour-blind"])
async def test_a_theme_switch_recolours_rows_at_once(theme: str) -> None:
    app = Demo(boxes(5))
    async with app.run_test(size=(60, 8)) as pilot:
        app.theme = theme
        await pilot.pause()
        chosen = next(t for t in load_themes().themes if t.name == theme)
        assert ground(app, 1) == chosen.variables["selection"]
        assert ground(app, 2) == chosen.background
        app.set_focus(None)
        await pilot.pause()
        assert ground(app, 1) == chosen.variables["selection-blurred"]


async def test_only_lines_that_look_different_are_painted_again(monkeypatch: pytest.MonkeyPatch) -> None:
    app = Demo(boxes(50))
    async with app.run_test(size=(60, 12)) as pilot:
        await pilot.pause()
        painted: list[object] = []
        monkeypatch.setattr(app.table, "refresh", lambda *regions, **_: painted.extend(regions))
        app.table.set_rows([replace(b, price=5.0) if b.id == 3 else replace(b) for b in boxes(50)])
        assert [getattr(region, "y", None) for region in painted] == [4]


async def test_a_changed_value_glows_and_the_glow_ends(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("vasttui.tui.widgets.table_view.GLOW_SECONDS", 0.05)
    app = Demo(boxes(5), glow=True)
    async with app.run_test(size=(60, 8)) as pilot:
        await pilot.pause()

        def glowing() -> bool:
            styles = [segment.style or Style() for segment in app.table.render_line(3)]
            return any(style.bgcolor is not None and style.bgcolor.name == "#1e2f3a" for style in styles)

        app.table.set_rows([replace(b, price=5.0) if b.id == 2 else b for b in boxes(5)])
        assert glowing()
        while glowing():
            await pilot.pause(0.01)


async def test_ten_thousand_rows_ask_for_visible_cells_only() -> None:
    asked = 0

    def name(box: Box) -> str:
        nonlocal asked
        asked += 1
        return box.name

    app = Demo([])
    async with app.run_test(size=(60, 30)) as pilot:
        app.table.set_columns([Column(key="name", title="NAME", width=10, cell=name)])
        app.table.set_rows(boxes(10_000))
        await pilot.pause()
        assert 0 < asked <= 3 * 30


TIES = [Box(1, "b", 0.2), Box(2, "a", 0.2), Box(3, "c", 0.1)]


async def test_plus_sorts_equal_rows_by_the_picked_column_too() -> None:
    app = Demo(TIES, sort=Sort("price"))
    async with app.run_test(size=(60, 8)) as pilot:
        assert app.names() == ["c", "b", "a"]
        await pilot.press("shift+left", "plus")
        assert app.names() == ["c", "a", "b"]
        assert app.table.sort == Sort("price", then=(Sort("name"),))
        assert app.line(0) == " NAME▲2        ▲$/h  HOST"
        assert app.table.sort_label == "sorted by $/h ▲, NAME ▲"
        await pilot.press("plus")
        assert app.names() == ["c", "b", "a"]
        await pilot.press("O")
        assert app.table.sort == Sort("name"), "one key again"
        await pilot.press("plus")
        assert app.table.sort == Sort("name", descending=True), "a second key needs another column"


async def test_columns_are_shown_as_they_were_chosen_and_hidden_ones_still_sort() -> None:
    app = Demo(TIES, sort=Sort("price"))
    async with app.run_test(size=(60, 8)):
        app.table.set_columns(app.table.columns, Layout(("host", "name"), frozenset({"price"}), {"name": 4}))
        assert app.line(0) == " HOST      NAME"
        assert app.names() == ["c", "b", "a"]
        assert app.table.sort_label == "sorted by $/h ▲"
