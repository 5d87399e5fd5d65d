"""What the details of an offer say of prices, changes and our own rentals."""

from __future__ import annotations

import re

import pytest

from tests.tui.pictures import NOW, offer
from tests.tui.standin import StandIn
from vasttui.config import Config
from vasttui.offers.changes import Change
from vasttui.offers.history import History
from vasttui.offers.hosts import Book, Page
from vasttui.offers.prices import Prices, Quartiles
from vasttui.snapshot import Search, Snapshot
from vasttui.tui.app import VastApp
from vasttui.tui.dashboard import Dashboard
from vasttui.tui.format import cells
from vasttui.tui.glyphs import ASCII, UNICODE
from vasttui.tui.panes.offer_detail import NAME_WIDTH, ROWS, Known, notes, offer_lines
from vasttui.tui.panes.sheet import Line, whole_parts

SERIES = tuple(0.25 + 0.01 * (step % 9) for step in range(60))
PRICES = Prices(
    "on-demand",
    {"rtx 4090": Quartiles(0.2, 0.22, 0.24, 0.26, 41)},
    {"rtx 4090": SERIES},
    {20_000: (0.30, 0.28, 0.28)},
)
PAST = History(
    rentals=4, boots=3, boot_median=41.0, failures={"stalled": 1}, interruptions=2, promised_down=900.0,
    measured_down=412.0, spent=12.4, last=NOW - 3 * 86_400,
)  # fmt: skip
ALL = Known(prices=PRICES, change=Change(0.31), past=PAST, whose="machine", now=NOW)


def said(lines: tuple[Line, ...], width: int = 200) -> list[str]:
    return ["".join(text for text, _ in whole_parts(line, width)) for line in lines]


def test_a_dear_offer_is_told_in_words_with_the_market_it_stands_in() -> None:
    text = " ".join(said(offer_lines(offer(), Search(), ALL)))
    assert "dear: above 3 of 4 RTX 4090" in text
    assert "0.220-0.260 $/GPU, of 41" in text
    assert re.search(r"model [▁▂▃▄▅▆▇█]{16} 0\.300 ", text)
    assert re.search(r"machine █▁▁ 0\.280", text)


@pytest.mark.parametrize(
    ("base", "words"), [(0.21, "cheap: below 3 of 4 RTX 4090"), (0.25, "fair: like the middle half of RTX 4090")]
)
def test_cheap_and_fair_are_told_too(base: float, words: str) -> None:
    assert words in " ".join(said(offer_lines(offer(dph_base=base), Search(), ALL)))


def test_no_hole_stands_in_a_line_that_two_were_made_into() -> None:
    for known in (ALL, Known()):
        for line in said(offer_lines(offer(), Search(), known)):
            assert "    " not in line[NAME_WIDTH + 2 :], line


@pytest.mark.parametrize("known", [ALL, Known(stand="allow"), Known(stand="block")])
def test_with_ascii_glyphs_it_is_ascii(known: Known) -> None:
    text = " ".join(said(offer_lines(offer(geolocation="Sweden, SE"), Search(), known, ASCII)))
    assert text.isascii(), text


def test_too_few_offers_of_a_kind_tell_nothing() -> None:
    few = Known(prices=Prices("on-demand", {"rtx 4090": Quartiles(0.2, 0.22, 0.24, 0.26, 3)}))
    text = " ".join(said(offer_lines(offer(), Search(), few)))
    assert "3 offers of its kind: too few to tell" in text
    assert "dear" not in text


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (Change(), "new since the last answer"),
        (Change(0.313), "▾ $0.020 cheaper than before"),
        (Change(0.283), "▴ $0.010 dearer than before"),
        (None, ""),
    ],
)
def test_what_became_of_it_since_the_last_answer(change: Change | None, words: str) -> None:
    text = said(offer_lines(offer(), Search(), Known(change=change)))[1]
    assert words in text
    assert ("before" in text or "new" in text) is bool(words)


def test_our_own_rentals_are_told() -> None:
    line = next(line for line in said(offer_lines(offer(), Search(), ALL)) if "your machine" in line)
    told = ("3 of 4 booted, in 41s", "1 stalled", "interrupted 2 times", "412 of 900 promised Mb/s", "$12.40", "3d ago")
    assert [words for words in told if words not in line] == []


def test_without_prices_and_rentals_nothing_is_said_of_them() -> None:
    lines = said(offer_lines(offer(), Search(), Known()))
    assert len(lines) == ROWS
    assert not re.search(r"your|kind|model|machine [^2]|before", " ".join(lines))


@pytest.mark.parametrize("width", [38, 78, 106, 118, 198])
@pytest.mark.parametrize("known", [ALL, Known(prices=PRICES), Known(past=PAST)])
def test_the_first_lines_tell_what_matters_at_every_width(width: int, known: Known) -> None:
    for glyphs in (UNICODE, ASCII):
        lines = offer_lines(offer(), Search(), known, glyphs)
        shown = said(lines, width)
        # The first part of a line always stays; the table cuts it when it alone is too wide.
        assert all(cells(text) <= width or len(text) == len("".join(t for t, _ in line[0]))
                   for text, line in zip(shown, lines, strict=True))  # fmt: skip
        assert shown[1].startswith("price")
        assert not known.prices.quartiles or shown[2].startswith("kind")
        assert known.past is None or any(line.startswith("your ") for line in shown[:ROWS])
        assert known is ALL or len(shown) == ROWS


def test_a_note_tells_when_it_ends() -> None:
    pages = (
        Page("host", 51_000, "block", "slow disk", until=NOW + 40 * 86_400),
        Page("machine", 20_000, note="asked for a refund"),
    )
    picture = Snapshot(now=NOW, book=Book({(page.whose, page.id): page for page in pages}))
    assert re.fullmatch(r"asked for a refund; slow disk until \d+ (Dec|Jan)( 2026)?", notes(picture, offer(), NOW))


@pytest.mark.parametrize("size", [(80, 24), (120, 40), (200, 60)])
async def test_the_market_in_sight_is_refreshed_from_the_start(
    config: Config, monkeypatch: pytest.MonkeyPatch, size: tuple[int, int]
) -> None:
    """A real terminal tells its size before the panes are there, and not again."""
    monkeypatch.setattr(Dashboard, "on_resize", lambda self: None)
    control = StandIn(config, Snapshot(now=NOW))
    async with VastApp(control, config).run_test(size=size):
        assert "offers" in control.attended[0]
