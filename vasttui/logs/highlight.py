"""The words of a line that are worth a colour: numbers, paths, URLs, times, levels and the like."""

from __future__ import annotations

import re

TOKENS = (
    "number", "duration", "time", "path", "url", "ip", "id", "key", "string", "constant",
    "error", "warning", "info", "debug",
)  # fmt: skip
"""All token names that `highlight` gives; "constant" is True, false, None, nan and the like."""

WINDOW = 500
"""Characters of a line that are looked at; what follows stays plain."""

Marks = list[tuple[int, int, str]]

# One alternation, sorted by what a word begins with, so that a place is tried with few branches. The last branch eats
# a word that means nothing, so that no place inside a word is tried at all; the first does so for the usual ones.
_WORDS = re.compile(
    r"""
    (?!true|nan|inf|nil|null)[g-z][a-z]*(?=[\ ,])
  | (?=[0-9])(?:
        (?P<time1>
            \d{4}-\d\d-\d\d(?:[T ]\d\d:\d\d(?::\d\d(?:[.,]\d{1,9})?)?(?:Z\b|\ ?[+-]\d\d:?\d\d\b)?)?(?![\w-])
          | \d\d\d\d/\d\d/\d\d\b | \d\d/\d\d/\d\d\d\d\b | \d\d-\d\d(?=\ \d\d:\d\d:\d\d)
          | \d{1,3}:\d\d:\d\d(?:[.,]\d{1,9})?(?:Z\b|[+-]\d\d:\d\d\b)?(?![\w:])
        )
      | (?P<ip1>\d{1,3}(?:\.\d{1,3}){3}(?::\d{1,5}|/\d{1,2})?(?![\w.]))
      | (?P<duration>
            \d{1,6}:\d\d(?![\w:])
          | \d{1,9}(?:\.\d{1,9})?(?:\ ?(?:[nuµm]s|secs?|seconds?|mins?|minutes?|hrs?|hours?|days?)|[smhd])
            (?:\d{1,2}(?:\.\d{1,3})?[smh]){0,3}(?![\w/])
        )
      | (?P<number>
            \d{1,40}(?:[.,_]\d{1,40}){0,8}(?:[eE][+-]?\d{1,4})?
            (?:\ ?(?:%|[kKMGT]i?B(?:/s)?\b|it/s\b|s/it\b|[kKMGBT]\b))?(?!\w)
        )
      | (?P<id1>0x[0-9a-fA-F]{1,40}\b)
    )
  | (?P<id2>
        [0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}\b
      | (?:(?=[a-f]{0,63}[0-9])(?=[0-9]{0,63}[a-f])[0-9a-f]{7,64}\b)
    )
  | (?=[A-Za-z_])(?:
        (?P<key1>[A-Za-z_][\w.-]{0,40}(?==[^\s=]))
      | (?P<url>[A-Za-z][A-Za-z0-9+]{1,9}://[^\s"'<>`|•]{0,400}[^\s"'<>`|•.,;:!?)\]}])
      | (?P<error>(?:ERROR|FATAL|CRITICAL|FAILED|Error|error(?=[:\]]))\b)
      | (?P<warning>(?:WARN(?:ING)?|Warning|warn(?:ing)?(?=[:\]]))\b)
      | (?P<info>(?:INFO|NOTICE|info(?=[:\]]))\b)
      | (?P<debug>(?:DEBUG|TRACE|debug(?=[:\]]))\b)
      | (?P<constant>(?:True|False|None|true|false|null|nil|NaN|nan|inf)\b)
      | (?P<path1>\w[\w@+-]{0,60}(?:/[\w@+-]{1,100}){1,20}\.[a-z][a-z0-9]{0,4}(?!\w))
    )
  | (?P<path2>(?:~|(?<![\w.])\.{1,2}|(?<![\w/~.<]))/[A-Za-z_.][\w.@+-]{0,100}(?:/[\w.@+-]{1,100}){0,30}/?)
  | (?P<ip2>(?<![\w:])(?:[0-9a-f]{0,4}:){3,7}[0-9a-f]{1,4}\b)
  | (?<!\w)(?P<key2>"[\w. /-]{1,40}"(?=\ ?:)|'[\w. /-]{1,40}'(?=\ ?:))
  | (?<![\w/.])(?P<string>"(?![/~])[^"]{0,200}"(?!\w)|'(?![/~])[^']{0,200}'(?!\w))
  | \w+(?:\.\d[\w.]*)?
    """,
    re.VERBOSE,
)
_TOKEN_OF = {name: name.rstrip("12") for name in _WORDS.groupindex}


def highlight(text: str) -> Marks:
    """(start, end, token) of the words in a cleaned line, in order and not overlapping.

    The cost is bounded: of a line of any length only the beginning is looked at.
    """
    return [
        (match.start(), match.end(), _TOKEN_OF[name])
        for match in _WORDS.finditer(text, 0, WINDOW)
        if (name := match.lastgroup) is not None
    ]
