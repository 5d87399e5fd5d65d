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


_EPOCHS_DESC = re.compile(r"(?:^|[^\w])epochs?\s*:?\s*$", re.IGNORECASE)


def tqdm(line: str) -> Reading | None:
    """The last tqdm bar of a line, its postfix and what is printed behind it included."""
    matches = list(_BAR.finditer(line))
    if not matches:
        return tqdm_count(line)
    match = matches[-1]
    before = line[matches[-2].end() if len(matches) > 1 else 0 : match.start()]
    if _EPOCHS_DESC.search(before) or (match["unit"] or "").strip("s/") in ("epoch", "ep"):
        return _epochs(match)
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
        columns=_cells(before),
    )


def _epochs(match: re.Match[str]) -> Reading | None:
    """The outer of two bars: tqdm counts what is over, so 3/10 means that the fourth runs."""
    done, total = number(match["n"]), number(match["t"])
    if done is None or not total or done > total:
        return None
    rate, _ = speed(match["rate"], match["unit"] or "it/s")
    return Reading(
        "tqdm", "outer", done, total, ratio(done, total), "epoch", rate, seconds(match["eta"]), seconds(match["el"]),
        "", pairs(match["post"] or ""), (int(done), int(total)), completed=True,
    )  # fmt: skip


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


_YOLO_ROW = re.compile(r"(?<![\d./])(\d{1,9})/(\d{1,9})\s+([\d.]{1,12}[GM]\s(?:\s*[\d.]{1,20}\s)*)")


def _cells(before: str) -> tuple[str, ...]:
    """The cells of YOLO's row before its bar, without the epoch."""
    match = _YOLO_ROW.search(before)
    return tuple(match[3].split())[:16] if match else ()


def yolo_header(line: str) -> Reading | None:
    """The header of YOLO's table, which names the cells."""
    names = line.split()
    if names[:2] != ["Epoch", "GPU_mem"]:
        return None
    return Reading("header", "facts", columns=tuple(name[:40] for name in names[1:16]))


def _outer(before: str) -> tuple[tuple[int, int] | None, str]:
    """Epoch counts and the phase in the text before a bar, e.g. `Epoch 3/10: ` or YOLO's `  3/100  5.6G ...
    640:`.
    """
    if match := _YOLO_ROW.search(before):
        return (int(match[1]), int(match[2])), f"epoch {match[1]}/{match[2]}"
    match = EPOCH_DESC.search(before)
    phase = _phase(before)
    if match and match[2]:
        return (int(match[1]), int(match[2])), phase
    return None, phase


def _phase(before: str) -> str:
    """The words just before a bar."""
    text = before[-400:]
    text = re.split(r"[\]})]", text)[-1].strip().rstrip(":").strip()
    return " ".join(text.split())[-60:]


_METER = re.compile(
    r"(?:(\d{1,3})% )?[━─╸╺╴╶=-]{3,}\s+(\d{1,12})/(\d{1,12})\s+([\d.]+)(it/s|s/it)"
    r"(?:\s+(\d{1,9}\.\ds|\d{1,6}:\d\d(?::\d\d)?)(?:<(\d{1,9}\.\ds|\d{1,6}:\d\d(?::\d\d)?))?)?"
)


def yolo(line: str) -> Reading | None:
    """Ultralytics' own bar."""
    matches = list(_METER.finditer(line))
    if not matches:
        return None
    match = matches[-1]
    before = line[matches[-2].end() if len(matches) > 1 else 0 : match.start()]
    outer, phase = _outer(before)
    rate, unit = speed(match[4], match[5])
    done, total = float(match[2]), float(match[3])
    eta = seconds(match[7]) if match[7] else None
    scope = "epoch" if outer else "side" if SIDE.search(before) else "job"
    return Reading(
        "yolo",
        scope,
        done,
        total,
        ratio(done, total),
        unit,
        rate,
        eta,
        seconds(match[6]) if match[6] else None,
        phase.split(" 0.")[0][:60],
        (),
        outer,
        columns=_cells(before),
    )


_KERAS = re.compile(
    r"(\d{1,24})/(\d{1,12})\s+(?:[━╸╺─\[\]=>.]{5,}\s+|-\s+)(?:(?:ETA: )?[\d:]{1,12}s?"
    r"\s+)?(?:-\s+)?(\d{1,9})(us|ms|s)/(?:step|epoch)"
)


def keras(line: str) -> Reading | None:
    """Keras, with its bar or one line per epoch."""
    matches = list(_KERAS.finditer(line))
    if not matches:
        return None
    match = matches[-1]
    # Glued to the metrics of the redraw before it, a count is told from them by its width: Keras pads it.
    done, total = float(match[1][-len(match[2]) :]), float(match[2])
    each = float(match[3]) * {"us": 1e-6, "ms": 1e-3, "s": 1.0}[match[4]]
    rate = 1 / each if each else None
    eta = max(total - done, 0.0) * each
    said = pairs(line[match.end() :])
    return Reading("keras", "epoch", done, total, ratio(done, total), "step", rate, eta, None, "", said)


_NERF = re.compile(
    r"(?<![\d.])(\d{1,12}) \((\d{1,3}(?:\.\d{1,6})?)%\)\s+([\d.]{1,12}) (m?s)\s+((?:\d{1,6} [dhms],? ?){1,4})"
)


def nerf(line: str) -> Reading | None:
    """A row of nerfstudio's table."""
    matches = list(_NERF.finditer(line))
    if not matches:
        return None
    match = matches[-1]
    done, fraction = float(match[1]), float(match[2]) / 100
    total = float(round(done / fraction)) if fraction else None
    each = (number(match[3]) or 0.0) / (1000 if match[4] == "ms" else 1)
    rate = 1 / each if each else None
    return Reading("nerfstudio", "job", done, total, fraction, "step", rate, seconds(match[5]), None, "training")


_COUNTED = re.compile(
    r"(?<![^\W\d])(?<![/.?&])(epoch|step|iteration|iter|it|batch|frame|pair|tile|image|file|"
    r"item|chunk|sample|round|clip|page|video|"
    r"episode|generation|pass|segment|part|task|trial|fold)"
    r"s?\b[ :#=\[(]{0,4}(\d{1,12}) ?(?:/| of ) ?(\d{1,12})(?!\d|[/.:]\d)",
    re.IGNORECASE,
)
_PERCENT = re.compile(
    r"(?<![\w/.?&-])progress\b[ :=\[(]{0,4}(\d{1,3}(?:\.\d{1,9})?) ?%|(?<![\d.])"
    r"(\d{1,3}(?:\.\d{1,9})?) ?% (?:complete|completed|done)\b",
    re.IGNORECASE,
)
_OUTER_UNITS = {"epoch", "round", "fold", "trial"}


def counted(line: str) -> Reading | None:
    """`step 3/10`, `Epoch 3/10` and `frame 3 of 10`."""
    matches = [(unit.lower(), int(done), int(total)) for unit, done, total in _COUNTED.findall(line)]
    if not matches:
        return None
    outers = [(done, total) for unit, done, total in matches if unit in _OUTER_UNITS and done <= total > 0]
    inner = [match for match in matches if match[0] not in _OUTER_UNITS and match[1] <= match[2] > 0]
    outer = outers[-1] if outers else None
    if inner:
        unit, done, total = inner[-1][0], float(inner[-1][1]), float(inner[-1][2])
        aside = total == 1 or (unit not in ("step", "frame") and SIDE.search(line[:200]))
        scope = "epoch" if outer else "side" if aside else "job"
        return Reading(
            "counted", scope, done, total, ratio(done, total), unit, phase=tag(line), metrics=pairs(line), outer=outer
        )
    if outer:
        return Reading("counted", "outer", outer=outer, phase=f"epoch {outer[0]}/{outer[1]}", metrics=pairs(line))
    return None


def percent(line: str) -> Reading | None:
    """`progress: 30 %` and `30% done`."""
    matches = _PERCENT.findall(line)
    value = float(matches[-1][0] or matches[-1][1]) if matches else 101.0
    return Reading("percent", "job", fraction=value / 100, unit="%", phase=tag(line)) if value <= 100 else None


_ALL_EPOCHS = re.compile(r"`?Trainer\.fit`? stopped: `max_epochs=(\d{1,9})` reached")


def lightning_end(line: str) -> Reading | None:
    """Lightning's last line, the only one that tells how many epochs there were."""
    match = _ALL_EPOCHS.search(line)
    count = int(match[1]) if match else 0
    return Reading("lightning", "outer", outer=(count, count), completed=True) if count else None


_FACTS = re.compile(r"\{['\"][\w/.-]+['\"]: [^{}]{1,2000}\}")
_METRIC = re.compile(r"loss|reward|accuracy|learning_rate|['\"](?:lr|epoch|step|acc|psnr|fps)['\"]")
_LOSS = re.compile(r"\b(?:loss|lr|acc|accuracy)\b ?[=:] ?[-+]?[\d.n]", re.IGNORECASE)
_PLAIN_STEP = re.compile(r"(?<![^\W\d])step[ :=#]{1,3}(\d{1,12})\b(?![/.:%])", re.IGNORECASE)


def metrics(line: str) -> Reading | None:
    """Loss and the like, without a count or with a bare step."""
    if "{" in line and (facts := _FACTS.findall(line)) and _METRIC.search(facts[-1]):
        found = pairs(facts[-1])
        return Reading("metrics", "facts", metrics=found) if found else None
    small = line.lower()
    if not ("loss" in small or "lr" in small or "acc" in small) or not _LOSS.search(line):
        return None
    steps = _PLAIN_STEP.findall(line)
    if steps:
        return Reading("counted", "job", float(steps[-1]), None, None, "step", metrics=pairs(line))
    return Reading("metrics", "facts", metrics=pairs(line))
