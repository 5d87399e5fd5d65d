"""`vasttui cost`: from the journal alone, without a key and without a network."""

from __future__ import annotations

import csv
import io
import json

import pytest

from tests.cli.conftest import Shell, World
from vasttui.journal import Bill, Journal

DAY = 86_400.0
BEGIN = 20_000 * DAY
EVIL = "=cmd|' /C calc'!A0\x1b[31m"


@pytest.fixture
def spent(bare: Shell) -> Shell:
    """A home whose journal knows of three instances; nothing to talk to."""
    bare.env |= {"VASTTUI_STATE_DIR": str(bare.home / "state")}
    with Journal(bare.home / "state" / "journal.sqlite") as journal:
        labels = {1: "up~aaaaaaaa", 2: "up~bbbbbbbb", 3: EVIL}
        for number, label in labels.items():
            journal.record_instance(number, label, "1×RTX 4090", 0.5, BEGIN, host_id=70 + number)
        journal.bill_many([Bill(number, 0.5, BEGIN, BEGIN + 3600) for number in labels])
        journal.bill_many([Bill(1, 1.0, BEGIN + DAY - 3600, BEGIN + DAY + 3600)])
        journal.settle_charge(3, 0.125, BEGIN + DAY, until=BEGIN + DAY)
    return bare


def test_the_table_has_a_line_for_each_and_the_total(spent: Shell) -> None:
    done = spent("cost")
    assert done.code == 0
    lines = [line.split() for line in done.out.splitlines()]
    assert lines[0] == ["LABEL", "$", "HOURS", "INSTANCES", "STATE"]
    assert lines[1] == ["up", "2.000", "26.00", "2", "estimated"]
    assert lines[2][-4:] == ["0.125", "1.00", "1", "settled"]
    assert lines[3] == ["total", "2.125", "27.00", "3", "partly"]
    assert "\x1b" not in done.out
    assert "without bandwidth" in done.err


@pytest.mark.parametrize(
    ("by", "expected"),
    [
        ("label", {"up": 2.0, EVIL: 0.125}),
        ("host", {"71": 1.5, "72": 0.5, "73": 0.125}),
        ("job", {"(no job)": 2.125}),
        ("day", {"2024-10-04": 1.125, "2024-10-05": 1.0}),
    ],
)
def test_json_by_each(spent: Shell, by: str, expected: dict[str, float]) -> None:
    done = spent("cost", "--by", by, "--json")
    found = json.loads(done.out)
    assert {line["what"]: line["usd"] for line in found["rows"]} == pytest.approx(expected)
    assert (found["by"], found["total"]["usd"], found["total"]["instances"]) == (by, 2.125, 3)
    assert done.err == ""


def test_no_label_becomes_a_formula_in_a_spreadsheet(spent: Shell) -> None:
    rows = list(csv.reader(io.StringIO(spent("cost", "--csv").out)))
    assert rows[0] == ["label", "usd", "hours", "instances", "state"]
    assert rows[1] == ["up", "2.000000", "26.0000", "2", "estimated"]
    assert rows[2][0] == "'=cmd|' /C calc'!A0 [31m"


def test_nothing_spent_is_told_as_such(bare: Shell) -> None:
    done = bare("cost")
    assert (done.code, done.out.split()[-3:], done.err) == (0, ["0.000", "0.00", "0"], "")


def test_bad_usage(bare: Shell) -> None:
    assert bare("cost", "--json", "--csv").code == 2
    wrong = bare("cost", "--by", "moon")
    assert (wrong.code, "moon" in wrong.err) == (2, True)
    assert "vasttui cost --by" in bare("cost", "--help").out


def test_a_damaged_journal_is_named(spent: Shell) -> None:
    (spent.home / "state" / "journal.sqlite").write_text("no journal" * 1000)
    done = spent("cost")
    assert (done.code, "journal.sqlite" in done.err) == (1, True)


def test_settle_asks_vast_what_it_charged(shell: Shell, world: World) -> None:
    boxes = dict(world.sim.world.boxes)
    charged = sum(box.spent for box in boxes.values())
    total = json.loads(shell("cost", "--settle", "--json").out)["total"]
    assert (total["instances"], total["state"]) == (len(boxes), "estimated")
    assert total["usd"] >= charged - 0.01
    assert json.loads(shell("cost", "--json").out)["total"]["usd"] == total["usd"]


def test_settle_needs_a_key_and_keeps_the_journal(spent: Shell) -> None:
    assert spent("cost", "--settle").code == 3
    assert spent("cost").code == 0
