"""search: what scripts may rely on."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.cli.conftest import Call, Done, Shell, World


def rows(done: Done) -> list[dict[str, Any]]:
    assert done.code == 0, done.err
    return list(json.loads(done.out))


def test_search_prints_rows_and_json_prints_the_same_ones(shell: Shell) -> None:
    table = shell("search", "num_gpus=1", "--order", "dph", "--limit", "4")
    found = rows(shell("search", "num_gpus=1", "--order", "dph", "--limit", "4", "--json"))
    assert table.code == 0
    lines = table.out.splitlines()
    assert [line.split()[0] for line in lines] == ["ID", *(str(row["id"]) for row in found)]
    assert [row["num_gpus"] for row in found] == [1] * 4
    assert [row["dph_total"] for row in found] == sorted(row["dph_total"] for row in found)
    for line, row in zip(lines[1:], found, strict=True):
        assert f"{row['dph_total']:.4f}" in line
        assert line.split()[-2:] == [str(row["host_id"]), str(row["machine_id"])]


@pytest.mark.parametrize("kind", ["bid", "interruptible"])
def test_a_search_for_bids_shows_the_least_bid_as_the_price(call: Call, kind: str) -> None:
    asked = ("search", "num_gpus=1", "--type", kind, "--limit", "3", "--storage", "500")
    found = rows(call(*asked, "--json"))
    lines = call(*asked).out.splitlines()
    assert "MIN BID" in lines[0]
    place = lines[0].index("MIN BID")
    told = {int(line.split()[0]): float(line[:place + 7].split()[-1]) for line in lines[1:]}
    # Prices move between the two answers.
    same = [row for row in found if row["id"] in told]
    assert same
    assert all(told[row["id"]] == pytest.approx(row["min_bid"], rel=0.1) for row in same)
    assert all(row["dph_total"] > 1.1 * row["min_bid"] for row in same), "another figure than the price with the disk"


def test_show_query_sends_nothing(bare: Shell) -> None:
    done = bare("search", "gpu_name=RTX_4090", "--type", "bid", "--show-query")
    assert done.code == 0
    body = json.loads(done.out)
    assert body["gpu_name"] == {"eq": "RTX 4090"}
    assert (body["type"], body["verified"]) == ("bid", {"eq": True})
    assert "verified" not in json.loads(bare("search", "--no-default", "num_gpus=1", "--show-query").out)


def test_a_preset_is_searched_and_an_unknown_one_suggested(call: Call) -> None:
    assert {row["num_gpus"] for row in rows(call("search", "--preset", "cheap", "--json"))} == {1}
    wrong = call("search", "--preset", "cheep")
    assert wrong.code == 2
    assert "cheap" in wrong.err


def test_words_and_a_preset_add_up(call: Call) -> None:
    found = rows(call("search", "--preset", "cheap", "gpu_ram>=24", "--json"))
    assert {row["num_gpus"] for row in found} == {1}
    assert all(row["gpu_ram"] >= 24_000 for row in found)


def test_storage_is_in_the_price(call: Call) -> None:
    def price(storage: str) -> dict[int, float]:
        found = rows(call("search", "num_gpus=1", "--storage", storage, "--json"))
        return {row["id"]: row["dph_total"] - row["storage_cost"] * float(storage) / 720 for row in found}

    small, big = price("8"), price("800")
    assert small.keys() & big.keys()
    assert all(small[key] == pytest.approx(big[key], rel=0.1) for key in small.keys() & big.keys())


def test_a_query_includes_the_disk_of_the_official_command_and_says_so(call: Call) -> None:
    done = call("search", "num_gpus=1")
    assert "prices include 5 GB of disk; you rent 16 GB: --storage 16" in done.err
    assert "prices include" not in call("search", "num_gpus=1", "--storage", "16").err
    assert "prices include" not in call("search", "--preset", "cheap").err


def test_host_lists_are_applied_unless_all_hosts_are_wanted(call: Call) -> None:
    everything = rows(call("search", "--no-default", "num_gpus>=1", "--json"))
    host = everything[0]["host_id"]
    assert call("hosts", "block", str(host), "slow").code == 0
    done = call("search", "--no-default", "num_gpus>=1", "--json")
    assert host not in {row["host_id"] for row in rows(done)}
    assert "cut by the host lists" in done.err
    assert "blocked" in done.err
    again = call("search", "--no-default", "num_gpus>=1", "--all-hosts", "--json")
    assert host in {row["host_id"] for row in rows(again)}
    assert "cut" not in again.err


@pytest.mark.parametrize(
    ("words", "says", "marks"),
    [
        (("num_gpus=1", "gpu_ram>=lots"), "gpu_ram", "gpu_ram>=lots"),
        (("num_gpus=1", "gpu_rum>=24"), "did you mean gpu_ram", "gpu_rum"),
        (("gpu_name=RTX 4090",), "RTX_4090", "4090"),
        (("num_gpus",), "operator", "num_gpus"),
        (("num_gpus=",), "value", "num_gpus="),
        (("reliability>any",), "any", "any"),
        (("gpu_ram in [24,48]",), "gpu_ram", "[24,48]"),
    ],
)
def test_a_mistake_is_told_with_its_column_and_marked(
    call: Call, words: tuple[str, ...], says: str, marks: str
) -> None:
    done = call("search", *words)
    assert (done.code, done.out) == (2, "")
    first, query, carets, *_ = done.err.splitlines()
    assert says in done.err
    assert "character" in first
    assert query.strip() == " ".join(words)
    marked = query[carets.index("^") : carets.rindex("^") + 1]
    assert marked in marks or marks in marked


def test_an_unknown_field_is_only_a_remark_where_nothing_is_sent(call: Call) -> None:
    done = call("search", "num_gpu=1", "--show-query")
    assert json.loads(done.out)["num_gpu"] == {"eq": "1"}
    assert "did you mean num_gpus" in done.err
    assert call("search", "num_gpu=1").code == 2


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (("--order", "dphh"), "dph"),
        (("--storage", "nan"), "--storage"),
        (("--limit", "0"), "--limit"),
        (("--type", "spot"), "on-demand"),
    ],
)
def test_a_wrong_option_is_exit_2_and_names_itself(call: Call, words: tuple[str, ...], says: str) -> None:
    done = call("search", "num_gpus=1", *words)
    assert (done.code, done.out) == (2, "")
    assert says in done.err


def test_more_than_one_answer_holds_comes_by_further_requests(call: Call, world: World) -> None:
    context = world.sim.context
    everything = {row["id"] for row in rows(call("search", "--no-default", "num_gpus>=1", "--json"))}
    assert len(everything) > 100
    context.rows_most = 64
    try:
        first = call("search", "--no-default", "num_gpus>=1", "--json")
        found = rows(call("search", "--no-default", "num_gpus>=1", "--limit", "110", "--order", "dph", "--json"))
    finally:
        context.rows_most = None
    assert len(rows(first)) == 64
    assert "--limit" in first.err
    assert len({row["id"] for row in found}) == 110
    assert [row["dph_total"] for row in found] == sorted(row["dph_total"] for row in found)


def test_nothing_found_says_which_condition_cut_how_many(call: Call) -> None:
    done = call("search", "num_gpus=1", "gpu_ram>=24", "dph<0.001", "--json")
    assert rows(done) == []
    lines = done.err.splitlines()
    assert "no offer meets the query" in lines[0]
    assert lines[1].strip().startswith("dph<0.001 cuts")
    assert "the nearest has 0." in lines[1]


def test_what_the_server_ignores_is_checked_here_and_told(call: Call, world: World) -> None:
    with world.faults("ignore_filter=gpu_ram,dph_total"):
        done = call("search", "gpu_ram>=24", "dph<0.5", "--json")
    assert all(row["gpu_ram"] >= 24_000 and row["dph_total"] < 0.5 for row in rows(done))
    assert "ignored" in done.err
    assert "gpu_ram>=24" in done.err
