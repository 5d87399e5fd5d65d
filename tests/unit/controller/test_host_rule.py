"""Which hosts and machines are let through: the config's lists, a preset's, a job file's, and the host book."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from vasttui.api.models import Offer
from vasttui.config import Config, Paths, Preset
from vasttui.controller.hosts import HostBook
from vasttui.errors import UsageError
from vasttui.journal import Journal
from vasttui.journal.records import HostVerdict, Whose
from vasttui.offers.hosts import BLOCKED, MACHINE_BLOCKED, NOT_LISTED
from vasttui.snapshot import Search

NOW = 1_764_500_000.0
CHEAP = Search(preset="cheap")
THREE = frozenset({51345, 78246, 160473})


@pytest.fixture
def journal(tmp_path: Path) -> Iterator[Journal]:
    with Journal(tmp_path / "journal.sqlite", clock=lambda: NOW) as journal:
        yield journal


def config(cheap: Preset | None = None, **fields: Any) -> Config:
    places = ("config_file", "config_dir", "state_dir", "cache_dir", "themes_dir")
    presets = {} if cheap is None else {"cheap": replace(cheap, name="cheap")}
    return Config(paths=Paths(**dict.fromkeys(places, Path("/nonexistent"))), presets=presets, **fields)


def offers(*hosts: int) -> list[Offer]:
    """One offer of each host, on the machine of ten times its number."""
    return [Offer(id=host, host_id=host, machine_id=10 * host) for host in hosts]


def kept(book: HostBook, search: Search | None = None, hosts: range = range(1, 7)) -> set[int | None]:
    return {offer.host_id for offer in book.filter(search).cut(offers(*hosts)).kept}


def reasons(book: HostBook, *hosts: int, search: Search | None = None) -> list[str]:
    return [cut.reason for cut in book.filter(search).cut(offers(*hosts)).cut]


def book_of(config: Config, journal: Journal, now: list[float] | None = None) -> HostBook:
    return HostBook(config, journal, lambda: now[0] if now else NOW)


def test_a_host_on_both_lists_of_a_preset_is_out(journal: Journal) -> None:
    book = book_of(config(Preset(host_whitelist=THREE, host_blacklist=frozenset({160473}))), journal)
    cut = book.filter(CHEAP).cut(offers(1, 51345, 78246, 160473))
    assert {offer.host_id for offer in cut.kept} == {51345, 78246}
    assert cut.reasons == {NOT_LISTED: 1, BLOCKED: 1}
    assert [gone.reason for gone in cut.cut] == [
        "host 1 is not on the whitelist of preset cheap",
        "host 160473 is blocked (preset cheap)",
    ]
    assert kept(book) == {1, 2, 3, 4, 5, 6}, "a preset's lists hold for its own searches"


def test_a_host_on_both_lists_of_the_config_is_out(journal: Journal) -> None:
    both = config(host_whitelist=frozenset({1, 2}), host_blacklist=frozenset({2}))
    assert kept(book_of(both, journal)) == {1}
    assert reasons(book_of(both, journal), 2, 3) == [
        "host 2 is blocked (config)",
        "host 3 is not on the whitelist of config",
    ]


def test_a_machine_on_both_lists_is_out(journal: Journal) -> None:
    both = config(machine_whitelist=frozenset({10, 20}), machine_blacklist=frozenset({20}))
    assert kept(book_of(both, journal)) == {1}


def test_host_or_machine_on_a_whitelist_is_enough(journal: Journal) -> None:
    lists = config(host_whitelist=frozenset({1}), machine_whitelist=frozenset({20}))
    assert kept(book_of(lists, journal)) == {1, 2}


def test_a_whitelist_that_cuts_everything_leaves_nothing(journal: Journal) -> None:
    cut = book_of(config(Preset(host_whitelist=frozenset({99}))), journal).filter(CHEAP).cut(offers(1, 2))
    assert (cut.kept, cut.reasons) == ((), {NOT_LISTED: 2})


def test_the_book_allows_against_the_config_s_lists_only(journal: Journal) -> None:
    cheap = Preset(host_whitelist=frozenset({1, 2, 3}), host_blacklist=frozenset({3}))
    book = book_of(config(cheap, host_blacklist=frozenset({2, 5}), machine_blacklist=frozenset({10})), journal)
    assert kept(book) == {3, 4, 6}
    for host in (1, 2, 3, 4, 5):
        book.set(host, "allow")
    assert kept(book) == {2, 3, 4, 5, 6}, "host 1 is allowed, its machine is blocked all the same"
    assert kept(book, CHEAP) == {2}, "neither 3 comes off the preset's blacklist, nor 4 and 5 onto its whitelist"
    assert book.filter(None).also((), (2,)).cut(offers(2)).kept == (), "nor 2 off a job file's blacklist"


def test_a_job_file_s_whitelist_is_opened_by_nothing_that_the_book_allows(journal: Journal) -> None:
    book = book_of(config(host_whitelist=frozenset({1})), journal)
    book.set(4, "allow")
    assert kept(book) == {1, 4}
    job = book.filter(None).also((2,), (), (30,))
    assert {offer.host_id for offer in job.cut(offers(1, 2, 3, 4)).kept} == {1, 2, 3}
    assert job.reason(offers(4)[0]) == "host 4 is not on the whitelist of config and job file"


def test_one_allowed_host_hides_no_other(journal: Journal) -> None:
    book = book_of(config(), journal)
    book.set(4, "allow")
    book.set(60, "allow", whose="machine")
    assert kept(book) == {1, 2, 3, 4, 5, 6}


def test_the_book_opens_a_gate_in_the_config_s_whitelist(journal: Journal) -> None:
    fenced = config(host_whitelist=frozenset({1, 2}))
    book = book_of(fenced, journal)
    book.set(3, "allow", "fast disk")
    book.set(2, "block")
    book.set(60, "allow", whose="machine")
    assert kept(book) == kept(book_of(fenced, journal)) == {1, 3, 6}
    page = book_of(fenced, journal).book.page("host", 3)
    assert page is not None
    assert (page.text, page.origin) == ("fast disk", "book")


@pytest.mark.parametrize("whose", ["host", "machine"])
def test_a_block_is_told_in_the_words_of_the_book_and_ends(journal: Journal, whose: Whose) -> None:
    number = 6 if whose == "host" else 60
    now = [NOW]
    book = book_of(config(), journal, now)
    book.set(number, "block", "slow disk", whose=whose, until=NOW + 86400)
    assert 6 not in kept(book)
    [reason] = reasons(book, 6)
    assert reason.startswith(f"{whose} {number} is blocked until ")
    assert reason.endswith(": slow disk")
    assert not book.ended()
    now[0] += 86400
    assert 6 in kept(book), "also when nobody asked whether something has ended"
    page = book.book.page(whose, number)
    assert page is not None
    assert (page.verdict, page.note, page.until) == (None, "slow disk", None)
    assert kept(book_of(config(), journal, now)) == {1, 2, 3, 4, 5, 6}


def test_it_is_told_once_that_a_verdict_has_ended(journal: Journal) -> None:
    now = [NOW]
    book = book_of(config(host_blacklist=frozenset({5})), journal, now)
    book.set(5, "allow", until=NOW + 60)
    book.set(6, "block", until=NOW + 120)
    assert (book.ended(), kept(book)) == (False, {1, 2, 3, 4, 5})
    now[0] += 60
    assert (book.ended(), book.ended(), kept(book)) == (True, False, {1, 2, 3, 4})
    page = book.book.page("host", 5)
    assert page is not None
    assert (page.verdict, page.origin) == ("block", "config"), "what the config says holds again"
    now[0] += 60
    assert (kept(book), book.ended()) == ({1, 2, 3, 4, 6}, True), "told also when a search had seen it before"


def test_a_blocked_machine_leaves_the_others_of_its_host(journal: Journal) -> None:
    book = book_of(config(), journal)
    book.set(4711, "block", whose="machine")
    cut = book.filter(None).cut([Offer(id=1, host_id=1, machine_id=4711), Offer(id=2, host_id=1, machine_id=4712)])
    assert ([offer.id for offer in cut.kept], cut.reasons) == ([2], {MACHINE_BLOCKED: 1})
    assert cut.cut[0].reason == "machine 4711 is blocked"


@pytest.mark.parametrize("verdict", ["allow", "block", None])
def test_note_and_favourite_leave_the_verdict(journal: Journal, verdict: HostVerdict | None) -> None:
    book = book_of(config(), journal)
    book.set(7, verdict, "old", until=NOW + 60 if verdict else None)
    book.note(7, "new")
    book.favour(7, on=True)
    page = book.book.page("host", 7)
    assert page is not None
    assert (page.verdict, page.note, page.favourite) == (verdict, "new", True)
    assert page.until == (NOW + 60 if verdict else None)
    book.set(7, "block")
    page = book.book.page("host", 7)
    assert page is not None
    assert (page.verdict, page.note, page.favourite, page.until) == ("block", "new", True, None)
    book.forget(7)
    assert book.book.page("host", 7) is None


def test_what_is_no_verdict_and_what_is_over_is_refused(journal: Journal) -> None:
    book = book_of(config(), journal)
    with pytest.raises(UsageError, match="neither"):
        book.set(1, "perhaps")
    with pytest.raises(UsageError, match="past"):
        book.set(1, "block", until=NOW)
    assert book.book.pages == {}


def test_the_book_is_another_one_only_when_it_says_something_else(journal: Journal) -> None:
    book = book_of(config(host_blacklist=frozenset({5})), journal)
    before = book.book
    assert not book.reload()
    assert book.book is before
    journal.set_host(6, "block")
    assert book.reload()
    assert book.blocked == {5, 6}
