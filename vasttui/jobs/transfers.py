"""Progress of what comes before the work: downloads, image pulls, clones, copies. All of it is "side"."""

from __future__ import annotations

import re

from vasttui.jobs.reading import Reading, number, ratio, seconds

_YT = re.compile(
    r"\[download\]\s+([\d.]+)% of\s+~?\s*([\d.]+\s?[KMGT]?i?B)"
    r"(?:\s+at\s+([\d.]+\s?[KMGT]?i?B)/s)?(?:\s+ETA\s+([\d:]+))?"
)
_YT_ITEM = re.compile(r"\[download\] Downloading (?:item|video) (\d{1,9}) of (\d{1,9})")


def yt_dlp(line: str) -> Reading | None:
    """yt-dlp, its file or its item."""
    matches = _YT.findall(line)
    if not matches:
        item = _YT_ITEM.search(line)
        outer = (int(item[1]), int(item[2])) if item else None
        return Reading("yt-dlp", "facts", outer=outer) if outer and outer[0] <= outer[1] else None
    percent, size, rate, eta = matches[-1]
    total, fraction = number(size), min((number(percent) or 0.0) / 100, 1.0)
    done = total * fraction if total is not None else None
    return Reading(
        "yt-dlp",
        "side",
        done,
        total,
        fraction,
        "B",
        number(rate) if rate else None,
        seconds(eta) if eta else None,
        None,
        "download",
    )


_WGET = re.compile(
    r"(?:(\S{1,80})\s+)?(\d{1,3})%\s?\[[=+> ]*\]\s*([\d.,]+[KMGT]?)"
    r"(?:\s+([\d.,]+[KMGT]?)B/s)?(?:\s+(in|eta|ETA)\s+([\dhms. ]+))?"
)


def wget(line: str) -> Reading | None:
    """wget's bar."""
    matches = list(_WGET.finditer(line))
    if not matches:
        return None
    match = matches[-1]
    done, fraction = number(match[3]), min(int(match[2]) / 100, 1.0)
    total = done / fraction if done and fraction else None
    eta = seconds(match[6]) if match[5] in ("eta", "ETA") else None
    rate = number(match[4]) if match[4] else None
    name, first = match[1] or "", matches[0][1] or ""
    if first and name.endswith(first):
        # Glued to what the redraw before it ended with.
        name = first
    return Reading("wget", "side", done, total, fraction, "B", rate, eta, None, f"download {name}".strip())


_CURL = re.compile(
    r"(?<![\d.])(\d{1,3})\s+([\d.]{1,9}[kMGTP]?)\s+\d{1,3}\s+([\d.]{1,9}[kMGTP]?)"
    r"\s+\d{1,3}\s+[\d.]{1,9}[kMGTP]?\s+[\d.]{1,9}[kMGTP]?\s+"
    r"[\d.]{1,9}[kMGTP]?\s+[\d:-]{7,8}\s+([\d:-]{7,8})\s+([\d:-]{7,8})\s+([\d.]{1,9}[kMGTP]?)"
)


def curl(line: str) -> Reading | None:
    """curl's row of twelve columns."""
    matches = list(_CURL.finditer(line))
    if not matches:
        return None
    match = matches[-1]
    total, done = number(match[2]) or None, number(match[3])
    return Reading(
        "curl",
        "side",
        done,
        total,
        min(int(match[1]) / 100, 1.0) if total else None,
        "B",
        number(match[6]),
        0.0 if total and done == total else seconds(match[5]),
        seconds(match[4]),
        "download",
    )


_ARIA = re.compile(
    r"\[#\w+ ([\d.]+[KMGT]?i?B)/([\d.]+[KMGT]?i?B)\((\d{1,3})"
    r"%\)[^\]]*?(?:DL:([\d.]+[KMGT]?i?B))?(?: ETA:([\dhms]+))?\]"
)


def aria(line: str) -> Reading | None:
    """aria2's summary."""
    matches = _ARIA.findall(line)
    if not matches:
        return None
    done, total, percent, rate, eta = matches[-1]
    return Reading(
        "aria2",
        "side",
        number(done),
        number(total),
        min(int(percent) / 100, 1.0),
        "B",
        number(rate) if rate else None,
        seconds(eta) if eta else None,
        None,
        "download",
    )


_PIP = re.compile(r"([\d.]+)/([\d.]+) ([kMG]?B)\s+([\d.]+) ([kMG]?B)/s(?:\s+eta\s+([\d:-]+))?")


def pip(line: str) -> Reading | None:
    """pip's download bar."""
    matches = _PIP.findall(line)
    if not matches:
        return None
    done, total, unit, rate, per, eta = matches[-1]
    here, whole = number(done + unit), number(total + unit)
    return Reading(
        "pip",
        "side",
        here,
        whole,
        ratio(here, whole),
        "B",
        number(rate + per),
        seconds(eta) if eta else None,
        None,
        "pip download",
    )


_LAYER = re.compile(
    r"([0-9a-f]{12}): (Pulling fs layer|Waiting|Downloading|"
    r"Verifying Checksum|Download complete|Extracting|"
    r"Pull complete|Already exists)(?:\s*\[[=> ]*\]\s*([\d.]+[kMG]?B)/([\d.]+[kMG]?B))?"
)
_LAYER_SHARE = {
    "Downloading": (0.0, 0.6),
    "Verifying Checksum": (0.6, 0.0),
    "Download complete": (0.6, 0.0),
    "Extracting": (0.6, 0.4),
    "Pull complete": (1.0, 0.0),
    "Already exists": (1.0, 0.0),
}


def docker(line: str) -> Reading | None:
    """One layer; how many there are is known only to who has seen all lines."""
    matches = _LAYER.findall(line)
    if not matches:
        return None
    layer, state, here, whole = matches[-1]
    base, part = _LAYER_SHARE.get(state, (0.0, 0.0))
    inner = ratio(number(here) if here else None, number(whole) if whole else None) or 0.0
    return Reading(
        "docker",
        "side",
        fraction=base + part * inner,
        unit="layer",
        phase="pulling the image",
        metrics=(("layer", layer),),
    )


_GIT = re.compile(
    r"((?:Receiving|Counting|Compressing|Writing) objects|Resolving deltas|"
    r"Updating files|Filtering content):\s+"
    r"(\d{1,3})% \((\d{1,12})/(\d{1,12})\)(?:, [\d.]+ (?:[KMG]i)?B(?:ytes)?(?: \| ([\d.]+ (?:[KMG]i)?B(?:ytes)?/s))?)?"
)


def git(line: str) -> Reading | None:
    """git, fetching and checking out."""
    matches = _GIT.findall(line)
    if not matches:
        return None
    phase, percent, done, total, speed = matches[-1]
    # It counts objects and tells its speed in bytes, so that the speed is no rate of the count.
    metrics = (("speed", speed),) if speed else ()
    fraction = min(int(percent) / 100, 1.0)
    return Reading(
        "git", "side", float(done), float(total), fraction, "object", phase=phase.lower(), metrics=metrics
    )


_RSYNC = re.compile(
    r"(?<![A-Za-z_,.])([\d,]{1,26})\s+(\d{1,3})%\s+([\d.]{1,12}[kMG]?B)/s\s+(\d{1,6}:\d\d:\d\d)"
    r"(?:\s+\(xfr#\d{1,12}, (?:to|ir)-chk=(\d{1,12})/(\d{1,12})\))?"
)


def rsync(line: str) -> Reading | None:
    """rsync with --info=progress2."""
    matches = list(_RSYNC.finditer(line))
    if not matches:
        return None
    match = matches[-1]
    done, fraction = number(match[1]), min(int(match[2]) / 100, 1.0)
    total = done / fraction if done and fraction else None
    metrics = (("files left", f"{match[5]}/{match[6]}"),) if match[5] else ()
    return Reading(
        "rsync", "side", done, total, fraction, "B", number(match[3]), seconds(match[4]), None, "rsync", metrics
    )
