"""All forms in which GPU jobs print their progress, tried in order.

Every reader is guarded by substrings that its form cannot do without, so that an ordinary line costs
microseconds.
"""

from __future__ import annotations

import re
from collections.abc import Callable

from vasttui.jobs import rendering, training, transfers
from vasttui.jobs.reading import Reading

_PHASES = (
    (
        re.compile(
            r"^(?:Reading package lists|Building dependency tree|Hit:\d|Get:\d|Unpacking \S|Setting up \S)"
        ),
        "installing packages",
    ),
    (re.compile(r"^got prompt"), "prompt"),
    (re.compile(r"^(?:Collecting|Installing collected packages)[ :]"), "pip install"),
    (re.compile(r"^Cloning into '"), "cloning"),
)


def _named(line: str) -> Reading | None:
    for pattern, phase in _PHASES:
        if pattern.match(line):
            return Reading("phase", "facts", phase=phase)
    return None


Reader = Callable[[str], Reading | None]

_READERS: tuple[tuple[tuple[str, ...], Reader], ...] = (
    ((" [", "|"), training.tqdm),
    ((" [",), training.tqdm_count),
    (("━", "step"), training.keras),
    ((" - ", "/step"), training.keras),
    (("/step",), training.keras),
    (("━", "/"), transfers.pip),
    (("it/s",), training.yolo),
    (("s/it",), training.yolo),
    (("frame=", "time="), rendering.ffmpeg),
    (("Duration: ",), rendering.duration),
    (("[download]",), transfers.yt_dlp),
    (("%", "["), transfers.wget),
    (("--:--",), transfers.curl),
    (("[#", "%)"), transfers.aria),
    (("B/s", "eta"), transfers.pip),
    ((": ", "oading"), transfers.docker),
    ((": Pull",), transfers.docker),
    ((": Download complete",), transfers.docker),
    ((": Extracting",), transfers.docker),
    ((": Verifying",), transfers.docker),
    ((": Already exists",), transfers.docker),
    ((": Waiting",), transfers.docker),
    (("% (",), transfers.git),
    (("B/s", "%"), transfers.rsync),
    (("Fra:", "Sample "), rendering.blender),
    (("%)",), training.nerf),
    ((".: ",), rendering.hashcat),
    (("processed=",), rendering.frames),
    (("Completed ", " fps"), rendering.frames),
    ((), training.counted),
    ((), training.metrics),
    ((), _named),
)


def read(line: str) -> Reading | None:
    """What a line of plain text says about progress; None for nothing.

    Percentages that are not progress (GPU or cache use), dates, versions and addresses are no progress.
    """
    if "KV cache" in line or "HTTP/" in line:
        return None
    for needles, reader in _READERS:
        if all(needle in line for needle in needles) and (reading := reader(line)):
            return reading
    return None
