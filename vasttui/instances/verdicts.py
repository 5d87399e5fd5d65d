"""What deserves a look: idle, stopped but billed, outbid, slow to come up, offline, about to end, too dear.

Pure: time and what was seen before come in as arguments. A verdict says what is seen, never why as a fact:
from the fields alone, stuck cannot be told from slow.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum

from vasttui.api.models import Instance
from vasttui.instances.money import burn, disk_hourly, hourly, running_hourly, runway, spent, unpriced
from vasttui.instances.phases import Phase, Tone

__all__ = [
    "Kind",
    "Limits",
    "Seen",
    "Verdict",
    "burn",
    "hourly",
    "idle_since",
    "runway",
    "spent",
    "unpriced",
    "verdicts",
]

_DISK_ONLY = frozenset({Phase.STOPPED, Phase.EXITED, Phase.FAILED, Phase.OUTBID})


class Kind(StrEnum):
    """The kinds of verdicts, for scripts."""

    IDLE = "idle"
    ZOMBIE = "zombie"
    OUTBID = "outbid"
    LONG = "long"
    OFFLINE = "offline"
    ENDING = "ending"
    PRICE = "price"
    DISK = "disk"
    OTHER = "other GPU"


@dataclass(frozen=True, slots=True)
class Verdict:
    """One remark: its kind, a few words with the figures in them, and how loud it is."""

    kind: Kind
    text: str
    tone: Tone = "look"


@dataclass(frozen=True, slots=True)
class Limits:
    """From when on something deserves a look; times in seconds, disk a fraction."""

    idle_util: float = 5.0
    idle: float = 10 * 60
    quiet: float = 10 * 60
    scheduling: float = 30.0
    connecting: float = 3 * 60
    ending: float = 24 * 3600
    disk: float = 0.9


@dataclass(frozen=True, slots=True)
class Seen:
    """What was seen of the instance over time, epoch seconds.

    Attributes:
        now: the present.
        phase_since: when its phase began.
        changed: when phase or status text last changed; None takes `phase_since`.
        idle_since: from `idle_since`.
        max_price: the user's ceiling in $/h, or None.
        rented_at: its price when it was rented, $/h, or None.
        broken: what is not as it was rented, "" when all is.
    """

    now: float
    phase_since: float
    changed: float | None = None
    idle_since: float | None = None
    max_price: float | None = None
    rented_at: float | None = None
    broken: str = ""


_LIMITS = Limits()


def idle_since(
    before: float | None, instance: Instance, phase: Phase, now: float, limits: Limits = _LIMITS
) -> float | None:
    """Since when the GPU does nothing, given the last answer; None when it works or is not known."""
    if phase not in (Phase.READY, Phase.RUNNING) or instance.gpu_util is None:
        return None
    if instance.gpu_util >= limits.idle_util:
        return None
    return now if before is None else before


def verdicts(instance: Instance, phase: Phase, seen: Seen, limits: Limits = _LIMITS) -> tuple[Verdict, ...]:
    """All remarks on an instance, the louder ones first."""
    found = [
        *_broken(phase, seen),
        *_boot(phase, seen, limits),
        *_presence(phase, seen),
        *_idle(instance, phase, seen, limits),
        *_billed(instance, phase),
        *_bid(instance, phase),
        *_end(instance, phase, seen, limits),
        *_price(instance, seen),
        *_disk(instance, phase, limits),
    ]
    return tuple(sorted(found, key=lambda verdict: verdict.tone != "bad"))


def _broken(phase: Phase, seen: Seen) -> Iterator[Verdict]:
    if seen.broken and phase not in (Phase.GONE, Phase.DESTROYING):
        yield Verdict(Kind.OTHER, seen.broken, "bad")


def _boot(phase: Phase, seen: Seen, limits: Limits) -> Iterator[Verdict]:
    quiet = seen.now - (seen.changed if seen.changed is not None else seen.phase_since)
    waited = seen.now - seen.phase_since
    if phase in (Phase.CREATING, Phase.PULLING, Phase.REBOOTING) and quiet >= limits.quiet:
        yield Verdict(Kind.LONG, f"{phase.word}, no change for {_span(quiet)}")
    elif phase is Phase.SCHEDULING and waited >= limits.scheduling:
        yield Verdict(Kind.LONG, f"GPU taken? waiting for {_span(waited)}")
    elif phase in (Phase.STARTING, Phase.CONNECTING) and waited >= limits.connecting:
        yield Verdict(Kind.LONG, f"running, no SSH for {_span(waited)}")


def _presence(phase: Phase, seen: Seen) -> Iterator[Verdict]:
    if phase is Phase.OFFLINE:
        yield Verdict(Kind.OFFLINE, f"host offline for {_span(seen.now - seen.phase_since)}", "bad")
    elif phase is Phase.UNKNOWN:
        yield Verdict(Kind.OFFLINE, f"no heartbeat for {_span(seen.now - seen.phase_since)}")


def _idle(instance: Instance, phase: Phase, seen: Seen, limits: Limits) -> Iterator[Verdict]:
    if phase not in (Phase.READY, Phase.RUNNING) or seen.idle_since is None or instance.gpu_util is None:
        return
    idle = seen.now - seen.idle_since
    if idle >= limits.idle:
        yield Verdict(Kind.IDLE, f"GPU at {instance.gpu_util:.0f} % for {_span(idle)}")


def _billed(instance: Instance, phase: Phase) -> Iterator[Verdict]:
    if phase not in _DISK_ONLY:
        return
    disk = disk_hourly(instance)
    if disk is None:
        yield Verdict(Kind.ZOMBIE, "its disk is billed until it is destroyed")
    elif disk > 0:
        yield Verdict(Kind.ZOMBIE, f"its disk costs ${24 * disk:.2f} a day until it is destroyed")


def _bid(instance: Instance, phase: Phase) -> Iterator[Verdict]:
    ours = instance.dph_base or instance.dph_total
    if not instance.is_bid or not instance.min_bid or not ours or phase is Phase.GONE:
        return
    if instance.min_bid > ours:
        yield Verdict(Kind.OUTBID, f"lowest bid ${instance.min_bid:.3f}/h, yours ${ours:.3f}/h")


def _end(instance: Instance, phase: Phase, seen: Seen, limits: Limits) -> Iterator[Verdict]:
    if not instance.end_date or phase in (Phase.GONE, Phase.DESTROYING):
        return
    left = instance.end_date - seen.now
    if left <= 0:
        yield Verdict(Kind.ENDING, "contract ended: its data may be deleted after 48 h", "bad")
    elif left <= limits.ending:
        yield Verdict(Kind.ENDING, f"contract ends in {_span(left)}")


def _price(instance: Instance, seen: Seen) -> Iterator[Verdict]:
    price = running_hourly(instance)
    if price is None:
        return
    if seen.max_price is not None and price > seen.max_price + 1e-9:
        yield Verdict(Kind.PRICE, f"${price:.3f}/h, above your ceiling of ${seen.max_price:.2f}/h", "bad")
    elif seen.rented_at and not instance.is_bid and price > 1.05 * seen.rented_at + 0.001:
        yield Verdict(Kind.PRICE, f"${price:.3f}/h, rented at ${seen.rented_at:.3f}/h")


def _disk(instance: Instance, phase: Phase, limits: Limits) -> Iterator[Verdict]:
    if not phase.up or instance.disk_usage is None or not instance.disk_space:
        return
    part = instance.disk_usage / instance.disk_space
    if part >= limits.disk:
        tone: Tone = "bad" if part >= 0.98 else "look"
        yield Verdict(Kind.DISK, f"disk {100 * part:.0f} % full; it cannot be enlarged", tone)


def _span(seconds: float) -> str:
    minutes = int(max(0.0, seconds) // 60)
    if minutes < 1:
        return f"{int(max(0.0, seconds))}s"
    if minutes < 60:
        return f"{minutes}m"
    hours, rest = divmod(minutes, 60)
    return f"{hours}h {rest:02d}m" if hours < 48 else f"{hours // 24}d"
