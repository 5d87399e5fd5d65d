"""Looking through the rows of a log in small slices: which rows match a filter or a search. Pure.

What was found is kept as one byte per row, in blocks; the rows themselves are read, tested and forgotten.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from time import perf_counter
from typing import Final

from vasttui.logs.rows import KIND_SHIFT, SAME, Kind, LogLine, LogRows

NO: Final = 0
YES: Final = 1
UNKNOWN: Final = 2

BLOCK: Final = 256
_NOTHING: Final = bytes(BLOCK)
_LINES: Final = bytes(0 if flags >> KIND_SHIFT in (Kind.GAP, Kind.NOTE) else 0xFF for flags in range(256))


def both(verdict: bytes, mask: bytes) -> bytes:
    """The verdicts where the mask is set, else `NO`."""
    return (int.from_bytes(verdict) & int.from_bytes(mask)).to_bytes(len(verdict))


class Scan:
    """Which rows pass a test, found out block by block, beginning where one looks.

    Attributes:
        total: how many lines pass, as far as is known. Gaps and notes do not count.
    """

    def __init__(
        self,
        rows: LogRows,
        test: Callable[[LogLine], bool],
        *,
        focus: int,
        candidates: Callable[[int, int], bytes] | None = None,
    ) -> None:
        """Begin at row `focus`.

        Args:
            rows: the log.
            test: whether a row passes. Without `candidates` it is not asked for a row that repeats the one before.
            focus: number of the row where to begin.
            candidates: for the rows first <= seq < last a byte each; only those with `YES` are tested.
        """
        self._rows = rows
        self._test = test
        self._candidates = candidates
        self._blocks: dict[int, bytes] = {}
        self._counts: dict[int, int] = {}
        self.total = 0
        self._first = rows.first_seq
        self._work: Iterator[None] | None = None
        self._direction = 0
        self._upward = False
        self.aim(focus)

    # Working

    def aim(self, seq: int, direction: int = 0) -> None:
        """Go on from another row: 1 is to later rows first, -1 to earlier ones, 0 to both in turn."""
        first, last = self._ends()
        block = max(first, min(seq // BLOCK, last))
        self._up = block if direction < 0 else block - 1
        self._down = self._up + 1
        self._direction = direction

    def work(self, seconds: float, clock: Callable[[], float] = perf_counter) -> bool:
        """Look at rows for about that long; False when all were looked at."""
        end = clock() + seconds
        while clock() < end:
            if self._work is None:
                block = self._next_block()
                if block is None:
                    return False
                self._work = self._look_at(block)
            if all(clock() < end for _ in self._work):
                self._work = None
        return True

    def look(self, first: int, last: int) -> None:
        """Look at these rows now, however long it takes."""
        for block in range(first // BLOCK, -(-last // BLOCK)):
            if not self._is_done(block):
                for _ in self._look_at(block):
                    pass

    def advance(self) -> None:
        """Rows came or fell out; the latter are forgotten."""
        first = self._rows.first_seq
        if first == self._first:
            return
        self._first = first
        # A block that is being looked at may have lost rows.
        self._work = None
        low, gone = divmod(first, BLOCK)
        for block in [block for block in self._blocks if block < low]:
            del self._blocks[block]
            self._count(block, 0)
        found = self._blocks.get(low, b"")
        if YES in found[:gone]:
            self._keep(low, bytes(min(gone, len(found))) + found[gone:])

    def _next_block(self) -> int | None:
        first, last = self._ends()
        while self._down < last and self._is_done(self._down):
            self._down += 1
        while self._up >= first and self._is_done(self._up):
            self._up -= 1
        sides = [self._down] if self._down <= last and not self._is_done(self._down) else []
        if self._up >= first:
            sides.append(self._up)
        if len(sides) == 2 and self._direction == 0:
            self._upward = not self._upward
            return sides[self._upward]
        return sides[-1 if self._direction < 0 else 0] if sides else None

    def _ends(self) -> tuple[int, int]:
        return self._rows.first_seq // BLOCK, (self._rows.next_seq - 1) // BLOCK

    def _is_done(self, block: int) -> bool:
        found = self._blocks.get(block)
        return found is not None and block * BLOCK + len(found) >= min((block + 1) * BLOCK, self._rows.next_seq)

    def _look_at(self, block: int) -> Iterator[None]:
        """Test the rows of a block that were not tested yet; gives after each one, for that took time."""
        start, done = block * BLOCK, self._blocks.get(block, b"")
        first, last = start + len(done), min(start + BLOCK, self._rows.next_seq)
        found = bytearray(last - start)
        found[: len(done)] = done
        wanted = self._candidates(first, last) if self._candidates is not None else None
        if wanted is None or YES in wanted:
            for line in self._rows.rows(first, last):
                at = line.seq - start
                if wanted is None and line.flags & SAME and at > 0 and line.seq > self._rows.first_seq:
                    found[at] = found[at - 1]
                elif wanted is None or wanted[line.seq - first] == YES:
                    found[at] = YES if self._test(line) else NO
                    yield
        self._keep(block, bytes(found))

    def _keep(self, block: int, found: bytes) -> None:
        self._blocks[block] = _NOTHING if found == _NOTHING else found
        self._count(block, self._lines(block, found))

    def _lines(self, block: int, found: bytes) -> int:
        if YES not in found:
            return 0
        first = max(block * BLOCK, self._rows.first_seq)
        flags = self._rows.flags(first, block * BLOCK + len(found))
        return both(found[first - block * BLOCK :], flags.translate(_LINES)).count(YES)

    def _count(self, block: int, count: int) -> None:
        self.total += count - self._counts.pop(block, 0)
        if count:
            self._counts[block] = count

    # Asking

    @property
    def share(self) -> float:
        """How much of the log was looked at, 0 to 1."""
        first, last = self._ends()
        return min(1.0, len(self._blocks) / (last - first + 1)) if last >= first else 1.0

    @property
    def done(self) -> bool:
        """Whether all was looked at."""
        return self._next_block() is None

    def verdicts(self, first: int, last: int) -> bytes:
        """`YES`, `NO` or `UNKNOWN` for each row first <= seq < last."""
        low = first // BLOCK
        pieces = [self._blocks.get(block, b"").ljust(BLOCK, b"\2") for block in range(low, -(-last // BLOCK))]
        return b"".join(pieces)[first - low * BLOCK : last - low * BLOCK]

    def before(self, seq: int) -> int:
        """How many rows before this one pass, as far as is known."""
        block, rest = divmod(seq, BLOCK)
        whole = sum(count for number, count in self._counts.items() if number < block)
        return whole + self._blocks.get(block, b"")[:rest].count(YES)

    def any_in(self, first: int, last: int) -> bool:
        """Whether one of these rows passes, as far as is known."""
        touched = (block for block in range(first // BLOCK, -(-last // BLOCK)) if block in self._counts)
        return any(
            YES in self._blocks[block][max(0, first - block * BLOCK) : last - block * BLOCK] for block in touched
        )

    def find(self, seq: int, *, forward: bool) -> tuple[int | None, int | None]:
        """The nearest row that passes, from `seq` on or before it; None when there is none, or none is known.

        In the latter case the second number tells where to go on when more was looked at, else it is None.
        """
        return self._later(seq) if forward else self._earlier(seq)

    def _later(self, seq: int) -> tuple[int | None, int | None]:
        seq = max(seq, self._rows.first_seq)
        for block in range(seq // BLOCK, self._ends()[1] + 1):
            found = self._blocks.get(block, b"")
            at = found.find(YES, max(0, seq - block * BLOCK)) if block in self._counts else -1
            if at >= 0:
                return block * BLOCK + at, None
            if not self._is_done(block):
                return None, max(seq, block * BLOCK)
        return None, None

    def _earlier(self, seq: int) -> tuple[int | None, int | None]:
        seq = min(seq, self._rows.next_seq)
        for block in range((seq - 1) // BLOCK, self._ends()[0] - 1, -1):
            upto = min(BLOCK, seq - block * BLOCK)
            found = self._blocks.get(block, b"")
            if len(found) < upto and not self._is_done(block):
                return None, block * BLOCK + upto
            at = found.rfind(YES, 0, upto) if block in self._counts else -1
            if at >= 0:
                return block * BLOCK + at, None
        return None, None
