"""Colour tokens as Rich styles, for widgets that draw their own lines.

A style is named by a token and optional attributes: `"money"`, `"good bold"`, `"dim italic"`. Which colour
a token has is the theme's matter; `palette_of(app)` gives the palette of the theme that is on, and another
object as soon as the theme changes, so `is` tells a widget whether its cached lines are still good.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Final
from weakref import WeakKeyDictionary

from rich.segment import Segment
from rich.style import Style
from textual.color import Color, ColorParseError

if TYPE_CHECKING:
    from textual.app import App

Piece = tuple[str, str]
"""Text and the name of its style."""

ATTRIBUTES: Final = frozenset({"bold", "italic", "underline", "strike", "reverse"})

# Tokens that colour the ground instead of the letters.
GROUNDS: Final = frozenset({"selection", "selection-blurred", "bar", "hit", "hit-current", "glow", "panel"})

# A theme that knows nothing of our tokens (Textual's own) still gets sensible colours.
FALLBACKS: Final[Mapping[str, str]] = {
    "text": "foreground",
    "money": "text-warning",
    "good": "text-success",
    "look": "text-warning",
    "bad": "text-error",
    "busy": "text-secondary",
    "dim": "foreground-muted",
    "off": "foreground-muted",
    "faint": "foreground-disabled",
    "track": "foreground-disabled",
    "mark": "text-accent",
    "log-error": "text-error",
    "log-warn": "text-warning",
    "log-gap": "text-warning",
    "log-debug": "foreground-muted",
    "log-time": "foreground-muted",
    "log-live": "text-accent",
    "log-number": "text-secondary",
    "log-path": "text-accent",
    "log-string": "text-warning",
    "selection": "surface",
    "selection-blurred": "surface",
    "hit": "panel",
    "hit-current": "panel",
    "glow": "surface",
    "bar": "surface",
}


class Palette:
    """The styles of one theme, resolved once each.

    Attributes:
        variables: the theme's CSS variables it was made from.
    """

    def __init__(self, variables: Mapping[str, str], *, ansi: bool = False) -> None:
        self.variables = variables
        self._ansi = ansi
        self._styles: dict[str, Style] = {"": Style.null()}

    def style(self, name: str) -> Style:
        """The Rich style for a token with attributes; an unknown token gives plain text."""
        style = self._styles.get(name)
        if style is None:
            style = self._styles[name] = self._resolve(name)
        return style

    def segments(self, pieces: tuple[Piece, ...]) -> list[Segment]:
        """Pieces as segments."""
        return [Segment(text, self.style(name)) for text, name in pieces if text]

    def _resolve(self, name: str) -> Style:
        words = name.split()
        flags: dict[str, Any] = {word: True for word in words if word in ATTRIBUTES}
        token = next((word for word in words if word not in ATTRIBUTES), "")
        if token in GROUNDS:
            return self._ground(token, flags)
        color = self._color(token)
        return Style(color=color.rich_color if color is not None else None, **flags)

    def _ground(self, token: str, flags: dict[str, Any]) -> Style:
        if self._ansi and token not in {"bar", "panel", "glow"}:
            # Sixteen colours of unknown look: only swapping or weight is readable on any of them.
            flags["bold" if token == "selection-blurred" else "reverse"] = True
            return Style(**flags)
        color = self._color(token)
        return Style(bgcolor=color.rich_color if color is not None else None, **flags)

    def _color(self, token: str) -> Color | None:
        for key in ("foreground" if token == "text" else token, FALLBACKS.get(token, ""), "foreground"):
            color = parse(self.variables.get(key, ""), over=self.variables.get("background", ""))
            if color is not None:
                return color
        return None


def parse(text: str, *, over: str = "") -> Color | None:
    """A CSS colour, `#aabbcc`, `red` or `#aabbcc 50%`, flattened on `over`; None when it is none of these."""
    text, _, alpha = text.partition(" ")
    try:
        color = Color.parse(text)
        if alpha.endswith("%"):
            color = color.multiply_alpha(float(alpha[:-1]) / 100)
        if color.a < 1 and color.ansi is None:
            return Color.parse(over) + color if over else None
    except (ColorParseError, ValueError):
        return None
    return color


_PALETTES: WeakKeyDictionary[Any, Palette] = WeakKeyDictionary()


def palette_of(app: App[Any]) -> Palette:
    """The palette of the app's present theme; the same object until its colours change."""
    variables = app.theme_variables
    palette = _PALETTES.get(app)
    # Textual makes the dictionary anew at every style refresh, mostly with the same colours in it.
    if palette is None or (palette.variables is not variables and palette.variables != variables):
        palette = _PALETTES[app] = Palette(variables, ansi=app.native_ansi_color)
    else:
        palette.variables = variables
    return palette
