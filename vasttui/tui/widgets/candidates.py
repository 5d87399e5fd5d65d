"""The words that are offered while one types, in a box over what stands below."""

from __future__ import annotations

from collections.abc import Sequence

from textual.geometry import Size
from textual.strip import Strip
from textual.widget import Widget

from vasttui.offers.completion import Candidate
from vasttui.tui.format import cells, clean, cut, fit
from vasttui.tui.palette import Piece, palette_of

MOST_LINES = 8
MOST_HELP = 60
LEAST_HELP = 8


class Candidates(Widget):
    """A few lines of words with a line of help each; one is picked."""

    DEFAULT_CSS = """
    Candidates {
        overlay: screen;
        constrain: inside inside;
        display: none;
        width: auto;
        height: auto;
        background: $bar;
    }
    Candidates.-shown { display: block; }
    """

    def __init__(self) -> None:
        super().__init__()
        self._all: tuple[Candidate, ...] = ()
        self._top = 0
        self.picked = 0
        self.was_picked = False

    @property
    def shown(self) -> bool:
        """Whether there are words in sight."""
        return self.has_class("-shown")

    @property
    def candidate(self) -> Candidate | None:
        """The picked word, None when none are shown."""
        return self._all[self.picked] if self.shown and self._all else None

    def offer(self, candidates: Sequence[Candidate], x: int) -> None:
        """Show these words, the box beginning `x` cells from the left; none hides it."""
        self._all = tuple(candidates)
        self._top = self.picked = 0
        self.was_picked = False
        self.set_class(bool(self._all), "-shown")
        if self._all:
            self.styles.offset = (min(x, max(0, self.app.size.width - self._width() - 2)), 0)
            self.refresh(layout=True)

    def step(self, steps: int) -> bool:
        """Pick another word, round and round; False when none are shown."""
        if not self.shown:
            return False
        self.picked = (self.picked + steps) % len(self._all)
        self.was_picked = True
        self._top = min(max(self._top, self.picked - MOST_LINES + 1), self.picked)
        self.refresh()
        return True

    def get_content_width(self, container: Size, viewport: Size) -> int:
        """As wide as the words and their help."""
        return min(self._width(), viewport.width)

    def get_content_height(self, container: Size, viewport: Size, width: int) -> int:
        """A few lines."""
        return min(MOST_LINES, len(self._all))

    def _width(self) -> int:
        texts = max((cells(clean(one.text)) for one in self._all), default=0)
        helps = max((cells(clean(one.help)) for one in self._all), default=0)
        return texts + 2 + (min(MOST_HELP, helps) + 2 if helps else 0)

    def render_line(self, y: int) -> Strip:
        """A word and its help."""
        place, width = self._top + y, self.size.width
        if place >= len(self._all):
            return Strip.blank(width, self.rich_style)
        pieces = self._pieces(self._all[place], width)
        strip = Strip(palette_of(self.app).segments(pieces)).adjust_cell_length(width).apply_style(self.rich_style)
        if place == self.picked:
            return strip.apply_style(palette_of(self.app).style("selection bold"))
        return strip

    def _pieces(self, one: Candidate, width: int) -> tuple[Piece, ...]:
        longest = max(cells(clean(known.text)) for known in self._all)
        word = fit(clean(one.text), min(longest, width - 2))
        room = width - cells(word) - 4
        told = clean(one.help)
        words: Piece = (f"  {cut(told, room)}", "dim") if room >= min(LEAST_HELP, cells(told)) else ("", "")
        return ((" ", ""), (word, "text"), words)
