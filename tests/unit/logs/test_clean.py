"""Nothing that a machine prints becomes a control sequence, markup or a secret on the screen."""

from __future__ import annotations

import time
import unicodedata
from itertools import groupby

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vasttui.logs.clean import StyledLine, clean_line, collapse_redraws, decode, mask_secrets, plain


@pytest.mark.parametrize(
    ("raw", "text", "spans"),
    [
        ("\x1b[32mINFO\x1b[0m Starting", "INFO Starting", ((0, 4, "green"),)),
        ("\x1b[1;31mred\x1b[22m thin", "red thin", ((0, 3, "bold red"), (3, 8, "red"))),
        ("\x1b[38;5;123mx\x1b[48;2;1;2;255my", "xy", ((0, 1, "color(123)"), (1, 2, "color(123) on #0102ff"))),
        ("\x1b[38:2::1:2:3mx\x1b[39my\x1b[4:3mz", "xyz", ((0, 1, "#010203"), (2, 3, "underline"))),
        ("\x1b[97;104mx", "x", ((0, 1, "bright_white on bright_blue"),)),
        ("\x9b31mx", "x", ((0, 1, "red"),)),
        ("\x1b[8msecret", "secret", ()),
        ("\x1b[" + "9" * 5000 + "mx", "x", ()),
        ("\x1b[38;5mx", "x", ()),
        ("a\x1b[2Jb\x1b[10;10Hc\x1b[?1049hd\x1b[>4me", "abcde", ()),
        ("a\x1b]0;title\x07b\x1b]8;;http://x\x1b\\link\x1b]8;;\x1b\\c", "ablinkc", ()),
        ("a\x1b]52;c;ZXZpbA==\x07b", "ab", ()),
        ("a\x1bP1$r0m\x1b\\b\x1b_apc\x1b\\c\x1b(Bd\x1bce", "abcde", ()),
        ("a\x9d0;title\x9cb\x90x\x9cc\x85d", "abcd", ()),
        ("a\x00b\x07c\x7fd\x1b", "abcd", ()),
        ("\u202eevil\u202c \u2066x\u2069\u200f", "evil x", ()),
        ("a\u2028b\ufeffc\U000e0041d", "abcd", ()),
        ("a\tb", "a       b", ()),
        ("[red]not markup[/red]", "[red]not markup[/red]", ()),
        (" 10%\r 50%\r100%", "100%", ()),
        ("done\r\x1b[K", "done", ()),
        ("10%\x08\x08\x0820%", "20%", ()),
        ("N\x08NA\x08A", "NA", ()),
        ("e" + "\u0301" * 500, "e" + "\u0301" * 4, ()),
        ("👩\u200d💻 ❤\ufe0f 👍\U0001f3fd", "👩💻 ❤ 👍", ()),
        ("\u0301a \u0301b", "a b", ()),
        ("ก็" + "\u0e47" * 50, "ก" + "\u0e47" * 4, ()),
        ("क्षि नमस्ते שָׁלוֹם", "क्षि नमस्ते שָׁלוֹם", ()),
        ("\x1bktitle\x1b\\a\x1b]0;never ended", "a", ()),
        ("\ud800\udcff\ufffe", "\ufffd" * 3, ()),
        ("日本\tx", "日本    x", ()),
        ("[bold]a[/] [@click=app.quit]b[/]", "[bold]a[/] [@click=app.quit]b[/]", ()),
        ("text" + "\r" * 40, "text", ()),
        ("a\x1b[1me" + "\u0301" * 6 + "b\x1b[0mc", "ae" + "\u0301" * 4 + "bc", ((1, 7, "bold"),)),
    ],
)
def test_lines(raw: str, text: str, spans: tuple[tuple[int, int, str], ...]) -> None:
    assert clean_line(raw) == StyledLine(text, spans)


_HOSTILE = st.text(
    st.one_of(
        st.characters(categories=["Cc", "Cf", "Cs", "Co", "Mn", "Me", "Zl", "Zp", "Zs"]),
        st.characters(),
        st.sampled_from("\x1b\x9b[]m;38:?\r\x08\t\x07\\P_k\u0301\u202e"),
    ),
    max_size=300,
)


@given(_HOSTILE, st.integers(1, 400))
def test_nothing_but_printable_text_comes_out(raw: str, limit: int) -> None:
    line = clean_line(raw, limit=limit)
    assert not [sign for sign in line.text if unicodedata.category(sign) in ("Cc", "Cs", "Zl", "Zp")]
    assert not set(line.text) & set("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069\u200d\u200e\u200f\ufe0f")
    places = [place for start, end, _ in line.spans for place in (start, end)]
    assert places == sorted(places)
    assert all(0 <= place <= len(line.text) for place in places)
    assert all(style for _, _, style in line.spans)
    assert len(line.text) <= limit + 5  # "…", and a mask at the edge
    marks = max((len(list(run)) for mark, run in groupby(line.text, _is_mark) if mark), default=0)
    assert marks <= 4
    assert not _is_mark(line.text[:1] or "a")
    line.text.encode()


@pytest.mark.parametrize("base", ["a", "\xa0", "é", "→", "中", "가", "א", "𝄞"])
def test_no_mark_piles_up_on_any_base(base: str) -> None:
    marks = [sign for sign in map(chr, range(0x110000)) if _is_mark(sign)]
    assert len(marks) > 1500
    piled = [mark for mark in marks if clean_line(base + mark * 9).text.count(mark) > 4]
    assert not piled


def _is_mark(sign: str) -> bool:
    return unicodedata.category(sign) in ("Mn", "Me")


@given(_HOSTILE)
def test_what_is_matched_or_told_elsewhere_can_be_printed(raw: str) -> None:
    for text in (plain(raw), mask_secrets(plain(raw))):
        text.encode()
        assert not [sign for sign in text if unicodedata.category(sign) == "Cc" and sign != "\t"]


@given(_HOSTILE)
def test_collapsing_again_changes_nothing(raw: str) -> None:
    once = collapse_redraws(raw)
    assert collapse_redraws(once) == once
    assert "\r" not in once


@pytest.mark.parametrize(
    "secret",
    [
        "https://s3/x?X-Amz-Signature={}&a=b",
        "Authorization: Bearer {}",
        "token hf_{}",
        "OPENAI sk-{}",
        "AKIA{}",
        "HF_TOKEN={}",
        "docker run -e API_KEY={} image",
        "https://user:{}@host/path",
        "https://s3.amazonaws.com/vast.ai/instance_logs/{}.log",
        "aws_secret_access_key = {}",
    ],
)
def test_secrets_are_masked_unless_asked_for(secret: str) -> None:
    value = "ABCDEF0123456789abcdef" if "AKIA" not in secret and "logs" not in secret else "ABCDEF0123456789"
    value = value.lower() if "logs" in secret else value
    raw = "\x1b[31m" + secret.format(value) + "\x1b[0m end"
    line = clean_line(raw)
    assert value not in line.text
    assert line.text.endswith(" end")
    assert line.spans == ((0, len(line.text) - 4, "red"),)
    assert value in clean_line(raw, mask=False).text


@pytest.mark.parametrize(
    ("raw", "shown"),
    [
        ("Authorization: Bearer abcdefghijklmnop", "Authorization: Bearer ••••"),
        ("bearer abcdefghijklmnopqrstuvwx", "bearer ••••"),
        ("HF_TOKEN=hf_abcdefghijklmnopqrst", "HF_TOKEN=••••"),
        ("login with hf_abcdefghijklmnopqrst", "login with hf_••••"),
        ("Bearer of bad news", "Bearer of bad news"),
        ("hf_hub_download(repo)", "hf_hub_download(repo)"),
    ],
)
def test_a_secret_of_small_letters_only_is_one_too(raw: str, shown: str) -> None:
    assert mask_secrets(raw) == shown


@pytest.mark.parametrize(
    "harmless", ["num_tokens: 123456", "step 1/2 loss=0.1", "http://a.b/c?page=2", "pad_token_id=1"]
)
def test_ordinary_text_is_not_masked(harmless: str) -> None:
    assert mask_secrets(harmless) == harmless


def test_a_secret_across_the_cut_is_masked() -> None:
    line = clean_line("x " * 20 + "hf_" + "s" * 100, limit=50)
    assert line.cut
    assert "s" * 4 not in line.text


@pytest.mark.parametrize(
    "huge",
    [
        "x" * 2_000_000,
        "\x1b[" * 1_000_000,
        "\x1b]" * 1_000_000,
        "a\r" * 1_000_000,
        "\r" * 2_000_000,
        "\x08" * 2_000_000,
        "\u0301" * 1_000_000,
        "sk-" * 700_000,
        "://" * 700_000,
        "A_" * 1_000_000,
        "?token=" * 300_000,
        "\x1b[1m" * 500_000,
        "\x1b" * 1_000_000,
        "\x1b]0;" + "x" * 1_000_000,
        "\t" * 1_000_000,
        "日\t" * 500_000,
        "e\u0301\u0301\u0301\u0301\u0301\x1b[1m\x1b[0m" * 100_000,
        "\u0e47" * 1_000_000,
        "\udcff" * 1_000_000,
        "N\x08" * 500_000,
        "\x1b[K\r" * 250_000,
    ],
)
def test_huge_lines_cost_no_more_than_long_ones(huge: str) -> None:
    def cost(raw: str) -> float:
        best = 9.0
        for _ in range(5):
            start = time.process_time()
            clean_line(raw)
            best = min(best, time.process_time() - start)
        return best

    line = clean_line(huge)
    assert len(line.text) <= 2005
    assert len(line.spans) <= 401
    # A hundred times the text; what is looked at is 64 KB of redraws, or 16 KB of the rest, at most.
    assert cost(huge) < 8 * cost(huge[:10_000]) + 0.002


def test_a_huge_line_is_kept_whole_by_the_collapse_of_redraws() -> None:
    assert collapse_redraws("N\x08N" + "x" * 1_000_000) == "N" + "x" * 1_000_000
    assert collapse_redraws("old\r" + "x" * 1_000_000) == "x" * 1_000_000


@given(st.binary(max_size=60))
def test_bytes_that_are_no_text_are_kept_and_shown_as_such(data: bytes) -> None:
    assert decode(data).encode("utf-8", "surrogateescape") == data
    clean_line(decode(data)).text.encode()


def test_a_byte_that_is_no_text_is_a_replacement_character() -> None:
    assert clean_line(decode(b"a\xff\xc3")).text == "a\ufffd\ufffd"
    assert plain(decode(b"a\xff")) == mask_secrets(decode(b"a\xff")) == "a\ufffd"


def test_a_secret_that_the_window_cuts_is_not_half_shown() -> None:
    line = clean_line("\x1b[1m\x1b[0m" * 2045 + "key AKIAABCD" + "EFGH0123" + "x" * 99_999)
    assert "ABCD" not in line.text
    for limit in range(20, 40):
        line = clean_line("some words here HF_TOKEN=Ab0Cd1Ef2Gh3Ij4 and more words", limit=limit)
        assert "Ab0" not in line.text
        assert line.cut


def test_plain_text_for_matching() -> None:
    assert plain("\x1b[1m 5%\r\x1b[1m 6%\x1b[0m") == " 6%"
    assert collapse_redraws("\r\r") == ""
