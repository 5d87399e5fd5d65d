"""The count of epochs (rounds, folds, trials) around the bars that begin anew with each of them."""

from __future__ import annotations

from vasttui.jobs.reading import Reading

_COUNTS_FROM_ZERO = ("tqdm", "yolo")
"""Forms whose count from zero ends one below its total: 0/49 is the first of fifty."""


class Epochs:
    """Which epoch runs, of how many."""

    def __init__(self) -> None:
        self.last: tuple[int, int] | None = None
        """As it was printed last: (epoch, epochs)."""
        self._from_zero = False
        self._completed = False

    def take(self, reading: Reading) -> None:
        """What a line says of both counts."""
        if reading.outer is None or not reading.outer[1] or reading.kind == "yt-dlp":
            return
        self.last, self._completed = reading.outer, reading.completed
        self._from_zero = self._from_zero or (reading.outer[0] == 0 and not reading.completed)

    @property
    def before(self) -> int:
        """Epochs that are over."""
        epoch = self.last[0] if self.last else 0
        return epoch if self._from_zero or self._completed else max(epoch - 1, 0)

    def count(self, kind: str) -> int:
        """All epochs, as a form of bar counts them."""
        epochs = self.last[1] if self.last else 1
        shifted = self._from_zero and not self._completed and kind in _COUNTS_FROM_ZERO
        return max(epochs + 1 if shifted else epochs, 1)

    @property
    def name(self) -> str:
        """E.g. "epoch 3/10", "" when none is known."""
        if self.last is None:
            return ""
        epoch = min(self.last[0] + 1, self.last[1]) if self._completed else self.last[0]
        return f"epoch {epoch}/{self.last[1]}"
