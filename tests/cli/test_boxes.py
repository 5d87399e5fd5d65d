"""instances, logs and what changes instances."""

from __future__ import annotations

import asyncio
import json
import signal
from types import SimpleNamespace
from typing import cast

import pytest

from tests.cli.conftest import Shell, World
from vasttui.controller import Controller, waiting
from vasttui.errors import Ambiguous, Unreachable
from vasttui.snapshot import Part

SECRET = ("jupyter_token", "instance_api_key", "extra_env", "onstart", "image_login")


def rented(shell: Shell, label: str) -> str:
    """A box of our own, its log going."""
    done = shell("rent", "--preset", "cheap", "--label", label, "--onstart", "python train.py", "--yes", "--json")
    assert done.code == 0
    return str(json.loads(done.out)["instance_id"])


def test_instances_json_is_the_apis_row_with_ours_beside_and_no_secret(shell: Shell) -> None:
    done = shell("instances", "--json")
    rows = json.loads(done.out)
    assert (done.code, done.err) == (0, "")
    assert len(rows) >= 6
    for row in rows:
        assert not set(SECRET) & set(row)
        assert set(row["vasttui"]) >= {"phase", "verdicts", "spent", "runway"}
    assert all(str(row["id"]) in shell("instances").out for row in rows[:1])


def test_json_can_be_written_in_any_locale(shell: Shell, world: World) -> None:
    target = str(next(iter(world.labels)))
    assert shell("label", target, "größe").code == 0
    done = shell("instances", "--json", env={"PYTHONIOENCODING": "ascii"})
    assert "größe" in [row["label"] for row in json.loads(done.out)]


def test_watch_ends_with_130_on_interrupt(shell: Shell) -> None:
    process = shell.start("instances", "--watch", "--json")
    assert process.stdout is not None
    assert json.loads(process.stdout.readline())
    process.send_signal(signal.SIGINT)
    assert shell.end(process).code == 130


def test_stop_start_reboot_label_say_what_they_did(shell: Shell, world: World) -> None:
    target = str(list(world.labels)[1])
    for words, says in (
        (("stop", target), "goes on billing"),
        (("start", target), "starting"),
        (("reboot", target), "rebooting"),
        (("label", target, "night run"), "night run"),
    ):
        done = shell(*words)
        assert (done.code, done.out) == (0, "")
        assert says in done.err
    assert world.labels[int(target)] == "night run"


@pytest.mark.parametrize("command", ["stop", "reboot", "destroy", "label"])
def test_an_instance_that_is_not_there_is_exit_1(shell: Shell, command: str) -> None:
    rest = {"destroy": ["--yes"], "label": ["x"]}.get(command, [])
    done = shell(command, "4242", *rest)
    assert done.code == 1
    assert "4242" in done.err
    assert "is gone" not in done.err


def test_destroy_needs_a_yes_and_is_partly_done_with_5(shell: Shell, world: World) -> None:
    one, other = (str(i) for i in list(world.labels)[-2:])
    asked = shell("destroy", one)
    assert asked.code == 2
    assert "--yes" in asked.err
    assert shell("--read-only", "destroy", one, "--yes").code == 2
    assert int(one) in world.labels
    done = shell("destroy", one, "4242", other, "--yes")
    assert done.code == 5
    assert f"{one} is gone" in done.err
    assert "no instance 4242" in done.err
    assert not {int(one), int(other)} & set(world.labels)


def test_destroy_is_repeated_before_it_is_called_gone(shell: Shell, world: World) -> None:
    target = rented(shell, "stubborn")
    with world.faults("destroy_repeat=1"):
        done = shell("destroy", target, "--yes")
    assert done.code == 0
    assert int(target) not in world.labels


async def test_without_a_listing_nothing_is_called_gone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(waiting, "LOOK", 0.001)
    failing: Part[object] = Part(error=Unreachable("no connection"), failures=waiting.GIVE_UP)
    controller = SimpleNamespace(picture=lambda: SimpleNamespace(boxes=failing))

    async def never() -> None:
        await asyncio.Event().wait()

    with pytest.raises(Ambiguous, match="its destroy was sent: no connection"):
        await waiting.settled(cast(Controller, controller), never(), "its destroy was sent")
