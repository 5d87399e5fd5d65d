from __future__ import annotations

from pathlib import Path

import pytest
from textual.color import Color
from textual.theme import Theme

from vasttui.errors import ConfigError
from vasttui.tui.palette import FALLBACKS, Palette
from vasttui.tui.themes import (
    DEFAULT_THEME,
    REQUIRED,
    contrast,
    contrast_faults,
    load_named,
    load_theme,
    load_themes,
    variable_defaults,
)

BUILT_IN = load_themes().themes
SOLID = [theme for theme in BUILT_IN if not theme.ansi]


def theme_text(**changes: str | None) -> str:
    colors: dict[str, str | None] = {**dict.fromkeys(REQUIRED, '"#808080"'), **changes}
    lines = [f"  {key}: {value}" for key, value in colors.items() if value is not None]
    return "\n".join(["colors:", *lines])


def write(folder: Path, text: str, name: str = "mine.yaml") -> Path:
    path = folder / name
    path.write_text(text)
    return path


def test_the_promised_themes_are_there() -> None:
    assert load_themes().errors == ()
    names = {theme.name for theme in BUILT_IN}
    assert names >= {DEFAULT_THEME, "vasttui-light", "high-contrast", "colour-blind", "terminal"}
    assert {theme.dark for theme in BUILT_IN} == {True, False}


@pytest.mark.parametrize("theme", SOLID, ids=lambda theme: theme.name)
def test_all_text_is_readable_on_every_ground(theme: Theme) -> None:
    assert contrast_faults(theme, 7.0 if theme.name == "high-contrast" else 4.5) == []


def seen_without_green(color: Color) -> Color:
    """How a deuteranope sees a colour (Machado, Oliveira and Fernandes 2009, severity 1, linear RGB)."""

    def linear(part: int) -> float:
        share = part / 255
        return share / 12.92 if share <= 0.04045 else float(((share + 0.055) / 1.055) ** 2.4)

    def part(share: float) -> int:
        share = min(1.0, max(0.0, share))
        return round(255 * (share * 12.92 if share <= 0.0031308 else 1.055 * share ** (1 / 2.4) - 0.055))

    r, g, b = (linear(value) for value in color.rgb)
    return Color(
        part(0.367322 * r + 0.860646 * g - 0.227968 * b),
        part(0.280085 * r + 0.672501 * g + 0.047413 * b),
        part(-0.011820 * r + 0.042940 * g + 0.968881 * b),
    )


def test_good_look_and_bad_differ_without_seeing_green() -> None:
    theme = next(theme for theme in BUILT_IN if theme.name == "colour-blind")
    tones = [seen_without_green(Color.parse(theme.variables[name])) for name in ("good", "look", "bad")]
    for i, first in enumerate(tones):
        for second in tones[i + 1 :]:
            distance = sum((a - b) ** 2 for a, b in zip(first.rgb, second.rgb, strict=True)) ** 0.5
            assert distance > 90


@pytest.mark.parametrize("theme", BUILT_IN, ids=lambda theme: theme.name)
def test_money_has_a_colour_of_its_own(theme: Theme) -> None:
    tones = [theme.variables[name] for name in ("money", "good", "look", "bad", "busy", "accent")]
    assert len(set(tones)) == len(tones)


def test_a_theme_of_ones_own_wins_over_a_built_in_one(tmp_path: Path) -> None:
    write(tmp_path, "name: ember\n" + theme_text(money='"#123456"'))
    found = {theme.name: theme for theme in load_themes([tmp_path]).themes}
    assert found["ember"].variables["money"] == "#123456"
    assert load_named("ember", [tmp_path]).variables["money"] == "#123456"


def test_colours_left_out_follow_the_required_ones(tmp_path: Path) -> None:
    theme = load_theme(write(tmp_path, theme_text(bad='"#ff0000"', faint='"#222222"')))
    assert theme.name == "mine"
    assert theme.variables["log-error"] == "#ff0000"
    assert theme.variables["track"] == "#222222"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "expected keys"),
        ("[1, 2", "not valid YAML"),
        ("colors: 3", "colors: expected names with colours"),
        ("colours: {}", "unknown key 'colours', did you mean 'colors'?"),
        (theme_text(money=None), "colors.money: is missing"),
        (theme_text(money="7"), "colors.money: 7 is not a solid colour"),
        (theme_text(money='"#zzz"'), "colors.money: '#zzz' is not a solid colour"),
        (theme_text(money='"#12345680"'), "colors.money"),
        (theme_text(monney='"#123456"'), "colors.monney: unknown name, did you mean 'money'?"),
        (theme_text(money="ansi_red"), "colors.money: expected"),
        ("dark: maybe\n" + theme_text(), "dark: expected true or false"),
        ("name: [x]\n" + theme_text(), "name: expected"),
        ("x: &a [*a, *a]\n", "unknown key 'x'"),
        ("- " * 3000, "mine.yaml"),
        ("#" * 70000, "larger than 64 KiB"),
    ],
)
def test_a_bad_file_is_named_with_its_key_and_loses_nothing(tmp_path: Path, text: str, said: str) -> None:
    path = write(tmp_path, text)
    with pytest.raises(ConfigError) as caught:
        load_theme(path)
    assert str(path) in caught.value.message
    assert said in caught.value.message
    loaded = load_themes([tmp_path])
    assert len(loaded.themes) == len(BUILT_IN)
    assert [error.message for error in loaded.errors] == [caught.value.message]


def test_an_unreadable_file_and_a_missing_folder(tmp_path: Path) -> None:
    (tmp_path / "folder.yaml").mkdir()
    (tmp_path / "bytes.yaml").write_bytes(b"\xff\xfe\x00\xd8")
    loaded = load_themes([tmp_path, tmp_path / "missing"])
    assert len(loaded.errors) == 2
    assert len(loaded.themes) == len(BUILT_IN)


def test_an_unknown_name_gets_a_suggestion() -> None:
    with pytest.raises(ConfigError, match="did you mean 'vasttui-dark'"):
        load_named("vastui-dark")


@pytest.mark.parametrize("name", ["../vasttui-dark", "/etc/passwd", "", "."])
def test_a_name_is_no_path(name: str) -> None:
    with pytest.raises(ConfigError, match="there is no theme"):
        load_named(name)


def test_every_token_has_a_colour_under_a_foreign_theme() -> None:
    defaults = variable_defaults()
    assert set(FALLBACKS) - {"text"} <= set(defaults)
    assert all(Color.parse(value) for value in defaults.values())


def test_known_contrasts() -> None:
    assert contrast(Color.parse("#000"), Color.parse("#fff")) == pytest.approx(21)
    assert contrast(Color.parse("#777"), Color.parse("#fff")) == pytest.approx(4.478, abs=0.001)


def test_a_palette_knows_tokens_and_attributes() -> None:
    colors = {"foreground": "#d0d0d0", "money": "#e3b562", "selection": "#202020", "background": "#000000"}
    palette = Palette(colors)
    money = palette.style("money bold")
    assert money.color is not None
    assert money.color.name == "#e3b562"
    assert money.bold
    ground = palette.style("selection")
    assert ground.bgcolor is not None
    assert ground.color is None
    assert palette.style("nonsense").color == palette.style("text").color
    assert palette.style("dim").color is not None


def test_sixteen_colours_select_by_swapping() -> None:
    palette = Palette({"foreground": "ansi_default", "selection": "ansi_black"}, ansi=True)
    assert palette.style("selection").reverse
    assert palette.style("selection-blurred").bold
