"""The log pane under keys: whose log, how it is looked at, what comes back, what can be taken along."""

from __future__ import annotations

import stat
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from textual.pilot import Pilot

from tests.tui.pictures import NOW, box, fleet, snapshot
from tests.tui.standin import StandIn
from vasttui.config import Config
from vasttui.errors import SshNotReady
from vasttui.logs.rows import LogName, Severity
from vasttui.logs.since import RowsSince
from vasttui.snapshot import LogInfo, LogState, LogStatus, Part
from vasttui.tui.app import VastApp
from vasttui.tui.dialogs.confirm import Confirm
from vasttui.tui.dialogs.log_pick import Pick
from vasttui.tui.footer import Footer
from vasttui.tui.panes import shell_out
from vasttui.tui.panes.logs import taking as log_taking
from vasttui.tui.panes.logs.pane import LogsPane
from vasttui.tui.widgets.log.view import LogView, Times

FIRST, SECOND = LogName(fleet()[0].id), LogName(fleet()[1].id)
GONE = LogName(7)
WIDE, NARROW = (120, 40), (80, 24)


@pytest.fixture
def control(config: Config) -> StandIn:
    """Two boxes with logs, one that is gone."""
    following = LogStatus(LogState.FOLLOWING, "ssh", 6, last_at=NOW - 1, checked_at=NOW - 1)
    boxes = (replace(fleet()[0], log=following), replace(fleet()[1], log=following), *fleet()[2:])
    control = StandIn(config, snapshot(boxes=Part(boxes, at=NOW)))
    control.kept["pane"] = 3
    for number in range(1, 5):
        control.receive(FIRST, f"step {number} loss {5 - number}", at=NOW - 100 + number)
    control.receive(FIRST, "ERROR: out of memory", "heartbeat", at=NOW - 50)
    control.receive(SECOND, "epoch 1", "epoch 2", at=NOW - 60)
    control.receive(GONE, "long ago", at=NOW - 9000)
    control.infos = tuple(
        LogInfo(name, label, NOW - 9000, NOW - 60, 6, 600, gone=name == GONE)
        for name, label in ((FIRST, "upscale-07"), (SECOND, "lora-flux"), (GONE, "old-run"))
    )
    return control


class Driver:
    """The pane under test, and what one sees of it."""

    def __init__(self, app: VastApp, pilot: Pilot[Any]) -> None:
        self.app = app
        self.pilot = pilot

    async def press(self, *keys: str) -> None:
        await self.pilot.press(*keys)
        await self.rest()

    async def type(self, text: str, *after: str) -> None:
        await self.press(*(KEYS.get(letter, letter) for letter in text), *after)

    async def rest(self) -> None:
        for _ in range(3):
            await self.pilot.pause()

    async def until(self, condition: Callable[[], object]) -> None:
        for _ in range(200):
            if condition():
                return
            await self.pilot.pause(0.01)
        raise AssertionError("it never became true")

    @property
    def pane(self) -> LogsPane:
        return self.app.screen_stack[0].query_one(LogsPane)

    @property
    def view(self) -> LogView:
        return self.pane.tail.view

    @property
    def shown(self) -> list[str]:
        return "".join(self.view.iter_text()).splitlines()

    @property
    def drawn(self) -> str:
        return "\n".join(self.view.render_line(y).text for y in range(self.view.size.height))

    @property
    def titles(self) -> list[str]:
        return [str(tail.border_title) for tail in self.pane.tails if tail.display]

    @property
    def edge(self) -> str:
        return str(self.pane.tail.border_subtitle)

    @property
    def said(self) -> str:
        return "\n".join(str(note.message) for note in self.app._notifications)


KEYS = {" ": "space", "/": "slash", "-": "minus", "!": "exclamation_mark", "&": "ampersand", ":": "colon", "~": "tilde"}
KEYS |= {"(": "left_parenthesis", ".": "full_stop", "_": "underscore"}


@asynccontextmanager
async def opened(control: StandIn, size: tuple[int, int] = WIDE) -> AsyncIterator[Driver]:
    """The dashboard with the log pane chosen."""
    app = VastApp(control, control.config)
    async with app.run_test(size=size) as pilot:
        driver = Driver(app, pilot)
        await app.furnished.wait()
        await driver.rest()
        yield driver


# Whose log


async def test_who_comes_to_the_logs_first_sees_the_first_instance(control: StandIn) -> None:
    async with opened(control, NARROW) as driver:
        assert driver.titles == ["3 Log  upscale-07"]
        assert "step 1 loss 4" in driver.shown
        assert control.attended == (frozenset({"logs"}), (FIRST,))


async def test_lines_appear_as_they_come(control: StandIn) -> None:
    async with opened(control) as driver:
        control.receive(FIRST, "step 5")
        await driver.rest()
        assert driver.shown[-1] == "step 5"
        assert "● following" in driver.edge


async def test_the_daemons_log_and_back_and_not_for_the_next_instance(control: StandIn) -> None:
    daemon = LogName(FIRST.instance_id, "daemon")
    control.receive(daemon, "pulled")
    async with opened(control) as driver:
        await driver.press("o")
        assert (driver.titles, driver.shown) == (["3 Log  upscale-07 (daemon)"], ["pulled"])
        assert control.attended[1] == (daemon,)
        await driver.press("2", "down")
        assert driver.titles == ["3 Log  lora-flux"]
        await driver.press("up")
        assert driver.titles == ["3 Log  upscale-07"]


async def test_another_file_of_the_box_from_the_list_or_typed(control: StandIn) -> None:
    control.files = ["/root/train.log", "/workspace/out.log"]
    control.receive(LogName(FIRST.instance_id, "/workspace/out.log"), "from the file")
    async with opened(control) as driver:
        await driver.press("O")
        await driver.type("workspace", "enter")
        assert driver.titles == ["3 Log  upscale-07:/workspace/out.log"]
        assert driver.shown == ["from the file"]
        await driver.press("O")
        await driver.type("~/a.log", "enter")
        assert control.attended[1] == (LogName(FIRST.instance_id, "~/a.log"),)


async def test_why_a_boxs_files_are_not_known_is_said_and_a_path_still_works(control: StandIn) -> None:
    control.files = SshNotReady("SSH refuses the key")
    async with opened(control) as driver:
        await driver.press("O")
        await driver.rest()
        assert "SSH refuses the key" in str(driver.app.screen.query_one("#said").render())
        await driver.type("/tmp/x", "enter")
        assert driver.titles == ["3 Log  upscale-07:/tmp/x"]


async def test_the_log_of_a_destroyed_instance_is_read_from_what_is_kept(control: StandIn) -> None:
    async with opened(control) as driver:
        await driver.press("b")
        assert isinstance(driver.app.screen, Pick)
        await driver.type("old-run", "enter")
        assert driver.titles == ["3 Log  old-run (gone)"]
        assert driver.shown == ["long ago"]
        assert "■ gone   1 line" in driver.edge


async def test_the_list_says_when_no_log_has_the_words(control: StandIn) -> None:
    async with opened(control) as driver:
        await driver.press("b")
        await driver.type("zebra", "enter")
        assert isinstance(driver.app.screen, Pick)
        assert str(driver.app.screen.query_one("#said").render()) == "Nothing has these words."
        await driver.press("escape", "b")
        assert str(driver.app.screen.query_one("#said").render()) == ""


async def test_a_chosen_log_stays_until_the_cursor_is_asked_again(control: StandIn) -> None:
    async with opened(control) as driver:
        await driver.press("b")
        await driver.type("lora", "enter")
        assert driver.titles == ["3 Log  lora-flux (pinned)"]
        await driver.press("2", "down", "up", "3", "b", "enter")
        assert driver.titles == ["3 Log  upscale-07"]


async def test_a_box_that_is_destroyed_meanwhile_keeps_its_name(control: StandIn) -> None:
    async with opened(control) as driver:
        await driver.press("b")
        await driver.type("lora", "enter")
        left = tuple(box for box in control.snapshot.boxes.value or () if box.id != SECOND.instance_id)
        control.publish(replace(control.snapshot, boxes=Part(left, at=NOW)))
        await driver.until(lambda: driver.titles == ["3 Log  lora-flux (gone)"])
        assert driver.shown == ["epoch 1", "epoch 2"]


# Several side by side


async def beside(driver: Driver, name: str) -> None:
    await driver.press("plus")
    await driver.type(name, "enter")


async def test_a_second_log_beside_does_not_follow_the_cursor(control: StandIn) -> None:
    async with opened(control) as driver:
        await beside(driver, "lora")
        assert driver.titles == ["3 Log  upscale-07", "Log  lora-flux (pinned)"]
        assert driver.shown == ["epoch 1", "epoch 2"], "the new one has the focus"
        assert control.attended[1] == (FIRST, SECOND)
        await driver.press("2", "down", "down")
        assert driver.titles == ["3 Log  upscale-08", "Log  lora-flux (pinned)"]


async def test_keys_and_mouse_move_between_logs(control: StandIn) -> None:
    async with opened(control) as driver:
        await beside(driver, "lora")
        first, second = driver.pane.tails
        await driver.press("full_stop")
        assert driver.pane.tail is first
        await driver.press("comma")
        assert driver.pane.tail is second
        await driver.pilot.click(first.view)
        assert driver.pane.tail is first


async def test_one_of_several_is_closed_and_the_last_one_stays(control: StandIn) -> None:
    async with opened(control) as driver:
        await beside(driver, "lora")
        await driver.press("minus")
        assert driver.titles == ["3 Log  upscale-07"]
        assert control.attended[1] == (FIRST,)
        await driver.press("minus")
        assert driver.titles == ["3 Log  upscale-07"]
        assert "only this log" in driver.said


async def test_when_the_first_is_closed_the_next_bears_the_number(control: StandIn) -> None:
    async with opened(control) as driver:
        await beside(driver, "lora")
        await driver.press("full_stop", "minus")
        assert driver.titles == ["3 Log  lora-flux (pinned)"]


async def test_without_room_it_says_so(control: StandIn) -> None:
    async with opened(control, (60, 15)) as driver:
        await driver.press("plus")
        assert not isinstance(driver.app.screen, Pick)
        assert "no room" in driver.said


async def test_a_smaller_terminal_shows_fewer_and_a_larger_one_all_again(control: StandIn) -> None:
    async with opened(control) as driver:
        await beside(driver, "lora")
        await driver.pilot.resize_terminal(60, 14)
        await driver.rest()
        assert driver.titles == ["3 Log  upscale-07"]
        assert driver.app.focused is driver.pane.tails[0].view, "the keys go where one can see"
        await driver.pilot.resize_terminal(*WIDE)
        await driver.rest()
        assert len(driver.titles) == 2


async def test_the_split_is_there_again_at_the_next_start(control: StandIn) -> None:
    async with opened(control) as driver:
        await beside(driver, "lora")
        await beside(driver, "old-run")
    async with opened(control) as driver:
        assert driver.titles == ["3 Log  upscale-07", "Log  lora-flux (pinned)", "Log  old-run (gone)"]


# All in one stream


async def test_all_watched_instances_in_one_stream(control: StandIn) -> None:
    async with opened(control) as driver:
        await driver.press("a")
        assert driver.titles == ["3 Log  all 2 instances"]
        seen = driver.view.text_in_sight()
        assert seen.index("step 1") < seen.index("epoch 1") < seen.index("heartbeat")
        assert "lora-flux" in driver.drawn
        control.receive(SECOND, "epoch 3")
        await driver.until(lambda: "epoch 3" in driver.view.text_in_sight())
        await driver.press("a")
        assert driver.titles == ["3 Log  upscale-07"]


async def test_the_stream_has_what_came_while_it_was_frozen_or_out_of_sight(control: StandIn) -> None:
    async with opened(control) as driver:
        await driver.press("a", "p")
        control.receive(SECOND, "epoch 3")
        await driver.press("p")
        assert "epoch 3" in driver.view.text_in_sight()
        await driver.press("5")
        control.receive(SECOND, "epoch 4")
        await driver.press("3")
        assert "epoch 4" in driver.view.text_in_sight()


async def test_mute_solo_and_back(control: StandIn) -> None:
    async with opened(control) as driver:
        await driver.press("a", "x")
        assert "k moves it up" in driver.said, "there is no cursor while following"
        await driver.press("g", "x")
        assert driver.titles == ["3 Log  all 2 instances (1 muted)"]
        assert "step" not in driver.view.text_in_sight()
        await driver.press("X", "g", "S")
        assert driver.titles == ["3 Log  upscale-07 (solo of 2)"]
        assert "epoch" not in driver.view.text_in_sight()
        await driver.press("S")
        assert driver.titles == ["3 Log  all 2 instances"]
        await driver.press("g", "x", "escape")
        assert driver.titles == ["3 Log  all 2 instances"]


async def test_an_instance_that_appears_joins_the_stream(control: StandIn) -> None:
    async with opened(control) as driver:
        await driver.press("a")
        status = LogStatus(LogState.FOLLOWING, "api", 1)
        control.receive(LogName(box(30).id), "hello")
        boxes = (*(control.snapshot.boxes.value or ()), box(30, log=status))
        control.publish(replace(control.snapshot, boxes=Part(boxes, at=NOW)))
        await driver.until(lambda: driver.titles == ["3 Log  all 3 instances"])
        assert "hello" in driver.view.text_in_sight()


# Search and filter


async def test_a_search_tells_its_hits_and_goes_through_them(control: StandIn) -> None:
    async with opened(control) as driver:
        await driver.press("slash")
        await driver.type("loss")
        await driver.until(lambda: driver.view.hits.total == 4)
        assert "4 hits" in str(driver.pane.tail.search_prompt._note.render())
        await driver.press("enter")
        assert driver.view.hits.at == 4
        await driver.press("N", "N")
        assert driver.view.hits.at == 2
        assert driver.app.focused is driver.view


async def test_a_filter_shows_only_some_lines_until_escape(control: StandIn) -> None:
    async with opened(control) as driver:
        await driver.press("ampersand")
        await driver.type("!heartbeat & loss", "enter")
        await driver.until(lambda: driver.view.filtering is None)
        assert driver.shown == [f"step {n} loss {5 - n}" for n in range(1, 5)]
        assert driver.pane.tail.filter_prompt.is_open, "what is filtered stays in sight"
        await driver.press("escape")
        assert len(driver.shown) == 6
        assert not driver.pane.tail.filter_prompt.is_open


async def test_a_bad_expression_is_said_while_one_types_and_changes_nothing(control: StandIn) -> None:
    async with opened(control) as driver:
        await driver.press("slash")
        await driver.type("/loss/")
        await driver.until(lambda: driver.view.hits.total == 4)
        await driver.press("left")
        await driver.type("(")
        note = driver.pane.tail.search_prompt._note
        assert note.has_class("-wrong")
        assert "column" in str(note.render())
        assert driver.view.hits.total == 4


async def test_the_footer_names_no_letters_while_letters_are_typed(control: StandIn) -> None:
    async with opened(control) as driver:
        footer = driver.app.screen.query_one(Footer)
        assert {"s", "&", "+"} <= {hint.key for hint in footer.shown}
        await driver.press("slash")
        assert [(hint.key, hint.label) for hint in footer.shown][:3] == [
            ("enter", "keep"),
            ("esc", "clear"),
            ("^t", "expression"),
        ]
        assert all(len(hint.key) > 1 for hint in footer.shown)


async def test_a_key_makes_an_expression_of_plain_text(control: StandIn) -> None:
    async with opened(control) as driver:
        await driver.press("slash")
        await driver.type("step", "ctrl+t")
        assert driver.pane.tail.search_prompt.text == "/step/"
        await driver.press("ctrl+t", "enter")
        assert driver.pane.tail.search_text == "step"


async def test_escape_ends_the_search_then_the_filter_then_leaves_the_full_screen(control: StandIn) -> None:
    async with opened(control) as driver:
        await driver.press("f", "ampersand")
        await driver.type("loss", "enter", "slash")
        await driver.type("step", "enter", "escape")
        tail = driver.pane.tail
        assert (tail.search_text, tail.filter_text) == ("", "loss")
        await driver.press("escape")
        assert tail.filter_text == ""
        assert driver.app.dashboard is not None
        assert driver.app.dashboard.desk.full
        await driver.press("escape")
        assert not driver.app.dashboard.desk.full


# How it is looked at


async def test_level_is_said_in_the_edge(control: StandIn) -> None:
    async with opened(control) as driver:
        await driver.press("v", "v", "v")
        assert "errors only" in driver.edge
        assert driver.shown == ["ERROR: out of memory"]
        await driver.press("v")
        assert "errors" not in driver.edge


async def test_errors_and_times_are_gone_to(control: StandIn) -> None:
    async with opened(control) as driver:
        await driver.press("E")
        assert driver.view.line_text() == "ERROR: out of memory"
        await driver.press("at")
        await driver.type("2m ago", "enter")
        assert driver.view.line_text() == "step 1 loss 4"
        await driver.press("e", "e")
        assert driver.view.line_text() == "ERROR: out of memory"


async def test_a_frozen_display_says_so_and_shows_what_came_when_it_goes_on(control: StandIn) -> None:
    async with opened(control) as driver:
        await driver.press("p")
        assert driver.titles == ["3 Log  upscale-07 (frozen)"]
        control.receive(FIRST, "step 5")
        await driver.rest()
        assert "step 5" not in driver.view.text_in_sight()
        await driver.press("p")
        assert "step 5" in driver.view.text_in_sight()


async def test_a_cleared_view_shows_what_comes_and_escape_the_rest(control: StandIn) -> None:
    async with opened(control) as driver:
        await driver.press("ctrl+l")
        assert driver.shown == []
        assert "cleared at" in driver.edge
        control.receive(FIRST, "step 5")
        await driver.rest()
        assert driver.shown == ["step 5"]
        await driver.press("escape")
        assert len(driver.shown) == 7


async def test_wrap_times_and_folds_hold_for_all_logs_and_at_the_next_start(control: StandIn) -> None:
    async with opened(control) as driver:
        await beside(driver, "lora")
        await driver.press("w", "t", "t", "z")
        looks = [(tail.view.wrap, tail.view.times, tail.view.fold) for tail in driver.pane.tails]
        assert looks == [(True, Times.UTC, False)] * 2
        assert "unfolded" in driver.edge
    async with opened(control) as driver:
        assert [(t.view.wrap, t.view.times, t.view.fold) for t in driver.pane.tails] == looks


async def test_each_log_comes_back_as_it_was_left(control: StandIn) -> None:
    control.receive(FIRST, *(f"line {n}" for n in range(200)))
    async with opened(control) as driver:
        await driver.press("g", "m", "v", "slash")
        await driver.type("loss", "enter")
        await driver.press("g")
        await driver.press("2", "down")
        assert driver.pane.tail.search_text == ""
        assert driver.view.following
        await driver.press("up")
        await check_as_left(driver)
    async with opened(control) as driver:
        await check_as_left(driver)


async def check_as_left(driver: Driver) -> None:
    view = driver.view
    assert driver.pane.tail.search_text == "loss"
    assert driver.pane.tail.search_prompt.is_open
    assert (view.threshold, view.marks) == (Severity.INFO, frozenset({0}))
    assert "step 1" in view.text_in_sight()
    assert not view.following


async def test_a_place_that_is_no_longer_kept_becomes_the_oldest_row(control: StandIn) -> None:
    control.receive(FIRST, *(f"line {n}" for n in range(200)))
    control.spools[FIRST] = RowsSince(control.log(FIRST), 50)  # type: ignore[assignment]
    control.kept["logs.kept"] = {f"{FIRST.instance_id} ": {"place": 1, "marks": [1, 199]}}
    async with opened(control) as driver:
        assert driver.view.text_in_sight().splitlines()[0] == "line 44"
        assert driver.view.marks == {199}


# Taking along


def files(folder: Path) -> list[tuple[str, int, str]]:
    """Name, mode and text of the files there; none when there is no such folder."""
    found = folder.iterdir() if folder.exists() else ()
    return [(path.name, stat.S_IMODE(path.stat().st_mode), path.read_text()) for path in found]


async def test_what_is_copied_is_told_and_never_said_to_have_worked(control: StandIn) -> None:
    async with opened(control) as driver:
        await driver.press("g", "c")
        assert driver.app.clipboard == "step 1 loss 4"
        assert "does not say" in driver.said
        await driver.press("C")
        await driver.press("ctrl+u")
        await driver.type("2", "enter")
        assert driver.app.clipboard == "ERROR: out of memory\nheartbeat"
        await driver.press("C", "ctrl+u")
        await driver.type("all", "enter")
        assert driver.app.clipboard.count("\n") == 5


async def test_what_is_saved_is_what_is_shown(control: StandIn, tmp_path: Path) -> None:
    control.kept["logs.folder"] = str(tmp_path)
    control.receive(FIRST, "token hf_AbCd1234EfGh5678IjKl9012MnOp3456")
    async with opened(control) as driver:
        await driver.press("ampersand")
        await driver.type("o & !step", "enter", "ctrl+e", "enter")
        await driver.until(lambda: "saved in" in driver.said)
    ((name, mode, text),) = files(tmp_path)
    assert name.startswith("upscale-07-2025")
    assert mode == 0o600
    lines = text.splitlines()
    assert lines[0].endswith("ERROR: out of memory")
    assert "token hf_••••" in lines[1]
    assert len(lines) == 2


async def test_no_file_is_replaced_unasked(
    control: StandIn, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    path = tmp_path / "a.log"
    path.write_text("mine")
    async with opened(control) as driver:
        await driver.press("ctrl+e", "ctrl+u")
        await driver.type(path.name, "enter")
        assert isinstance(driver.app.screen, Confirm)
        await driver.press("enter")
        assert path.read_text() == "mine", "Cancel has the focus"
        await driver.press("ctrl+e", "ctrl+u")
        await driver.type(path.name, "enter")
        driver.app.screen_stack[-1].act()  # type: ignore[attr-defined]
        await driver.until(lambda: "saved in" in driver.said)
        assert "step 1" in path.read_text()


@pytest.mark.parametrize(("key", "variable"), [("vertical_line", "PAGER"), ("V", "EDITOR")])
async def test_pager_and_editor_get_a_file_that_goes_away(
    control: StandIn, monkeypatch: pytest.MonkeyPatch, key: str, variable: str
) -> None:
    monkeypatch.delenv("VISUAL", raising=False)
    monkeypatch.setenv(variable, "look --at")
    seen: list[tuple[list[str], int, str]] = []

    async def open_in(app: object, argv: list[str], named: str) -> None:
        ((_, mode, text),) = files(Path(argv[-1]).parent)
        seen.append((argv, mode, text))
        assert named == variable

    monkeypatch.setattr(log_taking, "open_in", open_in)
    async with opened(control) as driver:
        await driver.press(key)
        await driver.until(lambda: seen)
    (argv, mode, text) = seen[0]
    assert argv[:2] == ["look", "--at"]
    assert mode == 0o600
    assert "ERROR: out of memory" in text
    assert files(Path(argv[-1]).parent) == []


async def test_a_terminal_that_cannot_be_handed_over_is_a_toast(control: StandIn) -> None:
    async with opened(control) as driver:
        await driver.press("vertical_line")
        await driver.until(lambda: "cannot be handed" in driver.said)


async def test_a_pager_that_is_not_there_is_a_toast_that_names_the_variable(
    control: StandIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def hand_over(app: object, argv: list[str]) -> int:
        raise FileNotFoundError(2, "No such file or directory")

    monkeypatch.setenv("PAGER", "nosuchpager")
    monkeypatch.setattr(shell_out, "hand_over", hand_over)
    async with opened(control) as driver:
        await driver.press("vertical_line")
        await driver.until(lambda: "nosuchpager: No such file" in driver.said)
        assert "$PAGER" in driver.said


async def test_secrets_are_shown_for_a_moment_and_the_edge_says_so(control: StandIn) -> None:
    control.receive(FIRST, "token hf_AbCd1234EfGh5678IjKl9012MnOp3456")
    async with opened(control) as driver:
        assert "hf_AbC" not in driver.view.text_in_sight()
        await driver.press("u")
        assert "secrets shown" in driver.edge
