"""How two tails of one log lie over each other. Linear time on any text.

Most polls are settled by `list.index` and a few slice comparisons, which run in C; only text that repeats
itself needs the automaton of Knuth, Morris and Pratt.
"""

from __future__ import annotations

_TRIES = 512
_FULL_COMPARES = 2


def overlap(old: list[str], new: list[str]) -> int:
    """Length of the longest suffix of `old` that is a prefix of `new`."""
    if not old or not new:
        return 0
    start, compares = max(0, len(old) - len(new)), 0
    for _ in range(_TRIES):
        try:
            start = old.index(new[0], start)
        except ValueError:
            return 0
        length = len(old) - start
        half, third = length // 2, length // 3
        # Three cheap looks before the slices are compared.
        if old[-1] == new[length - 1] and old[start + half] == new[half] and old[start + third] == new[third]:
            if old[start:] == new[:length]:
                return length
            compares += 1
            if compares == _FULL_COMPARES:
                break
        start += 1
    return _run(new, old[max(0, len(old) - len(new)) :])[0]


def repeats(lines: list[str]) -> bool:
    """The lines are one piece of text, at least twice (the last copy may be cut short), or are very like that."""
    size = len(lines)
    first, last = lines[0] if lines else "", lines[-1] if lines else ""
    periods = [p for p in range(1, size // 2 + 1) if lines[p] == first and lines[size - 1 - p] == last]
    for probe in range(1, 12):
        for period in periods[:_FULL_COMPARES]:
            if lines[period:] == lines[: size - period]:
                return True
        if len(periods) <= _FULL_COMPARES:
            return False
        at = probe * size // 24
        wanted = lines[at]
        periods = [p for p in periods[_FULL_COMPARES:] if lines[at + p] == wanted]
    return True


def last_occurrence(part: list[str], whole: list[str], *, thorough: bool = True) -> tuple[int, bool]:
    """Where the last copy of `part` in `whole` ends, and whether there are several; (-1, False) for none.

    Without `thorough`, text that repeats itself is given up early and may count as none.
    """
    room = len(whole) - len(part) + 1
    if not part or room < 1:
        return -1, False
    ends: list[int] = []
    start = 0
    for _ in range(_TRIES):
        try:
            start = whole.index(part[0], start, room)
        except ValueError:
            return (ends[-1], len(ends) > 1) if ends else (-1, False)
        end = start + len(part)
        if whole[end - 1] == part[-1] and whole[start:end] == part:
            ends.append(end)
            if len(ends) == _FULL_COMPARES:
                break
        start += 1
    ends = _run(part, whole)[1] if thorough else ends
    return (ends[-1], len(ends) > 1) if ends else (-1, False)


def _run(pattern: list[str], text: list[str]) -> tuple[int, list[int]]:
    """Read `text` with the automaton of `pattern`: the state at its end, and where whole copies ended."""
    numbers: dict[str, int] = {}
    wanted = [numbers.setdefault(line, len(numbers)) for line in pattern]
    table = _failures(wanted)
    ends: list[int] = []
    matched, full = 0, len(pattern)
    for index, line in enumerate(text):
        number = numbers.get(line, -1)
        while matched and (matched == full or wanted[matched] != number):
            matched = table[matched - 1]
        if wanted[matched] == number:
            matched += 1
            if matched == full:
                ends.append(index + 1)
    return matched, ends


def _failures(pattern: list[int]) -> list[int]:
    """For each prefix of `pattern`, the length of its longest border."""
    table = [0] * len(pattern)
    matched = 0
    for index in range(1, len(pattern)):
        number = pattern[index]
        while matched and pattern[matched] != number:
            matched = table[matched - 1]
        if pattern[matched] == number:
            matched += 1
        table[index] = matched
    return table
