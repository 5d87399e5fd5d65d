"""All forms in which GPU jobs print their progress, tried in order.

Every reader is guarded by two pieces of text that its form cannot do without ("" for none), so that an ordinary line
costs microseconds.
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
_FIRST = frozenset("RBHGUSgCI")

Reader = Callable[[str], Reading | None]

_READERS: tuple[tuple[str, str, Reader], ...] = (
    (" [", "<", training.tqdm),
    (" [", "/", training.tqdm_count),
    ("━", "/step", training.keras),
    (" - ", "/step", training.keras),
    ("/step", "[", training.keras),
    (" - ", "/epoch", training.keras),
    ("━", "B/s", transfers.pip),
    ("it/s", "", training.yolo),
    ("s/it", "", training.yolo),
    ("Trainer.fit", "max_epochs", training.lightning_end),
    ("GPU_mem", "Epoch", training.yolo_header),
    ("frame=", "time=", rendering.ffmpeg),
    ("Duration: ", "", rendering.duration),
    ("[download]", "", transfers.yt_dlp),
    ("%[", "", transfers.wget),
    ("% [", "", transfers.wget),
    ("  0     0 ", ":", transfers.curl),
    ("[#", "%)", transfers.aria),
    ("B/s", "eta", transfers.pip),
    (": Downloading", "", transfers.docker),
    (": Pull", "", transfers.docker),
    (": Download complete", "", transfers.docker),
    (": Extracting", "", transfers.docker),
    (": Verifying", "", transfers.docker),
    (": Already exists", "", transfers.docker),
    (": Waiting", "", transfers.docker),
    ("% (", ":", transfers.git),
    ("B/s", "%", transfers.rsync),
    ("Fra:", "Sample ", rendering.blender),
    ("%)", " (", training.nerf),
    (".: ", "", rendering.hashcat),
    ("Speed.#", "", rendering.hashcat),
    ("processed=", "", rendering.frames),
    ("Completed ", " fps", rendering.frames),
)
_PAIR = re.compile(r"\d ?(?:/| of ) ?\d")


def read(line: str, *, bars_only: bool = False) -> Reading | None:
    """What a line of plain text says about progress, at its last redraw; None for nothing.

    Percentages that are not progress (GPU or cache use), dates, versions and addresses are no progress.

    Args:
        line: the line.
        bars_only: leave out what half a line may be taken for: counts such as `step 3/10`, percentages, metrics.
    """
    for needle, other, reader in _READERS:
        if needle in line and other in line and (reading := reader(line)):
            return reading
    if bars_only or "KV cache" in line or "HTTP/" in line:
        return None
    if _PAIR.search(line) and (reading := training.counted(line)):
        return reading
    if "%" in line and (reading := training.percent(line)):
        return reading
    return training.metrics(line) or _named(line)


def _named(line: str) -> Reading | None:
    if line[:1] not in _FIRST:
        return None
    for pattern, phase in _PHASES:
        if pattern.match(line):
            return Reading("phase", "facts", phase=phase)
    return None
