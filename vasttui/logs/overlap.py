"""How two tails of one log lie over each other, in linear time on any text.

Lines are compared by fingerprints: eight bytes each, side by side, so that all work is done by searches and
comparisons of bytes, which run in C, and so that what is known of a log costs eight bytes a line. Python's
hashes of strings are keyed anew in every process, so no log can be made to collide.
"""

from __future__ import annotations

import struct
from collections.abc import Sequence

LINE = 8
"""Bytes of a line's fingerprint."""


def prints(lines: Sequence[str]) -> bytes:
    """The lines' fingerprints, side by side."""
    return struct.pack(f"{len(lines)}q", *map(hash, lines))


def numbers(text: bytes) -> list[int]:
    """The fingerprints one by one: the hashes of the lines."""
    return list(struct.unpack(f"{size(text)}q", text))


def size(text: bytes) -> int:
    """Lines in a row of fingerprints."""
    return len(text) // LINE


def find(text: bytes, part: bytes, start: int = 0) -> int:
    """The first place of `part` in `text` from `start` (a byte offset) on, -1 for none."""
    at = text.find(part, start)
    while at % LINE and at >= 0:
        at = text.find(part, at + 1)
    return at


def find_last(text: bytes, part: bytes) -> int:
    """The last place of `part` in `text`, -1 for none."""
    # Python's search from the right takes quadratic time on some texts, the one from the left does not.
    at = find(text[::-1], part[::-1])
    return len(text) - len(part) - at if at >= 0 else -1


def several(text: bytes, part: bytes) -> bool:
    """`part` is more than once in `text`."""
    at = find(text, part)
    return at >= 0 and find(text, part, at + LINE) >= 0


def overlap(old: bytes, new: bytes) -> bytes:
    """The longest end of `old` that is a beginning of `new`."""
    end = len(old)
    start = max(0, end - len(new))
    while start < end:
        # Whatever overlaps by half of what is left, or more, begins with this.
        head = new[: ((end - start) // LINE + 1) // 2 * LINE]
        at = find(old, head, start)
        if at >= 0 and new.startswith(old[at:]):
            return old[at:]
        again = find(old, head, at + LINE) if at >= 0 else -1
        if again < 0:
            start = end - len(head) + LINE
        elif (again - at) * 2 > len(head):
            start = again
        else:
            # The head repeats with this period; so do `old` from here and `new`, up to where each breaks it.
            period = again - at
            old_run = at + period + _common(old[at:], old[again:])
            new_run = period + _common(new, new[period:])
            at = _aligned(at, old_run, new_run, period, end)
            if at < end and new.startswith(old[at:]):
                return old[at:]
            start = old_run - len(head) + LINE
    return b""


def border(text: bytes) -> bytes:
    """The longest end of `text`, shorter than all of it, that is also its beginning."""
    return overlap(text[LINE:], text)


def _aligned(at: int, old_run: int, new_run: int, period: int, end: int) -> int:
    """Where of all places one period apart, from `at` on, the overlap can begin; `end` for nowhere."""
    if old_run < end:
        # Both break the period, so they must break it at the same line.
        return old_run - new_run if old_run - new_run > at else end
    return at + max(0, -((new_run - (end - at)) // period)) * period


def _common(one: bytes, other: bytes) -> int:
    """Bytes of the lines that both begin with."""
    low, high = 0, min(size(one), size(other))
    while low < high:
        middle = (low + high + 1) // 2
        if one[low * LINE : middle * LINE] == other[low * LINE : middle * LINE]:
            low = middle
        else:
            high = middle - 1
    return low * LINE
