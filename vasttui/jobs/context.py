"""What earlier lines told that a later one leaves out: a film's length, hashcat's speed, the layers of an image."""

from __future__ import annotations

from dataclasses import replace

from vasttui.jobs.reading import Metrics, Reading

_MAX_LAYERS = 256
_NO_METRIC = frozenset({"Size"})


class Context:
    """Completes readings by those before them."""

    def __init__(self) -> None:
        self.phase = ""
        self.metrics: Metrics = ()
        self._rate: float | None = None
        self._eta: float | None = None
        self._duration: float | None = None
        self._item: tuple[int, int] | None = None
        self._columns: tuple[str, ...] = ()
        self._layers: dict[str, float] = {}

    def learn(self, facts: Reading) -> None:
        """Take what a line adds to others."""
        if facts.kind == "ffmpeg":
            self._duration = facts.total
        elif facts.kind == "yt-dlp":
            self._item = facts.outer
        elif facts.kind == "header":
            self._columns = facts.columns
        self.phase = facts.phase or self.phase
        self._rate, self._eta = facts.rate or self._rate, facts.eta or self._eta
        self.metrics = facts.metrics or self.metrics

    def complete(self, reading: Reading) -> Reading:
        """A reading with what earlier lines told about it."""
        if reading.columns:
            return replace(reading, metrics=self._cells(reading), columns=())
        match reading.kind:
            case "ffmpeg" if self._duration and reading.unit == "s" and reading.done is not None:
                return replace(reading, total=self._duration, fraction=min(reading.done / self._duration, 1.0))
            case "hashcat":
                return replace(reading, rate=self._rate, eta=self._eta)
            case "docker" if reading.fraction is not None:
                return self._of_all_layers(reading, reading.fraction)
            case "yt-dlp" if self._item and reading.fraction is not None:
                item, items = self._item
                fraction = (max(item - 1, 0) + reading.fraction) / items
                return replace(reading, fraction=fraction, phase=f"item {item}/{items}")
        return reading

    def _cells(self, reading: Reading) -> Metrics:
        """A table's row named by its header; columns that are gone at the end are the bar's."""
        names, cells = self._columns, reading.columns
        if not len(cells) <= len(names) <= len(cells) + 1:
            return reading.metrics
        pairs = zip(names, cells, strict=False)
        return tuple((name, cell) for name, cell in pairs if name not in _NO_METRIC) + reading.metrics

    def _of_all_layers(self, reading: Reading, share: float) -> Reading:
        layer = reading.metrics[0][1]
        if layer in self._layers or len(self._layers) < _MAX_LAYERS:
            self._layers[layer] = max(share, self._layers.get(layer, 0.0))
        whole = sum(share == 1.0 for share in self._layers.values())
        fraction = sum(self._layers.values()) / len(self._layers)
        return replace(reading, done=float(whole), total=float(len(self._layers)), fraction=fraction, metrics=())
