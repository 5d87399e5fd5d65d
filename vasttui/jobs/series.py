"""Metrics over time, for sparklines: a bounded number of points however long the job runs."""

from __future__ import annotations

from collections.abc import Mapping

from vasttui.jobs.reading import Metrics, figure

MAX_POINTS = 240
"""Points of a metric; more are thinned by leaving out every second one."""

MAX_NAMES = 24
"""Metrics that are kept; a name beyond them is not."""

_MAX_NAME = 40


class _Points:
    """The points of one metric: every `stride`-th value, and the newest."""

    def __init__(self) -> None:
        self._kept: list[float] = []
        self._newest = 0.0
        self._count = 0
        self._stride = 1

    def add(self, value: float) -> None:
        self._newest = value
        if self._count % self._stride == 0:
            if len(self._kept) == MAX_POINTS - 1:
                del self._kept[1::2]
                self._stride *= 2
            if self._count % self._stride == 0:
                self._kept.append(value)
        self._count += 1

    @property
    def values(self) -> tuple[float, ...]:
        """Oldest first; the last is the newest value."""
        whole = (self._count - 1) % self._stride == 0
        return tuple(self._kept) if whole else (*self._kept, self._newest)


class Series:
    """Numeric metrics in the order in which they came. What is no finite number is left out."""

    def __init__(self) -> None:
        self._points: dict[str, _Points] = {}

    def add(self, metrics: Metrics) -> None:
        """The metrics of one line."""
        for name, text in metrics:
            value = figure(text)
            if value is None or len(name) > _MAX_NAME:
                continue
            if name not in self._points:
                if len(self._points) >= MAX_NAMES:
                    continue
                self._points[name] = _Points()
            self._points[name].add(value)

    @property
    def values(self) -> Mapping[str, tuple[float, ...]]:
        """By name, oldest first, at most `MAX_POINTS` points each."""
        return {name: points.values for name, points in self._points.items()}
