"""rent: what scripts may rely on."""

from __future__ import annotations

import json

import pytest

from tests.cli.conftest import Shell, World
from vasttui.cli import main
from vasttui.cli import rent as rent_command


def test_a_dry_run_prints_the_request_without_secrets_and_rents_nothing(shell: Shell, world: World) -> None:
    before = world.labels
    done = shell("rent", "--preset", "cheap", "--env", "TOKEN=hush-hush", "--dry-run", "--onstart", "python train.py")
    assert done.code == 0
    request = json.loads(done.out)["request"]
    assert (request["image"], request["env"]) == ("pytorch/pytorch", ["TOKEN"])
    assert "hush-hush" not in done.out + done.err
    assert world.labels == before


def test_rent_until_ready_is_listed_as_ours_and_destroyed(shell: Shell, world: World) -> None:
    done = shell("rent", "--preset", "cheap", "--label", "loop", "--yes", "--wait", "--json")
    assert done.code == 0
    said = json.loads(done.out)
    assert said["phase"] == "ready"
    assert said["ssh"].startswith("ssh://root@")
    assert said["label"].startswith("loop~")
    (row,) = [row for row in json.loads(shell("instances", "--json").out) if row["id"] == said["instance_id"]]
    assert row["vasttui"]["ours"]
    assert shell("destroy", str(said["instance_id"]), "--yes").code == 0
    assert "loop" not in world.labels.values()


@pytest.mark.parametrize(
    ("words", "code", "says"),
    [
        (("rent", "--preset", "cheap"), 2, "--yes"),
        (("rent", "--preset", "cheap", "--yes", "--max-price", "0.001"), 2, "over --max-price"),
        (("--read-only", "rent", "--preset", "cheap", "--yes"), 2, "read-only"),
        (("rent", "4242", "--yes"), 1, "4242"),
        (("rent", "--preset", "broken", "--yes"), 2, "did you mean num_gpus"),
        (("rent", "--env", "9A=1", "--dry-run"), 2, "NAME=value"),
        (("rent", "--onstart", "@none.sh", "--dry-run"), 2, "none.sh"),
        (("rent", "--preset", "cheap", "--disk", "99999", "--yes"), 2, "ceiling"),
    ],
)
def test_what_must_not_be_rented_is_not(
    shell: Shell, world: World, words: tuple[str, ...], code: int, says: str
) -> None:
    before = world.labels
    done = shell(*words)
    assert (done.code, done.out) == (code, "")
    assert says in done.err
    assert world.labels == before


def test_an_offer_that_was_taken_is_exit_1(shell: Shell, world: World) -> None:
    with world.faults("offer_gone=9"):
        done = shell("rent", "--preset", "cheap", "--yes")
    assert done.code == 1


def test_a_lost_answer_rents_once_and_finds_the_box(shell: Shell, world: World) -> None:
    with world.faults("create_lost=1"):
        done = shell("rent", "--preset", "cheap", "--label", "lost", "--yes", "--json")
    assert done.code == 0
    assert "the answer was lost" in done.err
    assert [i for i, label in world.labels.items() if label == "lost"] == [json.loads(done.out)["instance_id"]]


def test_waiting_for_ssh_ends_with_a_message(
    shell: Shell, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    for name, value in shell.env.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr(rent_command, "WAIT_LIMIT", 0.01)
    with pytest.raises(SystemExit) as left:
        # Others rent on this market too.
        main(["rent", "--preset", "cheap", "--label", "slow", "--fallback", "--yes", "--wait"])
    said = capsys.readouterr().err
    assert (left.value.code, "no SSH after" in said) == (1, True), said
    assert "vasttui destroy" in said
