"""Themes from YAML files: built-in ones and the user's own have the same format.

    name: my-theme            # default: the file's name
    dark: true
    ansi: false               # true: colours are `ansi_red`, `ansi_default`, ... of the terminal
    colors:
      background: "#0d1117"   # the ground; then the letters on it:
      text: "#d0d7de"
      ...

Every colour becomes a CSS variable of its own name (`$money`, `$good`, `$faint`; `text` is `$foreground`,
`bar` is also `$surface`). A bad file is a `ConfigError` that names file and key; it never stops the program.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from importlib.resources import files
from pathlib import Path
from typing import Final

from textual.color import Color
from textual.theme import Theme

from vasttui.errors import ConfigError
from vasttui.tui.palette import FALLBACKS, parse

DEFAULT_THEME: Final = "vasttui-dark"
MAX_BYTES: Final = 65536

REQUIRED: Final = (
    "background", "text", "accent", "money", "good", "look", "bad", "busy", "dim", "faint", "selection",
)  # fmt: skip

# Optional colours and the one each is taken from when the file leaves it out.
DERIVED: Final[Mapping[str, str]] = {
    "bar": "background",
    "panel": "bar",
    "off": "dim",
    "track": "faint",
    "mark": "accent",
    "selection-blurred": "bar",
    "hit": "selection",
    "hit-current": "selection",
    "glow": "selection",
    "log-error": "bad",
    "log-warn": "look",
    "log-gap": "look",
    "log-debug": "dim",
    "log-time": "dim",
    "log-live": "accent",
    "log-number": "busy",
    "log-path": "accent",
    "log-string": "money",
}

# Letters that must be readable, and the grounds they stand on.
TEXT_TOKENS: Final = (
    "text", "accent", "money", "good", "look", "bad", "busy", "dim", "off", "mark",
    "log-error", "log-warn", "log-gap", "log-debug", "log-time", "log-live", "log-number", "log-path", "log-string",
)  # fmt: skip
GROUND_TOKENS: Final = ("background", "bar", "selection", "selection-blurred")


@dataclass(frozen=True)
class LoadedThemes:
    """What was found: themes by name, a user's winning over a built-in one, and what was wrong."""

    themes: tuple[Theme, ...]
    errors: tuple[ConfigError, ...]


def load_themes(directories: Iterable[Path] = ()) -> LoadedThemes:
    """All built-in themes, then every `*.yaml` and `*.yml` in the directories; a missing one is empty."""
    themes: dict[str, Theme] = {}
    errors: list[ConfigError] = []
    for directory in (builtin_directory(), *directories):
        for path in _theme_files(directory):
            try:
                theme = load_theme(path)
            except ConfigError as error:
                errors.append(error)
            else:
                themes[theme.name] = theme
    return LoadedThemes(tuple(themes.values()), tuple(errors))


def load_named(name: str, directories: Iterable[Path] = ()) -> Theme:
    """One theme by its name: a user's own wins, and of the built-in ones only this one is read.

    Raises:
        ConfigError: there is no such theme (the nearest name is told) or its file is wrong.
    """
    found: dict[str, Theme] = {}
    for directory in directories:
        for path in _theme_files(directory):
            try:
                theme = load_theme(path)
            except ConfigError:
                if path.stem == name:
                    raise
            else:
                found[theme.name] = theme
    built_in = {path.stem: path for path in _theme_files(builtin_directory())}
    if name in found:
        return found[name]
    if name in built_in:
        return load_theme(built_in[name])
    names = sorted({*found, *built_in})
    hint = f"Themes: {', '.join(names)}"
    raise ConfigError(f"theme: there is no theme {name!r}{_near(name, names)}", hint=hint)


def builtin_directory() -> Path:
    """Where the built-in themes lie: the repository's root first, then inside the installed package."""
    package = Path(str(files("vasttui")))
    beside = package.parent / "themes"
    return beside if (package.parent / "pyproject.toml").is_file() and beside.is_dir() else package / "themes"


def load_theme(path: Path) -> Theme:
    """Read and check one theme file.

    Raises:
        ConfigError: names the file and the key, and what was expected.
    """
    data = _read(path)
    for key in data:
        if key not in {"name", "description", "author", "dark", "ansi", "colors"}:
            raise ConfigError(f"{path}: unknown key {key!r}{_near(key, ('name', 'dark', 'ansi', 'colors'))}")
    name = data.get("name", path.stem)
    if not isinstance(name, str) or not name.isprintable() or not 0 < len(name) <= 40:
        raise ConfigError(f"{path}: name: expected 1 to 40 printable characters, got {name!r:.60}")
    dark, ansi = _flag(path, data, "dark", default=True), _flag(path, data, "ansi", default=False)
    return _theme(name, _colors(path, data.get("colors"), ansi=ansi), dark=dark, ansi=ansi)


def _theme_files(directory: Path) -> list[Path]:
    try:
        return sorted(path for path in directory.iterdir() if path.suffix in {".yaml", ".yml"})
    except OSError:
        return []


def _read(path: Path) -> dict[str, object]:
    import yaml

    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    try:
        with path.open("rb") as stream:
            raw = stream.read(MAX_BYTES + 1)
    except OSError as error:
        raise ConfigError(f"{path}: cannot be read: {error.strerror}") from error
    if len(raw) > MAX_BYTES:
        raise ConfigError(f"{path}: larger than {MAX_BYTES // 1024} KiB, this is no theme")
    try:
        data = yaml.load(raw, Loader=loader)  # a safe loader
    except (yaml.YAMLError, RecursionError, ValueError) as error:
        raise ConfigError(f"{path}: not valid YAML: {' '.join(str(error).split())[:160]}") from error
    if not isinstance(data, dict):
        raise ConfigError(f"{path}: expected keys such as name and colors, got {type(data).__name__}")
    return {str(key): value for key, value in data.items()}


def _flag(path: Path, data: Mapping[str, object], key: str, *, default: bool) -> bool:
    value = data.get(key, default)
    if not isinstance(value, bool):
        raise ConfigError(f"{path}: {key}: expected true or false, got {value!r:.60}")
    return value


def _near(key: object, names: Iterable[str]) -> str:
    near = get_close_matches(str(key), list(names), n=1)
    return f", did you mean {near[0]!r}?" if near else ""


def _colors(path: Path, given: object, *, ansi: bool) -> dict[str, str]:
    if not isinstance(given, dict):
        raise ConfigError(f"{path}: colors: expected names with colours, got {type(given).__name__}")
    names = (*REQUIRED, *DERIVED)
    for key in given:
        if key not in names:
            raise ConfigError(f"{path}: colors.{key}: unknown name{_near(key, names)}")
    for key in REQUIRED:
        if key not in given:
            raise ConfigError(f"{path}: colors.{key}: is missing")
    colors = {key: _color(path, key, value, ansi=ansi) for key, value in given.items()}
    for key, source in DERIVED.items():
        colors.setdefault(key, colors[source])
    return colors


def _color(path: Path, key: str, value: object, *, ansi: bool) -> str:
    color = parse(value) if isinstance(value, str) and " " not in value else None
    if color is None or color.a != 1:
        hint = 'Write it in quotes: "#4fd1c5".'
        raise ConfigError(f"{path}: colors.{key}: {value!r:.60} is not a solid colour", hint=hint)
    if (color.ansi is not None) != ansi:
        expected = '"ansi_red" or its like, because ansi is true' if ansi else '"#4fd1c5" or its like'
        raise ConfigError(f"{path}: colors.{key}: expected {expected}, got {value!r:.60}")
    return str(value) if ansi else color.hex6.lower()


def _theme(name: str, colors: Mapping[str, str], *, dark: bool, ansi: bool) -> Theme:
    return Theme(
        name=name,
        primary=colors["accent"],
        secondary=colors["busy"],
        accent=colors["accent"],
        foreground=colors["text"],
        background=colors["background"],
        surface=colors["bar"],
        panel=colors["panel"],
        success=colors["good"],
        warning=colors["look"],
        error=colors["bad"],
        dark=dark,
        ansi=ansi,
        variables={key: value for key, value in colors.items() if key not in {"text", "background"}}
        | _textual_variables(colors),
    )


def _textual_variables(colors: Mapping[str, str]) -> dict[str, str]:
    """Textual's own widgets in our colours."""
    accent, faint, ground = colors["accent"], colors["faint"], colors["background"]
    return {
        "border": accent,
        "border-blurred": faint,
        # Lists have colours of their own in their rows, which must stay legible under the cursor.
        "block-cursor-foreground": colors["text"],
        "block-cursor-background": colors["selection"],
        "block-cursor-text-style": "bold",
        "block-cursor-blurred-foreground": colors["text"],
        "block-cursor-blurred-background": colors["selection"],
        "input-cursor-background": colors["text"],
        "input-cursor-foreground": ground,
        "input-selection-background": colors["hit"],
        "scrollbar": faint,
        "scrollbar-hover": colors["dim"],
        "scrollbar-active": accent,
        "scrollbar-background": ground,
        "scrollbar-background-hover": ground,
        "scrollbar-background-active": ground,
        "scrollbar-corner-color": ground,
        "footer-background": colors["bar"],
        "footer-foreground": colors["dim"],
        "footer-key-foreground": accent,
        "footer-description-foreground": colors["dim"],
        "button-color-foreground": ground,
        "button-focus-text-style": "bold reverse",
        # Textual 8.2 uses these in its own CSS but does not make them for an ANSI theme.
        "ansi-background": ground,
        "ansi-foreground": colors["text"],
        "foreground-disabled": faint,
        "surface-active": colors["panel"],
    }


def variable_defaults() -> dict[str, str]:
    """What `App.get_theme_variable_defaults` must answer, so that our CSS works under any theme."""
    grounds = {"selection", "selection-blurred", "hit", "hit-current", "glow", "bar"}
    defaults = {key: "#1b212b" if key in grounds else "#8b949e" for key in FALLBACKS if key != "text"}
    vivid = {"money": "#e3b562", "good": "#7ee083", "look": "#e89b56", "bad": "#f0717b", "busy": "#6fa8f5"}
    return defaults | vivid | {"mark": "#4fd1c5", "faint": "#30363d", "track": "#30363d"}


def contrast(first: Color, second: Color) -> float:
    """The contrast of two colours, 1 to 21 (WCAG 2.2, definition of contrast ratio)."""
    lights = sorted((_luminance(first), _luminance(second)))
    return (lights[1] + 0.05) / (lights[0] + 0.05)


def _luminance(color: Color) -> float:
    def linear(part: int) -> float:
        share = part / 255
        return share / 12.92 if share <= 0.04045 else float(((share + 0.055) / 1.055) ** 2.4)

    return 0.2126 * linear(color.r) + 0.7152 * linear(color.g) + 0.0722 * linear(color.b)


def contrast_faults(theme: Theme, minimum: float = 4.5) -> list[str]:
    """Letters and grounds with less contrast than asked, e.g. `dim on bar: 3.90`; none for an ANSI theme."""
    if theme.ansi:
        return []
    colors = theme.variables | {"text": theme.foreground or "", "background": theme.background or ""}
    pairs = [(token, ground) for token in TEXT_TOKENS for ground in GROUND_TOKENS]
    pairs += [("text", ground) for ground in ("hit", "hit-current", "glow", "panel")]
    values = [(pair, contrast(*(Color.parse(colors[name]) for name in pair))) for pair in pairs]
    return [f"{token} on {ground}: {value:.2f}" for (token, ground), value in values if value < minimum]
