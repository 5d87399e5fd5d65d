"""Every action is declared once, has a method, a key of its own and a line that fits."""

from __future__ import annotations

from itertools import chain

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vasttui.tui.actions import ACTIONS, BY_ID, PANE_SCOPES, Action, bindings, is_dangerous, keys_of, of_scope
from vasttui.tui.app import VastApp
from vasttui.tui.dashboard import Dashboard
from vasttui.tui.dialogs.dialog import Dialog
from vasttui.tui.finder import in_order, name_of
from vasttui.tui.help import WITH_LINES, WITH_TABLE, help_text
from vasttui.tui.panes.every import PANES
from vasttui.tui.panes.logs.prompt import LogPrompt
from vasttui.tui.panes.offers.chip_line import ChipLine
from vasttui.tui.widgets.log.view import LogView
from vasttui.tui.widgets.prompt import PromptInput
from vasttui.tui.widgets.query_field import QueryField
from vasttui.tui.widgets.table import Table

HOMES = {kind.SCOPE: kind for kind in PANES} | {
    "app": Dashboard,
    "always": VastApp,
    "table": Table,
    "dialog": Dialog,
    "lines": LogView,
    "prompt": PromptInput,
    "log-prompt": LogPrompt,
    "query": QueryField,
    "chips": ChipLine,
}
LINE = 56
"""Cells that a sentence has in the help of an 80-column terminal."""


def keys(action: Action) -> list[str]:
    return [key.strip() for key in action.key.split(",") if key.strip()]


def test_ids_are_unique() -> None:
    assert len(BY_ID) == len(ACTIONS)


@pytest.mark.parametrize("action", ACTIONS, ids=lambda action: action.id)
def test_an_action_has_a_method_and_a_sentence_that_fits(action: Action) -> None:
    assert callable(getattr(HOMES[action.scope], f"action_{action.verb}", None))
    assert action.help.endswith(".")
    assert len(action.help) <= LINE


@pytest.mark.parametrize("scope", PANE_SCOPES)
def test_no_key_is_bound_twice_where_it_can_be_pressed(scope: str) -> None:
    scopes = [scope, "app", "always", *(["table"] if scope in WITH_TABLE else [])]
    scopes += ["lines"] if scope in WITH_LINES else []
    bound = list(chain.from_iterable(keys(action) for name in scopes for action in of_scope(name)))
    assert sorted(bound) == sorted(set(bound))


def test_no_key_is_taken_that_terminals_and_multiplexers_need() -> None:
    bound = set(chain.from_iterable(map(keys, ACTIONS)))
    assert not bound & {"ctrl+a", "ctrl+b", "ctrl+s", "ctrl+z", "ctrl+d", "ctrl+i", "ctrl+m", "ctrl+h", "ctrl+c"}


def test_bindings_carry_the_id_by_which_a_user_rebinds_them() -> None:
    by_id = {binding.id: binding for binding in bindings("offers", "instances")}
    assert by_id["offers.rent"].action == "rent"
    assert by_id["instances.stop-start"].action == "stop_start"
    assert by_id["instances.destroy"].key == "X,delete"


def test_what_spends_or_destroys_is_marked() -> None:
    dangerous = {action.id for action in ACTIONS if action.danger}
    assert dangerous >= {"offers.rent", "instances.destroy", "instances.stop-start", "instances.reboot"}
    assert is_dangerous("instances", "stop_start")
    assert not is_dangerous("instances", "log")
    assert not is_dangerous("instances", "no-such-thing")


def test_keys_are_written_as_on_the_keyboard() -> None:
    assert keys_of(BY_ID["app.help"], {}) == "? f1"
    assert keys_of(BY_ID["app.palette"], {}) == "^p :"
    assert keys_of(BY_ID["instances.destroy"], {}) == "X del"
    assert keys_of(BY_ID["instances.destroy"], {"instances.destroy": "ctrl+x"}) == "^x"


@pytest.mark.parametrize("scope", PANE_SCOPES)
def test_help_names_every_action_of_the_pane(scope: str) -> None:
    text = help_text(scope, scope.title(), {}, read_only=False).plain
    for action in (*of_scope(scope), *of_scope("app")):
        assert action.help in text


def test_help_in_read_only_mode_is_silent_about_what_has_vanished() -> None:
    text = help_text("instances", "Instances", {}, read_only=True).plain
    assert BY_ID["instances.destroy"].help not in text
    assert BY_ID["instances.log"].help in text


@given(here=st.sampled_from([*PANE_SCOPES, ""]), read_only=st.booleans())
def test_the_palette_offers_the_focused_pane_first_and_nothing_forbidden(here: str, read_only: bool) -> None:
    offered = in_order(here, read_only=read_only)
    own = [action for action in offered if action.scope == here]
    assert offered[: len(own)] == own
    assert not (read_only and any(action.danger for action in offered))
    assert len({name_of(action, here) for action in offered}) == len(offered)
