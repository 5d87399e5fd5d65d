"""Progress of ffmpeg, Blender, frame pipelines and hashcat."""

from __future__ import annotations

import re

from vasttui.jobs.reading import Reading, figure, number, ratio, seconds, tag

_FFMPEG = re.compile(
    r"frame=\s*(\d{1,12})\s+fps=\s*([\d.]+).{0,200}?\btime=\s*(-?[\d:.]+|N/A)"
    r".{0,200}?\bspeed=\s*([\d.e+]+x|N/A)"
)
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
        return Reading("ffmpeg", "job", number(frame), None, None, "frame", number(fps) or None, metrics=metrics)
    rate = figure(speed) if speed != "N/A" else None
    return Reading("ffmpeg", "job", max(position, 0.0), None, None, "s", rate or None, metrics=metrics)


def duration(line: str) -> Reading | None:
    """ffmpeg's line with the length of its input."""
    match = _DURATION.match(line)
    return Reading("ffmpeg", "facts", total=seconds(match[1])) if match else None


_SAMPLE = re.compile(r"Fra: ?(\d{1,9})\b((?:(?!Fra:).){0,400}?)\bSample (\d{1,9})/(\d{1,9})")
_REMAINING = re.compile(r"\bRemaining: ?([\d:.]+)")


def blender(line: str) -> Reading | None:
    """Blender's samples of a frame, before and since version 5. How many frames there will be it does not say."""
    matches = list(_SAMPLE.finditer(line))
    if not matches:
        return None
    frame, said, *sample = matches[-1].groups()
    left = _REMAINING.search(said)
    done, total = float(sample[0]), float(sample[1])
    return Reading(
        "blender",
        "epoch",
        done,
        total,
        ratio(done, total),
        "sample",
        None,
        seconds(left[1]) if left else None,
        None,
        f"frame {frame}",
    )


_CRACKED = re.compile(r"Progress\.+: (\d{1,20})/(\d{1,20}) \(")
_CRACK_LEFT = re.compile(r"Time\.Estimated\.*: [^()]{0,80}\(([^()]{0,80})\)")
_CRACK_SPEED = re.compile(r"Speed\.#\S{1,4}?\.*:\s+([\d.]+) ([kMGT]?)H/s")


def hashcat(line: str) -> Reading | None:
    """One line of the block that hashcat prints."""
    if matches := _CRACKED.findall(line):
        done, total = float(matches[-1][0]), float(matches[-1][1])
        return Reading("hashcat", "job", done, total, ratio(done, total), "hash", phase="cracking")
    if lefts := _CRACK_LEFT.findall(line):
        return Reading("hashcat", "facts", eta=seconds(lefts[-1]))
    if speeds := _CRACK_SPEED.findall(line):
        return Reading("hashcat", "facts", rate=number("".join(speeds[-1])))
    return None


_PROCESSED = re.compile(
    r"\bprocessed=(\d{1,12})/(\d{1,12})\b.{0,200}?\bavg_fps=([\d.]+)\b.{0,200}?\bETA=(\d+:\d\d(?::\d\d)?)"
)
_DONE_FRAMES = re.compile(r"\bCompleted (\d{1,12}) frames in ([\d.]+)s \(([\d.]+) fps\)")


def frames(line: str) -> Reading | None:
    """Rates and ends of frame pipelines."""
    if matches := list(_PROCESSED.finditer(line)):
        match = matches[-1]
        done, total = float(match[1]), float(match[2])
        unit = "pair" if "rife" in line.lower() else "frame"
        return Reading(
            "counted", "job", done, total, ratio(done, total), unit, number(match[3]), seconds(match[4]), None,
            tag(line), (("fps", match[3]),),
        )  # fmt: skip
    if ends := _DONE_FRAMES.findall(line):
        count = float(ends[-1][0])
        fps = ends[-1][2]
        return Reading(
            "frames", "job", count, count, 1.0, "frame", number(fps), 0.0, number(ends[-1][1]), metrics=(("fps", fps),)
        )
    return None
