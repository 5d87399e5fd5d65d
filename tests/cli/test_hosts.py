"""hosts: what scripts may rely on."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.cli.conftest import CONFIG, Call, Shell
from vasttui.journal import HostFault, Journal
from vasttui.journal.records import RentalRecord

KEYS = {"host_id", "machine_id", "verdict", "origin", "until", "favourite", "note", "fault", "at", "history"}


def pages(call: Call) -> dict[tuple[int | None, int | None], dict[str, Any]]:
    done = call("hosts", "--json")
    assert (done.code, done.err) == (0, "")
    return {(row["host_id"], row["machine_id"]): row for row in json.loads(done.out)}


def configure(shell: Shell, text: str) -> None:
    (file,) = shell.home.glob("**/config.yaml")
    file.write_text(CONFIG + text)


def journal(shell: Shell) -> Journal:
    (file,) = shell.home.glob(".local/state/vasttui/**/journal.sqlite")
    return Journal(file)


def test_what_is_said_is_kept_and_listed(call: Call) -> None:
    assert call("hosts", "allow", "11").err == "host 11 is allowed\n"
    assert call("hosts", "block", "12", "slow disk", "--until", "7d").err.startswith("host 12 is blocked until ")
    assert call("hosts", "block", "4711", "GPU lost", "--machine").code == 0
    assert call("hosts", "note", "11", "good\x1b[31m\nuplink").code == 0
    assert call("hosts", "favourite", "11").code == 0
    rows = pages(call)
    assert list(rows) == [(11, None), (12, None), (None, 4711)]
    assert all(row.keys() == KEYS for row in rows.values())
    assert (rows[11, None]["verdict"], rows[11, None]["note"]) == ("allow", "good [31m uplink")
    assert (rows[11, None]["favourite"], rows[11, None]["origin"]) == (True, "book")
    assert rows[12, None]["until"] > rows[12, None]["at"]
    assert rows[None, 4711]["note"] == "GPU lost"
    assert call("hosts", "favourite", "11", "--off").code == call("hosts", "note", "11", "").code == 0
    assert call("hosts", "forget", "12").code == call("hosts", "forget", "4711", "--machine").code == 0
    assert [(row["note"], row["favourite"]) for row in pages(call).values()] == [("", False)]
    assert call("hosts").out.splitlines()[1].split() == ["11", "allow", "book"]


def test_the_config_s_lists_and_what_rentals_taught_are_listed_too(call: Call, shell: Shell) -> None:
    assert pages(call) == {}
    with journal(shell) as kept:
        kept.save_rental(
            RentalRecord(1, 7, 70, "RTX 4090", 1000.0, 1060.0, 2000.0, promised_down=900.0, measured_down=500.0)
        )
        kept.note_host_fault(HostFault(8, 80, 1000.0, "stalled", "no line", "up-1"))
    configure(shell, "host_blacklist: [12]\nmachine_whitelist: [4711]\n")
    rows = pages(call)
    assert (rows[12, None]["verdict"], rows[12, None]["origin"]) == ("block", "config")
    assert (rows[None, 4711]["verdict"], rows[None, 4711]["origin"]) == ("allow", "config")
    assert rows[8, None]["fault"].endswith("stalled: no line")
    past = rows[7, None]["history"]
    assert (past["rentals"], past["boots"], past["boot_median"], past["measured_down"]) == (1, 1, 60.0, 500.0)
    assert past["score"] == pytest.approx(2 / 3)
    assert rows[None, 70]["history"] == past
    assert "1 ok" in call("hosts").out
    assert "says 'block' of it all the same" in call("hosts", "forget", "12").err


def test_the_book_goes_into_a_file_and_back(call: Call, shell: Shell) -> None:
    call("hosts", "block", "12", "slow: disk # 1", "--until", "30d")
    call("hosts", "allow", "4711", "--machine")
    call("hosts", "favourite", "11")
    before = pages(call)
    assert call("hosts", "export", "book.yaml").code == 0
    assert call("hosts", "export").out == (shell.home / "book.yaml").read_text()
    same = call("hosts", "import", "book.yaml")
    assert same.err == "0 changed, 3 were so already\n"
    for words in (("12",), ("11",), ("4711", "--machine")):
        call("hosts", "forget", *words)
    call("hosts", "block", "11", "mine")
    call("hosts", "block", "13")
    done = call("hosts", "import", "book.yaml")
    assert done.code == 0
    assert "host 12: blocked until" in done.err
    assert "no verdict" not in done.err
    assert "note: slow: disk # 1" in done.err
    assert "machine 4711: allowed" in done.err
    assert "host 11: favourite\n" in done.err
    after = pages(call)
    assert (after[11, None]["verdict"], after[11, None]["note"]) == ("block", "mine"), "what the file leaves out stays"
    assert (13, None) in after
    for key in ((12, None), (None, 4711)):
        assert after[key] | {"at": 0} == before[key] | {"at": 0}


def test_forgetting_says_whether_there_was_anything(call: Call) -> None:
    call("hosts", "block", "12")
    assert call("hosts", "forget", "12").err == "host 12 is forgotten\n"
    again = call("hosts", "forget", "12")
    assert (again.code, again.err) == (0, "host 12: nothing was written of it\n")


def test_a_favourite_of_a_file_has_no_verdict_to_tell(call: Call, shell: Shell) -> None:
    (shell.home / "book.yaml").write_text("hosts:\n  6: {favourite: true}\n")
    assert call("hosts", "import", "book.yaml").err == "host 6: favourite\n1 changed, 0 were so already\n"


def test_a_file_with_mistakes_changes_nothing_and_names_them_all(call: Call, shell: Shell) -> None:
    (shell.home / "bad.yaml").write_text("hosts:\n  12: {verdict: block}\n  13: {verdikt: block}\n  x: {}\n")
    done = call("hosts", "import", "bad.yaml")
    assert (done.code, done.out) == (2, "")
    assert "bad.yaml:3: hosts.13.verdikt: unknown key; did you mean verdict?" in done.err
    assert "bad.yaml:4: hosts.x: the id of a host was expected" in done.err
    assert pages(call) == {}


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (("block", "9" * 30), "ID"),
        (("block", "me"), "'me' is not a valid integer"),
        (("block", "0"), "ID"),
        (("block", "5", "--until", "soon"), "until: 'soon' is no time"),
        (("block", "5", "--until", "2020-01-01"), "past"),
        (("note", "5"), "TEXT"),
        (("import", "none.yaml"), "none.yaml: cannot be read"),
        (("export", "no/such/folder.yaml"), "no/such/folder.yaml: cannot be written"),
    ],
)
def test_what_is_wrong_is_named(call: Call, words: tuple[str, ...], says: str) -> None:
    done = call("hosts", *words)
    assert (done.code, done.out) == (2, "")
    assert says in done.err
    assert "Traceback" not in done.err


def test_allowing_says_which_preset_blocks_all_the_same(call: Call, shell: Shell) -> None:
    configure(shell, "  three: {host_blacklist: [12], machine_blacklist: [13]}\n")
    assert call("hosts", "allow", "12").err == "host 12 is allowed\npreset three blocks it all the same\n"
    assert call("hosts", "allow", "13").err == "host 13 is allowed\n"
    assert call("hosts", "allow", "13", "--machine").err.endswith("preset three blocks it all the same\n")
