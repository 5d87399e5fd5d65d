"""search and rent: what scripts may rely on."""

from __future__ import annotations

import json

import pytest

from tests.cli.conftest import Shell, World
from vasttui.cli import main
from vasttui.cli import rent as rent_command


def test_search_prints_rows_and_json_prints_the_same_ones(shell: Shell) -> None:
    table = shell("search", "num_gpus=1", "--order", "dph", "--limit", "4")
    rows = json.loads(shell("search", "num_gpus=1", "--order", "dph", "--limit", "4", "--json").out)
    assert table.code == 0
    assert len(table.out.splitlines()) == 5
    assert [row["num_gpus"] for row in rows] == [1] * 4
    assert [row["dph_total"] for row in rows] == sorted(row["dph_total"] for row in rows)


def test_show_query_sends_nothing(bare: Shell) -> None:
    done = bare("search", "gpu_name=RTX_4090", "--type", "bid", "--show-query")
    assert done.code == 0
    body = json.loads(done.out)
    assert body["gpu_name"] == {"eq": "RTX 4090"}
    assert (body["type"], body["verified"]) == ("bid", {"eq": True})
    assert "verified" not in json.loads(bare("search", "--no-default", "num_gpus=1", "--show-query").out)


def test_a_preset_is_searched_and_an_unknown_one_suggested(shell: Shell) -> None:
    rows = json.loads(shell("search", "--preset", "cheap", "--json").out)
    assert {row["num_gpus"] for row in rows} == {1}
    wrong = shell("search", "--preset", "cheep")
    assert wrong.code == 2
    assert "cheap" in wrong.err


def test_host_lists_are_applied_unless_all_hosts_are_wanted(shell: Shell) -> None:
    everything = json.loads(shell("search", "--no-default", "num_gpus>=1", "--json").out)
    host = everything[0]["host_id"]
    assert shell("hosts", "block", str(host), "slow").code == 0
    done = shell("search", "--no-default", "num_gpus>=1", "--json")
    assert host not in {row["host_id"] for row in json.loads(done.out)}
    assert "cut by the host lists" in done.err
    again = json.loads(shell("search", "--no-default", "num_gpus>=1", "--all-hosts", "--json").out)
    assert host in {row["host_id"] for row in again}


def test_a_wrong_query_names_its_place_and_an_unknown_field_its_neighbour(shell: Shell) -> None:
    assert (wrong := shell("search", "num_gpus")).code == 2
    assert "character 1" in wrong.err
    assert (order := shell("search", "--order", "dphh")).code == 2
    assert "dph" in order.err
    assert (field := shell("search", "num_gpu=1", "--show-query")).code == 0
    assert "did you mean num_gpus" in field.err


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
        main(["rent", "--preset", "cheap", "--label", "slow", "--yes", "--wait"])
    assert left.value.code == 1
    said = capsys.readouterr().err
    assert "no SSH after" in said
    assert "vasttui destroy" in said
