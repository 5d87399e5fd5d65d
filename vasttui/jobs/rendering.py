"""Progress of ffmpeg, Blender, frame pipelines and hashcat."""

from __future__ import annotations

import re

from vasttui.jobs.reading import Reading, number, ratio, seconds, tag

_FFMPEG = re.compile(r"frame=\s*(\d+)\s+fps=\s*([\d.]+).*?\btime=\s*(-?[\d:.]+|N/A).*?\bspeed=\s*([\d.e+]+x|N/A)")
_DURATION = re.compile(r"^\s*Duration: (\d+:\d+:[\d.]+)")


def ffmpeg(line: str) -> Reading | None:
    """ffmpeg's status line; in seconds of film, or in frames while the time is unknown."""
    matches = _FFMPEG.findall(line)
    if not matches:
        return None
    frame, fps, time, speed = matches[-1]
    position = seconds(time)
    metrics = (("frame", frame), ("fps", fps), ("speed", speed))
    if position is None:
        return Reading("ffmpeg", "job", float(frame), None, None, "frame", float(fps) or None, metrics=metrics)
    rate = float(speed.rstrip("x")) if speed != "N/A" else None
    return Reading("ffmpeg", "job", max(position, 0.0), None, None, "s", rate or None, metrics=metrics)


def duration(line: str) -> Reading | None:
    """ffmpeg's line with the length of its input."""
    match = _DURATION.match(line)
    return Reading("ffmpeg", "facts", total=seconds(match[1])) if match else None


def blender(line: str) -> Reading | None:
    """Blender's samples of a frame, before and since version 5."""
    frame = re.search(r"\bFra: ?(\d+)\b", line)
    sample = re.search(r"\bSample (\d+)/(\d+)", line)
    if not frame or not sample:
        return None
    left = re.search(r"\bRemaining: ?([\d:.]+)", line)
    done, total = float(sample[1]), float(sample[2])
    return Reading(
        "blender",
        "job",
        done,
        total,
        ratio(done, total),
        "sample",
        None,
        seconds(left[1]) if left else None,
        None,
        f"frame {frame[1]}",
    )


def hashcat(line: str) -> Reading | None:
    """One line of the block that hashcat prints."""
    name, _, value = line.partition(": ")
    name = name.strip().rstrip(".")
    if name == "Progress" and (match := re.match(r"(\d+)/(\d+) \(([\d.]+)%\)", value)):
        done, total = float(match[1]), float(match[2])
        return Reading("hashcat", "job", done, total, ratio(done, total), "hash", phase="cracking")
    if name == "Time.Estimated" and (left := re.search(r"\(([^)]*)\)\s*$", value)):
        return Reading("hashcat", "facts", eta=seconds(left[1]))
    if name.startswith("Speed.#") and (match := re.match(r"\s*([\d.]+) ([kMGT]?)H/s", value)):
        return Reading("hashcat", "facts", rate=number(match[1] + match[2]))
    return None


_PROCESSED = re.compile(r"\bprocessed=(\d+)/(\d+)\b.*?\bavg_fps=([\d.]+)\b.*?\bETA=([\d:]+)")
_DONE_FRAMES = re.compile(r"\bCompleted (\d+) frames in ([\d.]+)s \(([\d.]+) fps\)")


def frames(line: str) -> Reading | None:
    """Rates and ends of frame pipelines."""
    if match := _PROCESSED.search(line):
        done, total = float(match[1]), float(match[2])
        unit = "pair" if "rife" in line.lower() else "frame"
        return Reading(
            "counted", "job", done, total, ratio(done, total), unit, float(match[3]), seconds(match[4]), None, tag(line)
        )
    if match := _DONE_FRAMES.search(line):
        count = float(match[1])
        return Reading("frames", "job", count, count, 1.0, "frame", float(match[3]), 0.0, float(match[2]))
    return None
