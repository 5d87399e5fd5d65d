"""The glyphs that tell a state, the progress line and the row of blocks, each with an ASCII stand-in.

Pure. Colour never stands alone here: whatever a tone says, a glyph and a word beside it say too.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Final

# key -> (glyph, ASCII stand-in); all one cell wide.
TABLE: Final[dict[str, tuple[str, str]]] = {
    "running": ("●", "*"),
    "loading": ("◐", "o"),
    "creating": ("◌", "."),
    "rebooting": ("↻", "@"),
    "stopped": ("■", "#"),
    "failed": ("✖", "x"),
    "outbid": ("↯", "!"),
    "unknown": ("?", "?"),
    "job": ("▶", ">"),
    "done": ("✔", "+"),
    "waiting": ("·", "-"),
    "look": ("⚠", "!"),
    "live": ("●", "*"),
    "mark": ("▪", "*"),
    "star": ("★", "*"),
    "blocked": ("⊘", "x"),
    "note": ("✎", "n"),
    "cheap": ("▾", "v"),
    "dear": ("▴", "^"),
    "ascending": ("▲", "^"),
    "descending": ("▼", "v"),
    "up": ("↑", "^"),
    "down": ("↓", "v"),
    "more": ("▼", "v"),
    "logo": ("▲", "^"),
    "times": ("×", "x"),
    "rule": ("─", "-"),
    "separator": ("│", "|"),
    "ellipsis": ("…", "~"),
    "prompt": ("/", "/"),
    "beyond": ("›", ">"),
    "before": ("‹", "<"),
    "folded": ("⋯", "~"),
    "thumb": ("█", "#"),
    "error-tick": ("━", "="),
    "warn-tick": ("─", "-"),
    "hit": ("•", "o"),
    "mask": ("•", "*"),
}

_BLOCKS: Final = "▁▂▃▄▅▆▇█"
_ASCII_BLOCKS: Final = "_.:-=+*#"


class GlyphSet:
    """Glyphs of one kind, by key: `UNICODE["running"]` is ●. An unknown key gives the glyph of unknown."""

    def __init__(self, *, ascii_only: bool) -> None:
        self.ascii_only = ascii_only
        self._glyphs = {key: pair[1 if ascii_only else 0] for key, pair in TABLE.items()}

    def __getitem__(self, key: str) -> str:
        return self._glyphs.get(key, "?")

    def progress(self, fraction: float | None, width: int) -> tuple[str, str]:
        """A progress line of `width` cells as (done, track): `━━━╸` and `───`; ASCII `===>` and `---`.

        A fraction that is not known gives the bare track. Only a fraction of 1 fills the line; anything
        above 0 shows at least half a cell.
        """
        bar, half, track = ("=", ">", "-") if self.ascii_only else ("━", "╸", "─")
        width = max(0, width)
        if fraction is None or not math.isfinite(fraction) or fraction <= 0 or not width:
            return "", track * width
        halves = width * 2 if fraction >= 1 else min(width * 2 - 1, max(1, int(fraction * width * 2)))
        done = bar * (halves // 2) + half * (halves % 2)
        return done, track * (width - len(done))

    def blocks(self, values: Sequence[float | None], width: int, top: float | None = None) -> str:
        """The last `width` values as a row of blocks, scaled to `top` (or the largest); None is a blank."""
        ramp = _ASCII_BLOCKS if self.ascii_only else _BLOCKS
        shown = [None if v is None or not math.isfinite(v) else max(0.0, v) for v in values[-max(0, width) :]]
        peak = top if top is not None else max((v for v in shown if v is not None), default=0.0)
        row = "".join(" " if v is None else _block(ramp, v, peak) for v in shown) if width > 0 else ""
        return row.rjust(max(0, width))

    def trend(self, values: Sequence[float], width: int) -> str:
        """Values over time as at most `width` blocks, from the least to the largest; evenly thinned, the last kept."""
        if len(values) > width > 1:
            step = (len(values) - 1) / (width - 1)
            values = [values[round(index * step)] for index in range(width)]
        low = min(values, default=0.0)
        return self.blocks([value - low for value in values], min(width, len(values)), max(values, default=0.0) - low)


def _block(ramp: str, value: float, peak: float) -> str:
    if peak <= 0:
        return ramp[0]
    return ramp[min(len(ramp) - 1, int(value / peak * len(ramp)))]


UNICODE: Final = GlyphSet(ascii_only=False)
ASCII: Final = GlyphSet(ascii_only=True)


def glyphs_of(app: object) -> GlyphSet:
    """The set an app draws with: ASCII when its attribute `ascii_mode` is true."""
    return ASCII if getattr(app, "ascii_mode", False) else UNICODE
