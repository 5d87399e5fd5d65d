"""How fast a box receives, from the counters of its network interfaces. Pure."""

from __future__ import annotations

LEAST_SPAN = 5.0
"""Seconds over which a rate is taken at least: over less, a burst from a buffer would count as speed."""


def received_bytes(text: str) -> int | None:
    """Bytes received since the box is up, all interfaces but loopback; None when the text tells none.

    Args:
        text: what `/proc/net/dev` says: two lines of headings, then `name: bytes packets ...` (proc(5)).
    """
    counts = []
    for line in text.splitlines()[:200]:
        name, colon, fields = line.partition(":")
        first = fields.split()[:1]
        if colon and name.strip() != "lo" and first and first[0].isascii() and first[0].isdigit():
            counts.append(int(first[0][:20]))
    return sum(counts) if counts else None


class Meter:
    """The highest rate seen. It is a lower bound of what the line can: nobody knows whether it was ever full."""

    def __init__(self) -> None:
        self.best: float | None = None
        """Mbit/s, None before the first span."""
        self._last: tuple[float, int] | None = None

    def add(self, at: float, count: int) -> None:
        """Take in what was received until `at` (seconds, any clock); a count that went back begins anew."""
        if self._last is not None:
            since, before = self._last
            if count >= before and at - since < LEAST_SPAN:
                return
            if count > before:
                rate = 8e-6 * (count - before) / (at - since)
                self.best = rate if self.best is None else max(self.best, rate)
        self._last = (at, count)
