"""Nothing that a machine prints becomes a control sequence, markup or a secret on the screen."""

from __future__ import annotations

import time

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
        ("👩\u200d💻 ok", "👩\u200d💻 ok", ()),
        ("\ud800", "\ufffd", ()),
    ],
)
def test_lines(raw: str, text: str, spans: tuple[tuple[int, int, str], ...]) -> None:
    assert clean_line(raw) == StyledLine(text, spans)


@given(st.text(st.one_of(st.characters(), st.sampled_from("\x1b\x9b[]m;38:\r\x08\t\x07\\P_")), max_size=300))
def test_nothing_but_printable_text_comes_out(raw: str) -> None:
    line = clean_line(raw)
    bad = {ch for ch in line.text if ord(ch) < 32 or 0x7F <= ord(ch) < 0xA0 or 0xD800 <= ord(ch) < 0xE000}
    assert not bad
    assert not set(line.text) & set("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069\u200e\u200f")
    places = [place for start, end, _ in line.spans for place in (start, end)]
    assert places == sorted(places)
    assert all(0 <= place <= len(line.text) for place in places)


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
    ],
)
def test_huge_lines_cost_little(huge: str) -> None:
    start = time.process_time()
    line = clean_line(huge)
    assert time.process_time() - start < 0.1
    assert len(line.text) <= 2001
    assert len(line.spans) <= 401


def test_bytes_that_are_no_text() -> None:
    assert decode(b"a\xff\xc3") == "a\ufffd\ufffd"


def test_plain_text_for_matching() -> None:
    assert plain("\x1b[1m 5%\r\x1b[1m 6%\x1b[0m") == " 6%"
    assert collapse_redraws("\r\r") == ""
