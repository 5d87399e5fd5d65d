"""Progress of training and of counted work: tqdm and its children, Keras, YOLO, nerfstudio, plain counts."""

from __future__ import annotations

import re

from vasttui.jobs.reading import (
    EPOCH_DESC,
    SIDE,
    SIDE_UNIT,
    Reading,
    number,
    pairs,
    ratio,
    seconds,
    speed,
    tag,
)

_BAR = re.compile(
    r"(?:(?P<pct>\d{1,3})%(?: Completed ?)?\|(?:[^|\[\]]{0,400}\|)?\s*)?"
    r"(?P<n>\d[\d.]*[kMGT]?)/(?P<t>\d[\d.]*[kMGT]?|\?)\s*(?P<u>[A-Za-z]{0,4})\s?"
    r"\[(?P<el>[\d:.]+)<(?P<eta>[\d:.]+|\?|\d+ days?, [\d:]+)"
    r"(?:,\s*(?P<rate>[\d.]+(?:[kMGT](?!ey))?|\?)\s?(?P<unit>[A-Za-z]{0,12}/[A-Za-z]{1,12}))?(?P<post>[^\]]{0,600})\]"
)
_COUNT = re.compile(
    r"(?P<n>\d[\d.]*[kMGT]?)(?P<u>[A-Za-z]{1,12}) \[(?P<el>[\d:]+)"
    r", +(?P<rate>[\d.]+(?:[kMGT](?!ey))?|\?)\s?(?P<unit>[A-Za-z]+/[A-Za-z]+)"
)


def tqdm(line: str) -> Reading | None:
    """The last tqdm bar of a line, its postfix and what is printed behind it included."""
    matches = list(_BAR.finditer(line))
    if not matches:
        return tqdm_count(line)
    match = matches[-1]
    before = line[matches[-2].end() if len(matches) > 1 else 0 : match.start()]
    rate, unit = speed(match["rate"], match["unit"] or "it/s")
    done = number(match["n"])
    total = number(match["t"]) if match["t"] != "?" else None
    fraction = ratio(done, total)
    outer, phase = _outer(before)
    scope = "job"
    if outer is not None or EPOCH_DESC.search(before):
        scope = "epoch"
    elif SIDE.search(phase) or SIDE_UNIT.match(unit):
        scope = "side"
    return Reading(
        "tqdm",
        scope,
        done,
        total,
        fraction,
        unit,
        rate,
        seconds(match["eta"]),
        seconds(match["el"]),
        phase,
        pairs(match["post"] or "") + pairs(_after(line, match.end())),
        outer,
    )


def tqdm_count(line: str) -> Reading | None:
    """A tqdm count without a total."""
    matches = list(_COUNT.finditer(line))
    if not matches:
        return None
    match = matches[-1]
    rate, unit = speed(match["rate"], match["unit"])
    phase = _phase(line[: match.start()])
    scope = "side" if SIDE.search(phase) or SIDE_UNIT.match(unit) else "job"
    return Reading("tqdm", scope, number(match["n"]), None, None, unit, rate, None, seconds(match["el"]), phase)


def _after(line: str, end: int) -> str:
    rest = line[end : end + 600]
    return rest if "{" in rest else ""


def _outer(before: str) -> tuple[tuple[int, int] | None, str]:
    """Epoch counts and the phase in the text before a bar, e.g. `Epoch 3/10: ` or YOLO's `  3/100  5.6G ...
    640:`.
    """
    if match := re.match(r"\s*(\d+)/(\d+)\s+[\d.]+[GM]\s", before):
        return (int(match[1]), int(match[2])), f"epoch {match[1]}/{match[2]}"
    match = EPOCH_DESC.search(before)
    phase = _phase(before)
    if match and match[2]:
        return (int(match[1]), int(match[2])), phase
    return None, phase


def _phase(before: str) -> str:
    """The words just before a bar."""
    text = re.split(r"[\]})]", before)[-1].strip().rstrip(":").strip()
    return " ".join(text.split())[-60:]


_METER = re.compile(
    r"(?:(\d{1,3})% )?[━─╸╺╴╶=-]{3,}\s+(\d+)/(\d+)\s+([\d.]+)(it/s|s/it)"
    r"(?:\s+([\d.:hms]+)(?:<([\d.:hms]+))?)?"
)


def yolo(line: str) -> Reading | None:
    """Ultralytics' own bar."""
    matches = list(_METER.finditer(line))
    if not matches:
        return None
    match = matches[-1]
    outer, phase = _outer(line[: match.start()])
    rate, unit = speed(match[4], match[5])
    done, total = float(match[2]), float(match[3])
    eta = seconds(match[7]) if match[7] else None
    scope = "epoch" if outer else "side" if SIDE.search(line[: match.start()]) else "job"
    return Reading(
        "yolo",
        scope,
        done,
        total,
        ratio(done, total),
        unit,
        rate,
        eta,
        None,
        phase.split(" 0.")[0][:60],
        (),
        outer,
    )


_KERAS = re.compile(
    r"(\d+)/(\d+)\s+(?:[━╸╺─\[\]=>.]{5,}\s+|-\s+)(?:(?:ETA: )?([\d:]+s?)"
    r"\s+)?(?:-\s+)?(\d+)(us|ms|s)/(step|epoch)(.*)"
)


def keras(line: str) -> Reading | None:
    """Keras, with its bar or one line per epoch."""
    match = _KERAS.search(line)
    if not match:
        return None
    done, total = float(match[1]), float(match[2])
    each = float(match[4]) * {"us": 1e-6, "ms": 1e-3, "s": 1.0}[match[5]]
    rate = 1 / each if each else None
    eta = (total - done) * each
    return Reading("keras", "epoch", done, total, ratio(done, total), "step", rate, eta, None, "", pairs(match[7]))


_NERF = re.compile(r"^\s*(\d+) \((\d+(?:\.\d+)?)%\)\s+[\d.]+ m?s\s+((?:\d+ [dhms],? ?){1,4})")


def nerf(line: str) -> Reading | None:
    """A row of nerfstudio's table."""
    match = _NERF.match(line)
    if not match:
        return None
    done, fraction = float(match[1]), float(match[2]) / 100
    total = float(round(done / fraction)) if fraction else None
    return Reading("nerfstudio", "job", done, total, fraction, "step", None, seconds(match[3]), None, "training")


_COUNTED = re.compile(
    r"(?<![\w/.])(epoch|step|iteration|iter|it|batch|frame|pair|tile|image|file|"
    r"item|chunk|sample|round|clip|page|video|"
    r"episode|generation|pass|segment|part|task|trial|fold)"
    r"s?\b[ :#=\[(]{0,4}(\d{1,12}) ?(?:/| of ) ?(\d{1,12})(?![\d/.:])",
    re.IGNORECASE,
)
_PERCENT = re.compile(
    r"\bprogress\b[ :=\[(]{0,4}(\d{1,3}(?:\.\d+)?) ?%|(?<![\d.])"
    r"(\d{1,3}(?:\.\d+)?) ?% (?:complete|completed|done)\b",
    re.IGNORECASE,
)
_OUTER_UNITS = {"epoch", "round", "fold", "trial"}


def counted(line: str) -> Reading | None:
    """`step 3/10`, `Epoch 3/10`, `frame 3 of 10`, and `progress: 30 %`."""
    matches = _COUNTED.findall(line)
    if not matches:
        return _percent(line)
    outer = next(((int(a), int(b)) for unit, a, b in matches if unit.lower() in _OUTER_UNITS and int(b)), None)
    inner = [(unit.lower(), float(a), float(b)) for unit, a, b in matches if unit.lower() not in _OUTER_UNITS]
    inner = [(unit, done, total) for unit, done, total in inner if 0 < total >= done]
    if inner:
        unit, done, total = inner[-1]
        scope = "epoch" if outer else "side" if SIDE.search(line[:200]) and unit not in ("step", "frame") else "job"
        return Reading(
            "counted", scope, done, total, ratio(done, total), unit, phase=tag(line), metrics=pairs(line), outer=outer
        )
    if outer and outer[0] <= outer[1]:
        return Reading("counted", "outer", outer=outer, phase=f"epoch {outer[0]}/{outer[1]}", metrics=pairs(line))
    return None


def _percent(line: str) -> Reading | None:
    match = _PERCENT.search(line)
    value = float(match[1] or match[2]) if match else 101.0
    return Reading("percent", "job", fraction=value / 100, unit="%", phase=tag(line)) if value <= 100 else None


_FACTS = re.compile(r"\{['\"][\w/.-]+['\"]: [^{}]{1,2000}\}")
_LOSS = re.compile(r"\b(?:loss|lr|acc|accuracy)\b ?[=:] ?[-+]?[\d.n]", re.IGNORECASE)
_PLAIN_STEP = re.compile(r"\bstep[ :=#]{1,3}(\d{1,12})\b(?![/.:%])", re.IGNORECASE)


def metrics(line: str) -> Reading | None:
    """Loss and the like, without a count or with a bare step."""
    if match := _FACTS.search(line):
        found = pairs(match[0])
        return Reading("metrics", "facts", metrics=found) if found else None
    step = _PLAIN_STEP.search(line)
    if step and _LOSS.search(line):
        return Reading("counted", "job", float(step[1]), None, None, "step", metrics=pairs(line))
    return Reading("metrics", "facts", metrics=pairs(line)) if _LOSS.search(line) else None
